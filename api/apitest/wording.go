package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/templates"
)

// Wording is what the manager of the sample clinic has written: the reminder of
// the day before was approved, and a newer one was taken back by the provider.
func (c *Clinic) wordings() []wording.Version {
	d, _ := templates.Shipped("appt.remind.d1", houzhen.Chinese, templates.SMS)
	first := wording.Version{
		ID: "v1", Draft: d, Number: 1, State: wording.Approved, Code: "SMS_200000001", AuthorID: "m1", SavedAt: c.At.AddDate(0, 0, -30),
		DecidedBy: "m1", DecidedAt: c.At.AddDate(0, 0, -29), Revision: 2,
	}
	second := first
	second.ID, second.Number, second.State, second.Code, second.Revision = "v2", 2, wording.Rejected, "SMS_200000002", 3
	second.Note = "The sign is not filed."
	second.SavedAt, second.DecidedAt = c.At.AddDate(0, 0, -2), c.At.Add(-9*time.Hour)
	fresh, _ := templates.Shipped("queue.near", houzhen.English, templates.WeChat)
	third := wording.Version{ID: "v3", Draft: fresh, Number: 1, State: wording.Submitted, AuthorID: "m1", SavedAt: c.At.Add(-time.Hour), Revision: 1}
	return []wording.Version{second, first, third}
}

// words is api.Wording of the sample clinic.
type words struct{ *Clinic }

// Versions implements api.Wording.
func (w words) Versions(_ context.Context, key string) ([]wording.Version, error) {
	var list []wording.Version
	for _, v := range w.Wordings {
		if key == "" || v.Key == key {
			list = append(list, v)
		}
	}
	return list, w.ask("wordings", key)
}

// Save implements api.Wording.
func (w words) Save(_ context.Context, by string, d templates.Draft) (wording.Version, error) {
	if _, ok := templates.Shipped(d.Key, d.Lang, d.Channel); !ok {
		return wording.Version{}, missing()
	}
	if !templates.Lint(d, templates.House{}).Sendable() {
		return wording.Version{}, houzhen.E(houzhen.CodeInvalid, "words cannot be sent").On("text")
	}
	return wording.Version{ID: "v9", Draft: d, Number: 9, State: wording.Draft, AuthorID: by, SavedAt: w.At, Revision: 1},
		w.ask("save-wording", by+" "+d.Key+" "+d.Channel)
}

// Decide implements api.Wording.
func (w words) Decide(_ context.Context, id string, d wording.Decision) (wording.Version, error) {
	for _, v := range w.Wordings {
		if v.ID == id {
			v.State, v.Code = d.State, d.Code
			return v, w.ask("decide-wording", id+" "+string(d.State)+" "+d.By)
		}
	}
	return wording.Version{}, missing()
}

// House implements api.Wording.
func (words) House() templates.House { return templates.House{} }
