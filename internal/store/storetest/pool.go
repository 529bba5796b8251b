package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func runPool(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a slot keeps its quota, its opening and why it is withheld", func(t *testing.T) { slotUpdated(t, open(t)) })
	t.Run("a session keeps its fall-back", func(t *testing.T) {
		db := open(t)
		s, slots := session("s1", "d1", today(), 1)
		s.FallBackAt = s.Start.Add(-16 * time.Hour)
		write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), s, slots) })
		want := s.FallBackAt
		for range 2 {
			look(t, db, func(tx *store.Tx) error {
				got, err := tx.Session(t.Context(), "s1")
				if !got.FallBackAt.Equal(want) {
					t.Errorf("fall-back: got %v, want %v", got.FallBackAt, want)
				}
				s = got
				return err
			})
			want = want.Add(time.Hour)
			s.FallBackAt = want
			write(t, db, func(tx *store.Tx) error { return tx.UpdateSession(t.Context(), s) })
		}
	})
	t.Run("who stands on a withheld slot is listed", func(t *testing.T) { displacedListed(t, open(t)) })
	t.Run("rules of release are versions, never changed", func(t *testing.T) { ruleVersions(t, open(t)) })
}

func slotUpdated(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 2)
	kept := booking.Slot{SessionID: "s1", No: 201, Start: Start(), End: Start().Add(time.Hour), Band: booking.BandOverbook, Quota: booking.QuotaElder, OpenAt: Start(), Reason: "asked"}
	write(t, db, func(tx *store.Tx) error { return tx.AddSlot(t.Context(), kept) })
	check := func() {
		t.Helper()
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Slot(t.Context(), "s1", 201)
			if diff := cmp.Diff(got, kept); diff != "" {
				t.Errorf("slot (-got +want):\n%s", diff)
			}
			return err
		})
	}
	check()
	kept.Quota, kept.OpenAt, kept.Withheld, kept.Reason = "", time.Time{}, true, "cut"
	write(t, db, func(tx *store.Tx) error {
		other := kept
		other.Start, other.Band, other.FreedBy = other.End, booking.BandBooked, "somebody" // stay as they are
		return tx.UpdateSlot(t.Context(), other)
	})
	check()
	kept.OpenAt = Start().Add(time.Minute)
	write(t, db, func(tx *store.Tx) error { return tx.OpenSlot(t.Context(), "s1", 201, kept.OpenAt) })
	check()
	kept.Start, kept.End, kept.RetimedAt = kept.Start.Add(time.Hour), kept.End.Add(time.Hour), Start()
	kept.Quota, kept.OpenAt, kept.Withheld, kept.Reason = booking.QuotaElder, time.Time{}, false, ""
	write(t, db, func(tx *store.Tx) error { return tx.RetimeSlot(t.Context(), kept) })
	check()
	write(t, db, func(tx *store.Tx) error {
		refused(t, tx.OpenSlot(t.Context(), "s1", 99, Start()), houzhen.CodeSlotUnknown)
		refused(t, tx.RetimeSlot(t.Context(), booking.Slot{SessionID: "s1", No: 99}), houzhen.CodeSlotUnknown)
		return nil
	})
	write(t, db, func(tx *store.Tx) error {
		refused(t, tx.UpdateSlot(t.Context(), booking.Slot{SessionID: "s1", No: 99}), houzhen.CodeSlotUnknown)
		return nil
	})
}

func ruleVersions(t *testing.T, db *store.DB) {
	t.Helper()
	all := booking.DefaultPolicy().Rule()
	all.Version, all.By, all.On = 1, "staff:1", Start()
	heart := all
	heart.DepartmentID, heart.Version, heart.DrawDoctors, heart.DrawWindow = "heart", 2, []string{"chen", "liu"}, 90*time.Second
	write(t, db, func(tx *store.Tx) error {
		for _, r := range []booking.ReleaseRule{heart, all} {
			if err := tx.AddReleaseRule(t.Context(), r); err != nil {
				return err
			}
			refused(t, tx.AddReleaseRule(t.Context(), r), houzhen.CodeConflict)
		}
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.ReleaseRules(t.Context())
		if diff := cmp.Diff(got, []booking.ReleaseRule{all, heart}); diff != "" {
			t.Errorf("rules (-got +want):\n%s", diff)
		}
		return err
	})
}

func displacedListed(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 4)
	for no, change := range map[int]func(*booking.Appointment){
		1: func(*booking.Appointment) {}, // its place is not withheld
		2: func(*booking.Appointment) {},
		3: func(a *booking.Appointment) { a.State = booking.Cancelled },
		4: func(a *booking.Appointment) { a.Purpose, a.State = booking.PurposeOption, booking.Held },
	} {
		a := appointment(s, no, "p"+strconv.Itoa(no))
		change(&a)
		write(t, db, func(tx *store.Tx) error {
			if err := tx.AddAppointment(t.Context(), a); err != nil || no == 1 {
				return err
			}
			return tx.UpdateSlot(t.Context(), booking.Slot{SessionID: "s1", No: no, Withheld: true})
		})
	}
	for name, c := range map[string]struct {
		from, to houzhen.Date
		want     int
	}{"the day": {s.Date, s.Date, 1}, "before": {s.Date.AddDays(-3), s.Date.AddDays(-1), 0}, "after": {s.Date.AddDays(1), s.Date.AddDays(9), 0}} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Displaced(t.Context(), c.from, c.to)
			if len(got) != c.want || c.want == 1 && got[0].SlotNo != 2 {
				t.Errorf("%s: got %+v", name, got)
			}
			return err
		})
	}
}
