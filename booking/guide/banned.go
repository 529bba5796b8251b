package guide

import (
	_ "embed" // the words that are a diagnosis
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed banned.yaml
var bannedFile []byte

type wording struct {
	Banned  []string `yaml:"banned"`
	Allowed []string `yaml:"allowed"`
}

// wordings reads the list once. It is part of the program, so a fault in it is
// a fault in code.
var wordings = sync.OnceValue(func() wording {
	var w wording
	if err := yaml.Unmarshal(bannedFile, &w); err != nil || len(w.Banned) == 0 {
		panic("guide: banned.yaml cannot be read")
	}
	return w
})

// Banned finds a wording that says what somebody has or what to take, which
// guidance never does.
func Banned(text string) (found string, bad bool) {
	text = fold(text)
	for _, phrase := range wordings().Allowed {
		text = strings.ReplaceAll(text, fold(phrase), " ")
	}
	for _, phrase := range wordings().Banned {
		if strings.Contains(text, fold(phrase)) {
			return phrase, true
		}
	}
	return "", false
}
