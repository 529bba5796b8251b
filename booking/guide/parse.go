package guide

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
)

// MaxBytes bounds a file.
const MaxBytes = 2 << 20

// Parse reads a table from a file: CSV by its name, YAML or JSON otherwise.
// What is wrong with it is CodeInvalid with []Fault as its detail.
func Parse(name string, data []byte) (Table, error) {
	var t Table
	switch {
	case len(data) > MaxBytes:
		return t, houzhen.E(houzhen.CodeTooLarge, "table is too large").With("limit", "2 MiB")
	case !utf8.Valid(data):
		return t, houzhen.E(houzhen.CodeEncoding, "table is not UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	read := readYAML
	if strings.EqualFold(path.Ext(name), ".csv") {
		read = readCSV
	}
	t, err := read(data)
	if err != nil {
		if houzhen.CodeOf(err) != houzhen.CodeInternal {
			return t, err
		}
		return t, houzhen.E(houzhen.CodeMalformed, "table cannot be read").Because(err)
	}
	return t, refuse(t.Faults())
}

func refuse(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return houzhen.E(houzhen.CodeInvalid, "table refused").On(faults[0].Path).WithDetail(faults)
}

func readYAML(data []byte) (Table, error) {
	var t Table
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil && !errors.Is(err, io.EOF) {
		return t, fmt.Errorf("read table: %w", err)
	}
	return t, nil
}

// Columns are those of a CSV table. The first column says what a line is: meta
// (author, reviewer, reviewed, review_by or valid_from as key, its value in
// zh), department, part, entry, rule or flag. Several values of a cell are
// parted by |, the groups of a red flag by ;.
func Columns() []string {
	return []string{
		"kind", "key", "zh", "en", "words", "departments", "codes", "doctors", "keep", "only", "sex", "min_months", "max_months",
		"pregnant", "advice_zh", "advice_en",
	}
}

// line is one line of a CSV table.
type line struct {
	no    int
	cells map[string]string
	fault *Fault
}

func readCSV(data []byte) (Table, error) {
	var t Table
	in := csv.NewReader(bytes.NewReader(data))
	head, err := in.Read()
	if err != nil {
		return t, fmt.Errorf("read header: %w", err)
	}
	var faults []Fault
	for _, name := range head {
		if !slices.Contains(Columns(), name) {
			faults = append(faults, Fault{"line 1", FaultUnknown, name})
		}
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, fmt.Errorf("read line: %w", err)
		}
		l := line{cells: map[string]string{}}
		l.no, _ = in.FieldPos(0)
		for i, cell := range record {
			l.cells[head[i]] = strings.TrimSpace(cell)
		}
		if l.into(&t); l.fault != nil {
			faults = append(faults, *l.fault)
		}
	}
	return t, refuse(faults)
}

// into adds a line to the table.
func (l *line) into(t *Table) {
	c := l.cells
	name, who := houzhen.Label{Zh: c["zh"], En: c["en"]}, l.who()
	switch c["kind"] {
	case "meta":
		l.meta(t)
	case "department":
		t.Departments = append(t.Departments, Department{c["key"], name, l.list("codes"), who})
	case "part":
		t.Parts = append(t.Parts, Part{c["key"], name, l.list("departments")})
	case "entry":
		t.Entries = append(t.Entries, Entry{c["key"], l.list("words"), l.list("departments"), l.list("doctors"), who})
	case "rule":
		t.Rules = append(t.Rules, Rule{c["key"], l.list("words"), l.list("departments"), l.list("keep"), l.truth("only"), name, who})
	case "flag":
		f := Flag{Key: c["key"], Say: name, Advice: houzhen.Label{Zh: c["advice_zh"], En: c["advice_en"]}, Who: who}
		for group := range strings.SplitSeq(c["words"], ";") {
			f.All = append(f.All, split(group))
		}
		t.Flags = append(t.Flags, f)
	default:
		l.blame("kind")
	}
}

func (l *line) meta(t *Table) {
	value := l.cells["zh"]
	dates := map[string]*houzhen.Date{"reviewed": &t.Reviewed, "review_by": &t.ReviewBy, "valid_from": &t.ValidFrom}
	switch key := l.cells["key"]; key {
	case "author":
		t.Author = value
	case "reviewer":
		t.Reviewer = value
	case "reviewed", "review_by", "valid_from":
		d, err := houzhen.ParseDate(value)
		if err != nil {
			l.blame("zh")
		}
		*dates[key] = d
	default:
		l.blame("key")
	}
}

func (l *line) who() Who {
	return Who{Sex(l.cells["sex"]), l.number("min_months"), l.number("max_months"), l.truth("pregnant")}
}

func (l *line) list(column string) []string { return split(l.cells[column]) }

func (l *line) number(column string) int {
	if l.cells[column] == "" {
		return 0
	}
	n, err := strconv.Atoi(l.cells[column])
	if err != nil {
		l.blame(column)
	}
	return n
}

func (l *line) truth(column string) bool {
	switch l.cells[column] {
	case "yes":
		return true
	case "", "no":
		return false
	}
	l.blame(column)
	return false
}

// blame keeps the first thing that is wrong with the line.
func (l *line) blame(column string) {
	if l.fault == nil {
		l.fault = &Fault{fmt.Sprintf("line %d, %s", l.no, column), FaultInvalid, l.cells[column]}
	}
}

func split(cell string) []string {
	var list []string
	for v := range strings.SplitSeq(cell, "|") {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}
