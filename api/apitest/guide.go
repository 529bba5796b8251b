package apitest

import (
	"context"
	"slices"
	"sync"

	"github.com/houzhen/houzhen/booking/guide"
)

// sampleTable is the sample, read once: it takes longer than all else of a clinic.
var sampleTable = sync.OnceValue(func() guide.Table {
	table, err := guide.Parse("sample.yaml", guide.Sample())
	if err != nil {
		panic("apitest: " + err.Error())
	}
	return table
})

// advice gives a version in force and a draft that differs from it.
func (c *Clinic) advice() []guide.Version {
	table := sampleTable()
	table.Entries = slices.Clone(table.Entries) // a test may change them
	first := guide.Version{
		ID: "g1", Number: 1, State: guide.Approved, Table: table, AuthorID: "m2", ImportedAt: c.At.AddDate(0, 0, -40), ApprovedBy: "m3",
		ApprovedAt: c.At.AddDate(0, 0, -39), From: table.ValidFrom, Revision: 2,
	}
	draft := guide.Version{ID: "g2", Number: 2, State: guide.Draft, Table: table, AuthorID: "m2", ImportedAt: c.At.AddDate(0, 0, -1), Revision: 1}
	draft.Table.Entries = append([]guide.Entry{}, table.Entries[1:]...)
	draft.Table.Entries[0].Words = append([]string{"heart"}, draft.Table.Entries[0].Words...)
	return []guide.Version{draft, first}
}

type guidance struct{ *Clinic }

// Current implements api.Guide.
func (g guidance) Current(context.Context) (guide.Version, error) {
	for _, v := range g.Advice {
		if v.State == guide.Approved {
			return v, g.ask("guide", "")
		}
	}
	if err := g.ask("guide", ""); err != nil {
		return guide.Version{}, err
	}
	return guide.Version{}, missing()
}

// Versions implements api.Guide.
func (g guidance) Versions(context.Context) ([]guide.Version, error) {
	return g.Advice, g.ask("guide-versions", "")
}

// Import implements api.Guide.
func (g guidance) Import(_ context.Context, by, name string, data []byte) (guide.Version, error) {
	if _, err := guide.Parse(name, data); err != nil {
		return guide.Version{}, err
	}
	return g.Advice[0], g.ask("import-guide", by+" "+name)
}

// Approve implements api.Guide.
func (g guidance) Approve(_ context.Context, id, by string) (guide.Version, error) {
	for _, v := range g.Advice {
		if v.ID == id {
			return v, g.ask("approve-guide", id+" "+by)
		}
	}
	return guide.Version{}, missing()
}
