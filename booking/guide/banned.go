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
	folded  []string // Banned as it is looked for; Allowed is folded itself
}

// wordings reads the list once. It is part of the program, so a fault in it is
// a fault in code.
var wordings = sync.OnceValue(func() wording {
	var w wording
	if err := yaml.Unmarshal(bannedFile, &w); err != nil || len(w.Banned) == 0 {
		panic("guide: banned.yaml cannot be read")
	}
	for i, phrase := range w.Allowed {
		w.Allowed[i] = fold(phrase)
	}
	w.folded = make([]string, len(w.Banned))
	for i, phrase := range w.Banned {
		w.folded[i] = fold(phrase)
	}
	return w
})

// Banned finds a wording that says what somebody has or what to take, which
// guidance never does.
func Banned(text string) (found string, bad bool) {
	text = fold(text)
	for _, phrase := range wordings().Allowed {
		text = strings.ReplaceAll(text, phrase, " ")
	}
	for i, phrase := range wordings().folded {
		if strings.Contains(text, phrase) {
			return wordings().Banned[i], true
		}
	}
	return "", false
}
