package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/internal/auth"
)

type guideListData struct {
	Versions []guideRow
	None     bool // nothing is in force
	Overdue  bool // what is in force is
	Faults   []guide.Fault
}

type guideRow struct {
	guide.Version
	InForce, Overdue bool
}

func (s *site) guideList(r *http.Request) (guideListData, error) {
	list, err := s.Guidance.Versions(r.Context())
	if err != nil {
		return guideListData{}, wrap("load versions", err)
	}
	at := guide.InForce(list, s.today())
	d := guideListData{None: at < 0}
	for i, v := range list {
		row := guideRow{v, i == at, v.State != guide.Superseded && v.Overdue(s.today())}
		d.Overdue = d.Overdue || row.InForce && row.Overdue
		d.Versions = append(d.Versions, row)
	}
	return d, nil
}

// guideVersions lists the versions of the table.
func (s *site) guideVersions(w http.ResponseWriter, r *http.Request) error {
	d, err := s.guideList(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "guide_versions", "guide", d)
}

// guideImport takes a table in as a draft and leads to what it changes.
func (s *site) guideImport(w http.ResponseWriter, r *http.Request) error {
	name, body, err := upload(r)
	if err == nil {
		var v guide.Version
		if v, err = s.Guidance.Import(r.Context(), auth.From(r.Context()).ID, tableName(name, body), body); err == nil {
			return back(w, r, "/manage/guide/"+url.PathEscape(v.ID))
		}
	}
	d, lookErr := s.guideList(r)
	if lookErr != nil {
		return lookErr
	}
	if e, ok := errors.AsType[*houzhen.Error](err); ok {
		d.Faults, _ = e.Detail.([]guide.Fault)
	}
	s.fail(w, r, "guide_versions", d, err)
	return nil
}

// tableName says how pasted text is written: a CSV table begins with its
// first column.
func tableName(name string, body []byte) string {
	if name == "pasted.csv" && !bytes.HasPrefix(body, []byte(guide.Columns()[0])) {
		return "pasted.yaml"
	}
	return name
}

// guideSample gives the table that comes with the program.
func (s *site) guideSample(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="guide.yaml"`)
	_, err := w.Write(guide.Sample())
	return wrap("write sample", err)
}

type guideVersionData struct {
	guideRow
	Mine    bool // whoever looks brought it in
	Against int  // number of the version it is compared with, 0 without one
	Changes []guide.Change
	Missing []houzhen.Label // departments of the table that are not in this house
}

// guideVersion shows what a version changes against the one before it: for a
// draft the one in force, otherwise the one with the number below.
func (s *site) guideVersion(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Guidance.Versions(r.Context())
	if err != nil {
		return wrap("load versions", err)
	}
	i := slices.IndexFunc(list, func(v guide.Version) bool { return v.ID == r.PathValue("id") })
	if i < 0 {
		return houzhen.E(houzhen.CodeNotFound, "no such version")
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	v, at := list[i], guide.InForce(list, s.today())
	d := guideVersionData{guideRow: guideRow{v, i == at, v.Overdue(s.today())}, Mine: v.AuthorID == auth.From(r.Context()).ID}
	before := at
	if v.State != guide.Draft {
		before = i + 1
	}
	var old guide.Table
	if before >= 0 && before < len(list) && before != i {
		d.Against, old = list[before].Number, list[before].Table
	}
	d.Changes = guide.Diff(old, v.Table)
	codes := guide.Codes{}
	for _, dep := range names.House.Departments {
		codes.Add(dep.Code, dep.ID)
	}
	for _, dep := range v.Table.Departments {
		if _, ok := codes.Department(dep); !ok {
			d.Missing = append(d.Missing, dep.Name)
		}
	}
	return s.show(w, r, "guide_version", "guide", d)
}

// guideApprove puts a draft into force.
func (s *site) guideApprove(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Guidance.Approve(r.Context(), r.PathValue("id"), auth.From(r.Context()).ID); err != nil {
		return err
	}
	return back(w, r, "/manage/guide")
}
