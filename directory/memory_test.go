package directory_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

// memory is a directory.Store in memory. A transaction that fails leaves
// nothing behind.
type memory struct {
	now      time.Time
	ids      int
	house    directory.House
	patients map[string]directory.Patient
	accounts map[string]directory.Account
	kin      map[string]directory.Kinship
	staff    map[string]directory.Staff
	screens  map[string]directory.Screen
	merges   []directory.Merge
	before   func() // runs once before the next transaction
	loads    int    // of the house
}

type tx struct{ *memory }

var _ directory.Tx = tx{}

func newMemory() *memory {
	return &memory{
		now: today.At(9, 0, time.UTC), patients: map[string]directory.Patient{}, accounts: map[string]directory.Account{},
		kin: map[string]directory.Kinship{}, staff: map[string]directory.Staff{}, screens: map[string]directory.Screen{},
	}
}

func (m *memory) InTx(_ context.Context, f func(directory.Tx) error) error {
	if b := m.before; b != nil {
		m.before = nil
		b()
	}
	saved := *m
	saved.patients, saved.accounts, saved.kin = maps.Clone(m.patients), maps.Clone(m.accounts), maps.Clone(m.kin)
	saved.staff, saved.screens = maps.Clone(m.staff), maps.Clone(m.screens)
	err := f(tx{m})
	if err != nil {
		*m = saved
	}
	return err
}

func (m *memory) View(_ context.Context, f func(directory.Tx) error) error { return f(tx{m}) }

func (m *memory) Glance(ctx context.Context, f func(directory.Tx) error) error { return m.View(ctx, f) }

func (t tx) Now() time.Time           { return t.now }
func (t tx) NewID() string            { t.ids++; return fmt.Sprint("id", t.ids) }
func (t tx) Emit(houzhen.Event) error { return nil }

func (t tx) House(context.Context) (directory.House, error) { t.loads++; return t.house, nil }

func (t tx) SaveHouse(_ context.Context, h directory.House) error { t.house = h; return nil }

func get[V any](m map[string]V, id string) (V, error) {
	v, ok := m[id]
	if !ok {
		return v, houzhen.E(houzhen.CodeNotFound, "no such row")
	}
	return v, nil
}

func search[V any](m map[string]V, is func(V) bool) (V, error) {
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if is(m[id]) {
			return m[id], nil
		}
	}
	return get(m, "")
}

func (t tx) Patient(_ context.Context, id string) (directory.Patient, error) {
	return get(t.patients, id)
}

func (t tx) PatientByDoc(_ context.Context, d directory.DocType, n houzhen.IDNumber) (directory.Patient, error) {
	return search(t.patients, func(p directory.Patient) bool { return p.DocType == d && p.Doc == n })
}

func (t tx) PatientsByPhone(_ context.Context, phone houzhen.Phone) ([]directory.Patient, error) {
	list := []directory.Patient{}
	for _, id := range slices.Sorted(maps.Keys(t.patients)) {
		if t.patients[id].Phone == phone {
			list = append(list, t.patients[id])
		}
	}
	return list, nil
}

func (t tx) PatientsByDocTail(context.Context, string, []string) ([]directory.Patient, error) {
	return []directory.Patient{}, nil
}

func (t tx) AddPatient(ctx context.Context, p directory.Patient) error {
	if _, err := t.PatientByDoc(ctx, p.DocType, p.Doc); err == nil {
		return houzhen.E(houzhen.CodePatientExists, "document exists")
	}
	t.patients[p.ID] = p
	return nil
}

func (t tx) UpdatePatient(ctx context.Context, p directory.Patient) error {
	old, err := t.Patient(ctx, p.ID)
	if err != nil {
		return err
	}
	if old.Version != p.Version {
		return houzhen.E(houzhen.CodeConflict, "patient changed meanwhile")
	}
	p.Version++
	t.patients[p.ID] = p
	return nil
}

func (t tx) Account(_ context.Context, id string) (directory.Account, error) {
	return get(t.accounts, id)
}

func (t tx) AccountByPhone(_ context.Context, p houzhen.Phone) (directory.Account, error) {
	return search(t.accounts, func(a directory.Account) bool { return a.Phone == p })
}

func (t tx) AddAccount(ctx context.Context, a directory.Account) error {
	if _, err := t.AccountByPhone(ctx, a.Phone); err == nil {
		return houzhen.E(houzhen.CodeConflict, "phone has an account")
	}
	t.accounts[a.ID] = a
	return nil
}

