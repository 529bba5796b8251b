package apitest

import (
	"context"
	"strconv"
	"time"

	"github.com/houzhen/houzhen/booking/abuse"
)

// flagged gives one open flag of each kind and a decided one.
func (c *Clinic) flagged() []abuse.Flag {
	var list []abuse.Flag
	for i, k := range abuse.Kinds() {
		list = append(list, abuse.Flag{
			ID: "f" + strconv.Itoa(i+1), Kind: k, Subject: "account-7f3a91", Accounts: []string{"acc1", "acc2"}[:1+i%2], Count: 6 + i,
			First: c.At.Add(-50 * time.Hour), Last: c.At.Add(-time.Duration(i) * time.Hour), Evidence: []string{"a1", "a2"}, State: abuse.Open, Version: 1,
		})
	}
	done := list[0]
	done.ID, done.State, done.Until, done.DecidedBy, done.Reason = "f9", abuse.Confirmed, c.At.AddDate(0, 0, 30), "m1", "resale"
	return append(list, done)
}

type flags struct{ *Clinic }

// Flags implements api.Abuse.
func (f flags) Flags(context.Context) ([]abuse.Flag, error) { return f.Flagged, f.ask("flags", "") }

// Decide implements api.Abuse.
func (f flags) Decide(_ context.Context, id, by, reason string, days int) (abuse.Flag, error) {
	for _, one := range f.Flagged {
		if one.ID == id {
			return one, f.ask("decide-flag", id+" "+by+" "+reason+" "+strconv.Itoa(days))
		}
	}
	return abuse.Flag{}, missing()
}
