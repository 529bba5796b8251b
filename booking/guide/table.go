package guide

import (
	"github.com/houzhen/houzhen"
)

// Table is what a hospital approves. Keys name things inside the table;
// nothing outside refers to them.
type Table struct {
	Author      string       `yaml:"author" json:"author"`
	Reviewer    string       `yaml:"reviewer" json:"reviewer"`
	Reviewed    houzhen.Date `yaml:"reviewed" json:"reviewed"`
	ReviewBy    houzhen.Date `yaml:"review_by" json:"review_by"` // its review is out of date after that day
	ValidFrom   houzhen.Date `yaml:"valid_from" json:"valid_from"`
	Departments []Department `yaml:"departments" json:"departments"`
	Parts       []Part       `yaml:"parts" json:"parts"`
	Entries     []Entry      `yaml:"entries" json:"entries"`
	Rules       []Rule       `yaml:"rules" json:"rules"`
	Flags       []Flag       `yaml:"red_flags" json:"red_flags"`
}

// Sex as a table and a question name it; empty is not said.
type Sex string

// The sexes a rule may speak of.
const (
	Female Sex = "female"
	Male   Sex = "male"
)

// Who says for whom something is meant. Its zero value is everybody.
type Who struct {
	Sex       Sex  `yaml:"sex,omitempty" json:"sex,omitempty"`
	MinMonths int  `yaml:"min_months,omitempty" json:"min_months,omitempty"` // of age, from
	MaxMonths int  `yaml:"max_months,omitempty" json:"max_months,omitempty"` // of age, before; 0 is no bound
	Pregnant  bool `yaml:"pregnant,omitempty" json:"pregnant,omitempty"`
}

// Department is one that the table sends to. It is the hospital's department
// with one of the codes; a hospital need not have it.
type Department struct {
	Key   string        `yaml:"key" json:"key"`
	Name  houzhen.Label `yaml:"name" json:"name"`
	Codes []string      `yaml:"codes" json:"codes"`
	Who   `yaml:",inline"`
}

// Part is a part of the body that can be chosen instead of words.
type Part struct {
	Key         string        `yaml:"key" json:"key"`
	Name        houzhen.Label `yaml:"name" json:"name"`
	Departments []string      `yaml:"departments" json:"departments"` // the likeliest first
}

// Entry leads from words that mean the same to departments.
type Entry struct {
	Key         string   `yaml:"key" json:"key"`
	Words       []string `yaml:"words" json:"words"`
	Departments []string `yaml:"departments" json:"departments"`             // the likeliest first
	Doctors     []string `yaml:"doctors,omitempty" json:"doctors,omitempty"` // the hospital's codes
	Who         `yaml:",inline"`
}

// Rule sends by age, sex and pregnancy. It holds for whom it is meant, or for
// whom its words speak of, unless what is known of the person contradicts it.
type Rule struct {
	Key   string        `yaml:"key" json:"key"`
	Words []string      `yaml:"words,omitempty" json:"words,omitempty"`
	First []string      `yaml:"first" json:"first"`                   // departments that go before the others
	Keep  []string      `yaml:"keep,omitempty" json:"keep,omitempty"` // what may follow where Only is set and age and sex are known
	Only  bool          `yaml:"only,omitempty" json:"only,omitempty"`
	Why   houzhen.Label `yaml:"why" json:"why"`
	Who   `yaml:",inline"`
}

// Flag is a sign that needs help at once: one word of each group.
type Flag struct {
	Key    string        `yaml:"key" json:"key"`
	Say    houzhen.Label `yaml:"say" json:"say"`                          // what was said
	Advice houzhen.Label `yaml:"advice,omitempty" json:"advice,omitzero"` // beside going to the emergency department
	All    [][]string    `yaml:"all" json:"all"`
	Who    `yaml:",inline"`
}

// Age is how old somebody is, if that was said.
type Age struct {
	Months int
	Known  bool
}

// Question is what somebody asks. It is kept nowhere.
type Question struct {
	Words    string
	Part     string
	Age      Age
	Sex      Sex
	Pregnant bool
}

// MaxWords bounds the words of a question, in runes.
const MaxWords = 500

// Check refuses a question that cannot be read whole. Its errors do not repeat
// what was asked.
func (q Question) Check() error {
	switch {
	case len([]rune(q.Words)) > MaxWords:
		return houzhen.E(houzhen.CodeInvalid, "words are too long").On("words")
	case q.Age.Known && (q.Age.Months < 0 || q.Age.Months > 150*12):
		return houzhen.E(houzhen.CodeInvalid, "no such age").On("age")
	case q.Sex != "" && q.Sex != Female && q.Sex != Male:
		return houzhen.E(houzhen.CodeInvalid, "no such sex").On("sex")
	}
	return nil
}

// contradicts reports whether what is known of the person rules it out.
func (w Who) contradicts(q Question) bool {
	return w.Sex != "" && q.Sex != "" && w.Sex != q.Sex ||
		q.Age.Known && (q.Age.Months < w.MinMonths || w.MaxMonths > 0 && q.Age.Months >= w.MaxMonths) ||
		w.Pregnant && q.Sex == Male
}

// holds reports whether everything it asks for is known to be so.
func (w Who) holds(q Question) bool {
	return !w.contradicts(q) && (w.Sex == "" || q.Sex != "") && (w.MinMonths == 0 && w.MaxMonths == 0 || q.Age.Known) && (!w.Pregnant || q.Pregnant)
}

// everybody reports whether it is meant for all.
func (w Who) everybody() bool { return w == Who{} }