func (t tx) Kin(_ context.Context, accountID string) ([]directory.Kinship, error) {
	var list []directory.Kinship
	for _, id := range slices.Sorted(maps.Keys(t.kin)) {
		if t.kin[id].AccountID == accountID {
			list = append(list, t.kin[id])
		}
	}
	return list, nil
}

func (t tx) Relatives(ctx context.Context, accountID string) ([]directory.Relative, error) {
	kin, _ := t.Kin(ctx, accountID)
	list := make([]directory.Relative, 0, len(kin))
	for _, k := range kin {
		p, err := t.Patient(ctx, k.PatientID)
		if err != nil {
			return nil, err
		}
		list = append(list, directory.Relative{Patient: p, Relation: k.Relation, ConsentAt: k.ConsentAt})
	}
	return list, nil
}

func (t tx) SaveKin(_ context.Context, k directory.Kinship) error {
	t.kin[k.AccountID+" "+k.PatientID] = k
	return nil
}

func (t tx) KinOf(_ context.Context, patientID string) ([]directory.Kinship, error) {
	var list []directory.Kinship
	for _, id := range slices.Sorted(maps.Keys(t.kin)) {
		if t.kin[id].PatientID == patientID {
			list = append(list, t.kin[id])
		}
	}
	return list, nil
}

func (t tx) AddMerge(_ context.Context, m directory.Merge) error {
	t.merges = append(t.merges, m)
	return nil
}

func (t tx) Staff(_ context.Context, id string) (directory.Staff, error) { return get(t.staff, id) }

func (t tx) StaffByLogin(_ context.Context, login string) (directory.Staff, error) {
	return search(t.staff, func(s directory.Staff) bool { return s.Login == login })
}

func (t tx) StaffList(context.Context) ([]directory.Staff, error) {
	return slices.Collect(maps.Values(t.staff)), nil
}

func (t tx) SaveStaff(_ context.Context, s directory.Staff) error { t.staff[s.ID] = s; return nil }

func (t tx) ScreenByToken(_ context.Context, hash string) (directory.Screen, error) {
	return search(t.screens, func(s directory.Screen) bool { return s.TokenHash == hash })
}

func (t tx) Screens(context.Context) ([]directory.Screen, error) {
	return slices.Collect(maps.Values(t.screens)), nil
}

func (t tx) SaveScreen(_ context.Context, s directory.Screen) error { t.screens[s.ID] = s; return nil }

func house() directory.House {
	l := func(s string) houzhen.Label { return houzhen.Label{Zh: s, En: s} }
	return directory.House{
		Hospital:    directory.Hospital{ID: "h", Name: l("hospital"), TimeZone: "Asia/Shanghai"},
		Campuses:    []directory.Campus{{ID: "main", HospitalID: "h", Name: l("main")}},
		Departments: []directory.Department{{ID: "d1", CampusID: "main", Code: "cardio", Name: l("cardio")}},
		Zones:       []directory.Zone{{ID: "z1", CampusID: "main", Code: "A", Name: l("zone A"), Mask: directory.MaskMiddle}},
		Rooms:       []directory.Room{{ID: "r1", ZoneID: "z1", Code: "A1", Name: l("room 1")}},
		Doctors: []directory.Doctor{
			{ID: "chen", DepartmentID: "d1", Code: "C", Name: l("Chen"), Grade: 3},
			{ID: "liu", DepartmentID: "d1", Code: "L", Name: l("Liu"), Grade: 4},
			{ID: "zhao", DepartmentID: "d1", Code: "Z", Name: l("Zhao"), Grade: 3},
			{ID: "wu", DepartmentID: "d1", Code: "W", Name: l("Wu"), Grade: 2},
			{ID: "pool", DepartmentID: "d1", Code: "P", Name: l("pool"), Grade: 3, Pool: true},
		},
	}
}

// desk is a service on a memory store with a house.
func desk(t *testing.T) (*directory.Service, *memory) {
	t.Helper()
	m := newMemory()
	s := directory.NewService(m, time.UTC)
	if err := s.SaveHouse(t.Context(), house()); err != nil {
		t.Fatal(err)
	}
	return s, m
}

func wantCode(t *testing.T, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("code: got %q (%v), want %q", got, err, want)
	}
}
