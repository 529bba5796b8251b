package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
)

func house() directory.House {
	label := func(s string) houzhen.Label { return houzhen.Label{Zh: s + " zh", En: s} }
	return directory.House{
		Hospital:    directory.Hospital{ID: "h", Name: label("Hospital"), TimeZone: "Asia/Shanghai", Phone: "021-1", Sign: "H", Emergency: label("East gate"), EmergencyPhone: "021-120"},
		Campuses:    []directory.Campus{{ID: "c1", HospitalID: "h", Name: label("East")}},
		Departments: []directory.Department{{ID: "dep", CampusID: "c1", Code: "D", Name: label("Skin"), Sensitive: true, Alias: label("Third floor"), MinAge: 14, MaxAge: 70, Sex: directory.Female}},
		Zones:       []directory.Zone{{ID: "z1", CampusID: "c1", Code: "Z", Name: label("Zone A"), Mask: directory.MaskMiddle}},
		Rooms:       []directory.Room{{ID: "r1", ZoneID: "z1", Code: "1", Name: label("Room 1")}, {ID: "r2", ZoneID: "z1", Code: "2", Name: label("Room 2")}},
		Doctors: []directory.Doctor{
			{ID: "d1", DepartmentID: "dep", Code: "W", Name: label("Wu"), Title: label("Chief"), Grade: 4},
			{ID: "pool", DepartmentID: "dep", Code: "P", Name: label("General"), Pool: true},
		},
	}
}

func runHouse(t *testing.T, open Opener) {
	t.Helper()
	t.Run("what was saved comes back, and is updated by id", func(t *testing.T) {
		db, h := open(t), house()
		save := func() { write(t, db, func(tx *store.Tx) error { return tx.SaveHouse(t.Context(), h) }) }
		check := func(want directory.House) {
			t.Helper()
			look(t, db, func(tx *store.Tx) error {
				got, err := tx.House(t.Context())
				if diff := cmp.Diff(got, want); diff != "" {
					t.Errorf("house (-got +want):\n%s", diff)
				}
				return err
			})
		}
		check(directory.House{})
		save()
		check(h)
		h.Hospital.Sign, h.Rooms[1].Name.En, h.Doctors[0].Grade = "H2", "Room 2b", 3
		save()
		check(h)
		write(t, db, func(tx *store.Tx) error { return tx.SaveHouse(t.Context(), directory.House{Rooms: h.Rooms[:1]}) })
		check(h)
	})
	t.Run("a room stands in a zone that exists", func(t *testing.T) {
		db := open(t)
		err := db.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.SaveHouse(t.Context(), directory.House{Rooms: []directory.Room{{ID: "r", ZoneID: "nowhere"}}})
		})
		if err == nil {
			t.Error("a room in no zone was taken")
		}
	})
	t.Run("staff sign in by a login of their own", func(t *testing.T) { staffByLogin(t, open(t)) })
	t.Run("screens are found by their token", func(t *testing.T) { screensByToken(t, open(t)) })
}

func staffByLogin(t *testing.T, db *store.DB) {
	t.Helper()
	want := []directory.Staff{
		{ID: "2", Login: "doctor", Display: "Wu", Role: directory.RoleDoctor, PasswordHash: "x", DoctorID: "d1"},
		{ID: "1", Login: "nurse", Display: "Zhao", Role: directory.RoleNurse, PasswordHash: "y", Disabled: true},
	}
	for _, s := range want {
		write(t, db, func(tx *store.Tx) error { return tx.SaveStaff(t.Context(), s) })
	}
	look(t, db, func(tx *store.Tx) error {
		list, err := tx.StaffList(t.Context())
		if diff := cmp.Diff(list, want); diff != "" {
			t.Errorf("staff (-got +want):\n%s", diff)
		}
		byLogin, err2 := tx.StaffByLogin(t.Context(), "nurse")
		if diff := cmp.Diff(byLogin, want[1]); diff != "" {
			t.Errorf("by login (-got +want):\n%s", diff)
		}
		_, err3 := tx.StaffByLogin(t.Context(), "nobody")
		refused(t, err3, houzhen.CodeNotFound)
		return errors.Join(err, err2)
	})
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.SaveStaff(t.Context(), directory.Staff{ID: "3", Login: "nurse"})
	}), houzhen.CodeConflict)
}

func screensByToken(t *testing.T, db *store.DB) {
	t.Helper()
	s := directory.Screen{ID: "s1", Kind: "zone", Target: "z1", TokenHash: "aa", PairedAt: Start()}
	write(t, db, func(tx *store.Tx) error { return tx.SaveScreen(t.Context(), s) })
	s.TokenHash = "bb"
	write(t, db, func(tx *store.Tx) error { return tx.SaveScreen(t.Context(), s) })
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.ScreenByToken(t.Context(), "bb")
		if diff := cmp.Diff(got, s); diff != "" {
			t.Errorf("screen (-got +want):\n%s", diff)
		}
		_, gone := tx.ScreenByToken(t.Context(), "aa")
		refused(t, gone, houzhen.CodeNotFound)
		all, err2 := tx.Screens(t.Context())
		if len(all) != 1 {
			t.Errorf("got %d screens, want 1", len(all))
		}
		return errors.Join(err, err2)
	})
}
