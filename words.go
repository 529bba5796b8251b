package houzhen

// Lang is a language that people read here, as a BCP 47 tag.
type Lang string

// The languages of templates/.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

// ParseLang takes "zh-CN" or "en"; anything else is Chinese, the default.
func ParseLang(s string) Lang {
	if Lang(s) == English {
		return English
	}
	return Chinese
}

// Label is a public text, such as a department's name, in both languages.
type Label struct {
	Zh string `json:"zh"`
	En string `json:"en,omitempty"`
}

// In gives the label in a language, or in Chinese where there is none.
func (l Label) In(lang Lang) string {
	if lang == English && l.En != "" {
		return l.En
	}
	return l.Zh
}
