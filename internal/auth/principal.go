package auth

import (
	"context"
	"log/slog"
	"slices"
)

// Role says as what somebody asks.
type Role string

// Roles. Patient is whoever signed in with a phone, for himself or his family;
// the staff roles have the words of directory.Role.
const (
	Anonymous Role = "anonymous"
	Patient   Role = "patient"
	Screen    Role = "screen"
	Nurse     Role = "nurse"
	Doctor    Role = "doctor"
	Manager   Role = "manager"
	Machinery Role = "machine" // another system, by its token; what it may do its scopes say
)

// EveryRole lists all roles, for tables and tests.
func EveryRole() []Role { return []Role{Anonymous, Patient, Screen, Nurse, Doctor, Manager, Machinery} }

// StaffRoles lists the roles of people who work here.
func StaffRoles() []Role { return []Role{Nurse, Doctor, Manager} }

// Principal is who asks. The zero Principal is anonymous.
type Principal struct {
	Role      Role
	ID        string   // of the account, screen or member of staff
	Display   string   `json:",omitempty"` // how staff are addressed; never set for patients
	AccountID string   `json:",omitempty"` // for patients
	DoctorID  string   `json:",omitempty"` // for doctors
	ZoneIDs   []string `json:",omitempty"` // for screens and nurses: where they belong
	Channel   string   `json:",omitempty"` // for machines: on whose behalf they ask
	Scopes    []Scope  `json:",omitempty"` // for machines: what they may do
}

// As gives the role; the zero Principal is Anonymous.
func (p Principal) As() Role {
	if p.Role == "" {
		return Anonymous
	}
	return p.Role
}

// Is reports whether p has one of roles.
func (p Principal) Is(roles ...Role) bool { return slices.Contains(roles, p.As()) }

// Staff reports whether p works here.
func (p Principal) Staff() bool { return p.Is(StaffRoles()...) }

// LogValue gives role and id, which name no person.
func (p Principal) LogValue() slog.Value {
	return slog.GroupValue(slog.String("role", string(p.As())), slog.String("id", p.ID))
}

type principalKey struct{}

// With gives a context in which p asks.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From tells who asks; anonymous when nobody is signed in.
func From(ctx context.Context) Principal {
	p, ok := ctx.Value(principalKey{}).(Principal)
	if !ok || p.Role == "" {
		return Principal{Role: Anonymous}
	}
	return p
}
