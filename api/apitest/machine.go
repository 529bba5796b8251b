package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/internal/auth"
)

// MachineToken is what the sample clinic gives for a token.
const MachineToken = auth.TokenPrefix + "c2FtcGxlIHRva2VuIG9mIGEgc2FtcGxlIGNsaW5pYw"

// machines are the systems that may ask the sample clinic.
type machines struct{ *Clinic }

// List implements api.Machines: one in use within a rotation, one whose token
// is about to end, one that never asked and one that is revoked.
func (m machines) List(context.Context) ([]auth.Keyed, error) {
	if m.Quiet {
		return nil, m.ask("machines", "")
	}
	one := func(id, channel, name string, end, used time.Duration, scopes ...auth.Scope) auth.Keyed {
		t := auth.Token{ID: "k-" + id, MachineID: id, Hint: "aW" + id, CreatedAt: m.At.AddDate(0, -6, 0), ExpiresAt: m.At.Add(end)}
		if used > 0 {
			t.LastUsedAt = m.At.Add(-used)
		}
		return auth.Keyed{Machine: auth.Machine{ID: id, Channel: channel, Name: name, Scopes: scopes, CreatedAt: t.CreatedAt}, Tokens: []auth.Token{t}}
	}
	const day = 24 * time.Hour
	region := one("n1", "platform", "Regional platform", 300*day, time.Minute, auth.ScopeRead, auth.ScopeBook, auth.ScopeCancel, auth.ScopeMove, auth.ScopeWebhooks)
	old := region.Tokens[0]
	old.Hint, old.ExpiresAt = "Zz01", m.At.Add(20*time.Hour)
	region.Tokens = append(region.Tokens, old)
	gone := one("n4", "kiosk", "Kiosk, west entrance", 90*day, 40*day, auth.ScopeCheckIn)
	gone.RevokedAt = m.At.AddDate(0, 0, -2)
	return []auth.Keyed{
		region,
		one("n2", "his", "Hospital information system", 12*day, time.Hour, auth.ScopeRosterWrite, auth.ScopeQuotaWrite, auth.ScopeResults, auth.ScopePresence),
		one("n3", "phone", "Telephone centre", -2*day, 0, auth.ScopeRead, auth.ScopeBook), gone,
	}, m.ask("machines", "")
}

// Create implements api.Machines.
func (m machines) Create(_ context.Context, n auth.NewMachine) (auth.Machine, string, error) {
	return auth.Machine{ID: "n9", Channel: n.Channel, Name: n.Name, Scopes: n.Scopes}, MachineToken, m.ask("machine", n.Channel+" "+n.Life.String()+" "+n.By)
}

// Rotate implements api.Machines.
func (m machines) Rotate(_ context.Context, id, by string, overlap, _ time.Duration) (string, error) {
	if id == "none" {
		return "", missing()
	}
	return MachineToken, m.ask("rotate-machine", id+" "+overlap.String()+" "+by)
}

// Revoke implements api.Machines.
func (m machines) Revoke(_ context.Context, id, by string) error {
	if id == "none" {
		return missing()
	}
	return m.ask("revoke-machine", id+" "+by)
}
