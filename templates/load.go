package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
)

//go:embed messages errors reasons roster page when
var files embed.FS

// Langs lists the languages there are words in.
func Langs() []houzhen.Lang { return []houzhen.Lang{houzhen.Chinese, houzhen.English} }

// sheet is a file of wordings by key.
type sheet map[string]text

// library is everything, per language.
type library struct {
	messages  map[houzhen.Lang]map[string]message
	problems  map[houzhen.Lang]map[string]problem
	reasons   map[houzhen.Lang]sheet
	faults    map[houzhen.Lang]sheet
	page      map[houzhen.Lang]sheet
	when      map[houzhen.Lang]calendar
	variables map[string]Variable
	rules     rules
}

// loaded reads the embedded files once. They are part of the program, and the
// tests of this package read them all, so a fault in them is a fault in code.
var loaded = sync.OnceValue(func() *library {
	l, err := load(files)
	if err != nil {
		panic("templates: " + err.Error())
	}
	return l
})

func load(fsys fs.FS) (*library, error) {
	l := &library{
		messages: map[houzhen.Lang]map[string]message{}, problems: map[houzhen.Lang]map[string]problem{},
		reasons: map[houzhen.Lang]sheet{}, faults: map[houzhen.Lang]sheet{}, page: map[houzhen.Lang]sheet{},
		when: map[houzhen.Lang]calendar{},
	}
	for _, lang := range Langs() {
		if err := l.loadLang(fsys, lang); err != nil {
			return nil, err
		}
	}
	if err := read(fsys, "messages/variables.yaml", &l.variables); err != nil {
		return nil, err
	}
	return l, read(fsys, "messages/rules.yaml", &l.rules)
}

func (l *library) loadLang(fsys fs.FS, lang houzhen.Lang) error {
	var err error
	if l.messages[lang], err = loadMessages(fsys, lang); err != nil {
		return err
	}
	if l.problems[lang], err = loadProblems(fsys, lang); err != nil {
		return err
	}
	for folder, into := range map[string]map[houzhen.Lang]sheet{"reasons": l.reasons, "roster": l.faults, "page": l.page} {
		if into[lang], err = loadSheets(fsys, folder, lang); err != nil {
			return err
		}
	}
	l.when[lang], err = loadCalendar(fsys, lang)
	return err
}

// read decodes one YAML file and refuses fields it does not know.
func read(fsys fs.FS, name string, into any) error {
	f, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("open words: %w", err)
	}
	defer func() { _ = f.Close() }()
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// areas lists the files of a folder for one language: its own, as "en.yaml",
// and one for each area that keeps its words apart, as "waitlist.en.yaml".
func areas(fsys fs.FS, folder string, lang houzhen.Lang) ([]string, error) {
	own := fmt.Sprintf("%s/%s.yaml", folder, lang)
	more, err := fs.Glob(fsys, fmt.Sprintf("%s/*.%s.yaml", folder, lang))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	return append([]string{own}, more...), nil
}

// loadSheets joins the files of all areas; a key stands in one of them only.
func loadSheets(fsys fs.FS, folder string, lang houzhen.Lang) (sheet, error) {
	names, err := areas(fsys, folder, lang)
	if err != nil {
		return nil, err
	}
	all := sheet{}
	for _, name := range names {
		s, err := loadSheet(fsys, name)
		if err != nil {
			return nil, err
		}
		for key, t := range s {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s: %s: stands in another file too", name, key)
			}
			all[key] = t
		}
	}
	return all, nil
}

func loadSheet(fsys fs.FS, name string) (sheet, error) {
	raw := map[string]string{}
	if err := read(fsys, name, &raw); err != nil {
		return nil, err
	}
	s := make(sheet, len(raw))
	for key, words := range raw {
		t, err := parse(strings.TrimSpace(words))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, key, err)
		}
		s[key] = t
	}
	return s, nil
}

func loadMessages(fsys fs.FS, lang houzhen.Lang) (map[string]message, error) {
	names, err := fs.Glob(fsys, fmt.Sprintf("messages/%s/*.yaml", lang))
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	out := make(map[string]message, len(names))
	for _, name := range names {
		var raw struct {
			Title, Text, Full, Voice string
			WeChat                   map[string]string `yaml:"wechat"`
		}
		if err := read(fsys, name, &raw); err != nil {
			return nil, err
		}
		body, err := parse(strings.TrimSpace(raw.Text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[strings.TrimSuffix(path.Base(name), ".yaml")] = message{
			raw.Title, strings.TrimSpace(raw.Text), body, strings.TrimSpace(raw.Full), strings.TrimSpace(raw.Voice), raw.WeChat,
		}
	}
	return out, nil
}
