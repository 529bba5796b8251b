package templates

import (
	"embed"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed reply/words.yaml
var replyFiles embed.FS

var replyWords = sync.OnceValue(func() map[string]string {
	raw, err := replyFiles.ReadFile("reply/words.yaml")
	if err != nil {
		panic("templates: the words of replies are not embedded")
	}
	var byMeaning map[string][]string
	if err := yaml.Unmarshal(raw, &byMeaning); err != nil {
		panic("templates: reply/words.yaml: " + err.Error())
	}
	meanings := map[string]string{}
	for meaning, words := range byMeaning {
		for _, w := range words {
			meanings[w] = meaning
		}
	}
	return meanings
})

// ReplyMeaning says what a word that came in by SMS stands for: confirm,
// cancel, late, on_way, refund, stop, start or not_me; "" for a word that is not in the
// list. The word is in upper case, without blanks and punctuation.
func ReplyMeaning(word string) string { return replyWords()[word] }
