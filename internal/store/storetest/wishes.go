package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

// runWishes: what people want of messages, and what holds messages back.
func runWishes(t *testing.T, open Opener) {
	t.Helper()
	t.Run("wishes come back, and one of two who change them at once is told", func(t *testing.T) { wishesKept(t, open(t)) })
	t.Run("a silence holds for the present phone of one patient", func(t *testing.T) { silenceHolds(t, open(t)) })
	t.Run("a household is who shares a phone", func(t *testing.T) { householdFound(t, open(t)) })
	t.Run("a pause is there once until it is ended", func(t *testing.T) { pausesKept(t, open(t)) })
	t.Run("followers are listed in pages", func(t *testing.T) { followersListed(t, open(t)) })
}

// phoned gives a patient with a document and a phone of his own.
func phoned(id, doc, phone string) directory.Patient {
	p := patient()
	p.ID, p.Doc, p.Phone = id, houzhen.NewIDNumber(doc), houzhen.NewPhone(phone)
	return p
}

func addPatients(tb testing.TB, db *store.DB, list ...directory.Patient) {
	tb.Helper()
	write(tb, db, func(tx *store.Tx) error {
		for _, p := range list {
			if err := tx.AddPatient(tb.Context(), p); err != nil {
				return err
			}
		}
		return nil
	})
}

func wishesKept(t *testing.T, db *store.DB) {
	t.Helper()
	want := notify.Prefs{Patient: "p1", Prefers: notify.WeChat, Voice: true, Off: []notify.Off{{Class: notify.ClassService, Channel: notify.SMS}}}
	first := want
	write(t, db, func(tx *store.Tx) error { return tx.SaveMessagePrefs(t.Context(), &first) })
	want.Version = 1
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.MessagePrefs(t.Context(), []string{"p1", "p2"})
		if diff := cmp.Diff(got, map[string]notify.Prefs{"p1": want}); diff != "" {
			t.Errorf("wishes (-got +want):\n%s", diff)
		}
		return err
	})
	stale := want
	want.Off, want.Voice = nil, false
	write(t, db, func(tx *store.Tx) error { return tx.SaveMessagePrefs(t.Context(), &want) })
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveMessagePrefs(t.Context(), &stale) }), houzhen.CodeConflict)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.MessagePrefs(t.Context(), []string{"p1"})
		if p := got["p1"]; p.Version != 2 || p.Voice || len(p.Off) != 0 {
			t.Errorf("after the second change: %+v", p)
		}
		return err
	})
}

func silenceHolds(t *testing.T, db *store.DB) {
	t.Helper()
	mother, child := phoned("p1", "110101199003070011", "13800000001"), phoned("p2", "110101199003070038", "13800000001")
	addPatients(t, db, mother, child)
	silenced := func(want ...string) {
		t.Helper()
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Silenced(t.Context(), []string{"p1", "p2"})
			expect := map[string]bool{}
			for _, id := range want {
				expect[id] = true
			}
			if diff := cmp.Diff(got, expect); diff != "" {
				t.Errorf("silenced (-got +want):\n%s", diff)
			}
			return err
		})
	}
	silence := func(tx *store.Tx) error {
		return tx.Silence(t.Context(), notify.Silence{Patient: "p1", At: Start(), By: "sms"})
	}
	write(t, db, silence)
	write(t, db, silence)
	silenced("p1")
	write(t, db, func(tx *store.Tx) error {
		mother.Phone, mother.Version = houzhen.NewPhone("13800000009"), 1
		return tx.UpdatePatient(t.Context(), mother)
	})
	silenced() // a new phone is his own
	write(t, db, func(tx *store.Tx) error {
		mother.Phone, mother.Version = houzhen.NewPhone("13800000001"), 2
		return tx.UpdatePatient(t.Context(), mother)
	})
	silenced("p1")
	write(t, db, func(tx *store.Tx) error { return tx.EndSilence(t.Context(), "p1") })
	silenced()
}

func householdFound(t *testing.T, db *store.DB) {
	t.Helper()
	nobody := phoned("p4", "110101199003070097", "")
	nobody.Phone = houzhen.Phone{}
	other := phoned("p5", "110101199003070118", "")
	other.Phone = houzhen.Phone{}
	addPatients(t, db, phoned("p1", "110101199003070011", "13800000001"), phoned("p2", "110101199003070038", "13800000001"),
		phoned("p3", "110101199003070054", "13800000002"), nobody, other)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Households(t.Context(), map[string]houzhen.Phone{
			"p1": houzhen.NewPhone("13800000001"), "p2": houzhen.NewPhone("13800000001"), "p3": houzhen.NewPhone("13800000002"), "p4": {},
			"p9": houzhen.NewPhone("13800000009"),
		})
		if diff := cmp.Diff(got, map[string][]string{"p1": {"p2"}, "p2": {"p1"}}); diff != "" {
			t.Errorf("households (-got +want):\n%s", diff)
		}
		return err
	})
}

func pausesKept(t *testing.T, db *store.DB) {
	t.Helper()
	want := []notify.Pause{
		{Scope: notify.PauseChannel, Target: "sms", At: Start(), By: "m1", Reason: "bill"},
		{Scope: notify.PauseAll, At: Start(), By: "m1", Reason: "drill"},
	}
	again := want[0]
	again.Reason = "another"
	for _, p := range append(want, again) {
		write(t, db, func(tx *store.Tx) error { return tx.Pause(t.Context(), p) })
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Pauses(t.Context())
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("pauses (-got +want):\n%s", diff)
		}
		return err
	})
	resume := func(tx *store.Tx) error { return tx.Resume(t.Context(), notify.PauseChannel, "sms") }
	write(t, db, resume)
	refused(t, db.InTx(t.Context(), resume), houzhen.CodeNotFound)
}

func followersListed(t *testing.T, db *store.DB) {
	t.Helper()
	follow := func(patient, doctor string, on bool) {
		t.Helper()
		write(t, db, func(tx *store.Tx) error { return tx.Follow(t.Context(), patient, doctor, on) })
	}
	for _, id := range []string{"p3", "p1", "p2", "p1"} {
		follow(id, "d1", true)
	}
	follow("p1", "d2", true)
	follow("p2", "d1", false)
	look(t, db, func(tx *store.Tx) error {
		all, err1 := tx.Followers(t.Context(), "d1", "", 9)
		page, err2 := tx.Followers(t.Context(), "d1", "p1", 1)
		mine, err3 := tx.Followed(t.Context(), "p1")
		for i, diff := range []string{cmp.Diff(all, []string{"p1", "p3"}), cmp.Diff(page, []string{"p3"}), cmp.Diff(mine, []string{"d1", "d2"})} {
			if diff != "" {
				t.Errorf("list %d (-got +want):\n%s", i, diff)
			}
		}
		for _, err := range []error{err1, err2, err3} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// runReceipts: what providers say is a row before it is acknowledged.
func runReceipts(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a receipt is kept once and worked on once", func(t *testing.T) { receiptsKept(t, open(t)) })
	t.Run("receipts that differ in anything are two", func(t *testing.T) { receiptsDiffer(t, open(t)) })
	t.Run("two who work at once get different ones", func(t *testing.T) { receiptsShared(t, open(t)) })
	t.Run("what was worked on is dropped in time", func(t *testing.T) { receiptsPurged(t, open(t)) })
	t.Run("rows are found by their out-ids and by their ids", func(t *testing.T) { foundByOutID(t, open(t)) })
}

func posted(outID string) notify.PostedReceipt {
	return notify.PostedReceipt{
		ReceivedAt: Start(),
		Receipt:    notify.Receipt{OutID: outID, ProviderID: "biz", Phone: houzhen.NewPhone("13800000001"), Delivered: true, At: Start()},
	}
}

func addReceipts(tb testing.TB, db *store.DB, list ...notify.PostedReceipt) (ids []string) {
	tb.Helper()
	write(tb, db, func(tx *store.Tx) (err error) {
		ids, err = tx.AddReceipts(tb.Context(), list)
		return err
	})
	return ids
}

// openReceipts gives what is open and leaves it so.
func openReceipts(tb testing.TB, db *store.DB) (list []notify.PostedReceipt) {
	tb.Helper()
	return untaken(tb, db, func(tx *store.Tx) ([]notify.PostedReceipt, error) { return tx.OpenReceipts(tb.Context(), 10) })
}

// untaken gives what take takes in a transaction that fails after it.
func untaken(tb testing.TB, db *store.DB, take func(*store.Tx) ([]notify.PostedReceipt, error)) (list []notify.PostedReceipt) {
	tb.Helper()
	failed := errors.New("failed after it")
	var problem error
	err := db.InTx(tb.Context(), func(tx *store.Tx) error {
		list, problem = take(tx)
		return failed
	})
	if problem != nil || !errors.Is(err, failed) {
		tb.Fatalf("take receipts: %v, %v", problem, err)
	}
	return list
}

func receiptsKept(t *testing.T, db *store.DB) {
	t.Helper()
	one, two := posted("hz-1"), posted("hz-2")
	two.Delivered, two.ErrorCode, two.ReceivedAt = false, "MOBILE_NOT_ON_SERVICE", Start().Add(time.Second)
	again := one
	again.ReceivedAt = Start().Add(time.Minute)
	one.ID = addReceipts(t, db, one)[0]
	if ids := addReceipts(t, db, two, again, two); len(ids) != 1 {
		t.Fatalf("new ones are %v, want one", ids)
	} else {
		two.ID = ids[0]
	}
	if ids := addReceipts(t, db, again); len(ids) != 0 {
		t.Errorf("told again: new ones are %v", ids)
	}
	if diff := cmp.Diff(openReceipts(t, db), []notify.PostedReceipt{one, two}, hidden()); diff != "" {
		t.Errorf("open (-got +want):\n%s", diff)
	}
	claimed := func(want ...notify.PostedReceipt) {
		t.Helper()
		got := untaken(t, db, func(tx *store.Tx) ([]notify.PostedReceipt, error) {
			return tx.ClaimReceipts(t.Context(), []string{two.ID, one.ID, "r9"})
		})
		if diff := cmp.Diff(got, want, hidden()); diff != "" {
			t.Errorf("claimed (-got +want):\n%s", diff)
		}
	}
	claimed(one, two)
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.ClaimReceipts(t.Context(), []string{one.ID})
		return err
	})
	claimed(two)
	write(t, db, func(tx *store.Tx) error { return tx.KeepReceipts(t.Context(), notify.ReceiptStrange, one) })
	claimed(two)
	if diff := cmp.Diff(openReceipts(t, db), []notify.PostedReceipt{two}, hidden()); diff != "" {
		t.Errorf("open after one (-got +want):\n%s", diff)
	}
	look(t, db, func(tx *store.Tx) error {
		n, oldest, err := tx.WaitingReceipts(t.Context())
		if n != 1 || !oldest.Equal(two.ReceivedAt) {
			t.Errorf("%d wait since %v", n, oldest)
		}
		return err
	})
}

func receiptsDiffer(t *testing.T, db *store.DB) {
	t.Helper()
	list := []notify.PostedReceipt{posted("hz-1")}
	for _, change := range []func(*notify.PostedReceipt){
		func(r *notify.PostedReceipt) { r.OutID = "hz-12" },
		func(r *notify.PostedReceipt) { r.ProviderID = "biz2" },
		func(r *notify.PostedReceipt) { r.OutID, r.ProviderID = "hz-1b", "iz" },
		func(r *notify.PostedReceipt) { r.Phone = houzhen.NewPhone("13800000002") },
		func(r *notify.PostedReceipt) { r.Delivered = false },
		func(r *notify.PostedReceipt) { r.ErrorCode = "OTHER" },
		func(r *notify.PostedReceipt) { r.At = Start().Add(time.Second) },
	} {
		r := posted("hz-1")
		change(&r)
		list = append(list, r)
	}
	if n := len(addReceipts(t, db, list...)); n != len(list) {
		t.Errorf("%d of %d that differ in one thing are new", n, len(list))
	}
}

func receiptsShared(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Engine() == "sqlite" {
		t.Skip("one writer: two cannot work at once")
	}
	addReceipts(t, db, posted("hz-1"), posted("hz-2"))
	write(t, db, func(tx *store.Tx) error {
		mine, err := tx.OpenReceipts(t.Context(), 1)
		if err != nil || len(mine) != 1 {
			t.Errorf("first: %v, %v", mine, err)
			return err
		}
		others := openReceipts(t, db)
		if len(others) != 1 || others[0].ID == mine[0].ID {
			t.Errorf("the other one gets %d, among them mine", len(others))
		}
		return nil
	})
}

func receiptsPurged(t *testing.T, db *store.DB) {
	t.Helper()
	ids := addReceipts(t, db, posted("hz-1"), posted("hz-2"))
	write(t, db, func(tx *store.Tx) error {
		list, err := tx.ClaimReceipts(t.Context(), ids[:1])
		return errors.Join(err, tx.KeepReceipts(t.Context(), notify.ReceiptStrange, list...))
	})
	if again := addReceipts(t, db, posted("hz-1")); len(again) != 0 {
		t.Errorf("posted again what was kept: new ones are %v", again)
	}
	for _, c := range []struct {
		before time.Time
		want   int64
	}{{Start(), 0}, {Start().Add(time.Hour), 1}, {Start().Add(time.Hour), 0}} {
		if n, err := db.PurgeReceipts(t.Context(), c.before); n != c.want || err != nil {
			t.Errorf("before %v: purged %d, %v, want %d", c.before, n, err, c.want)
		}
	}
	if list := openReceipts(t, db); len(list) != 1 || list[0].ID != ids[1] {
		t.Errorf("what waits is %v", list)
	}
	old := notify.InboxItem{ID: "i1", PatientID: "p1", Kind: notify.KindBooked, Title: "t", Text: "b", At: Start()}
	fresh := old
	fresh.ID, fresh.At = "i2", Start().Add(time.Hour)
	for _, i := range []notify.InboxItem{old, fresh} {
		if err := db.Inbox().KeepItem(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := db.PurgeInbox(t.Context(), Start().Add(time.Minute)); n != 1 || err != nil {
		t.Errorf("purged %d pages' messages, %v, want 1", n, err)
	}
	look(t, db, func(tx *store.Tx) error {
		left, err := tx.InboxOf(t.Context(), 9, "p1")
		if len(left) != 1 || left[0].ID != "i2" {
			t.Errorf("left: %v", left)
		}
		return err
	})
}

func foundByOutID(t *testing.T, db *store.DB) {
	t.Helper()
	plan(t, db, message("m2", "a2", 1), message("m1", "a1", 1), message("m3", "a3", 1))
	write(t, db, func(tx *store.Tx) error {
		got, err1 := tx.MessagesByOutID(t.Context(), []string{"hz-m3", "hz-m1", "hz-m9", "hzb-m2", ""})
		byID, err2 := tx.Messages(t.Context(), notify.MessageFilter{IDs: []string{"m2", "m9"}})
		if diff := cmp.Diff(messageIDs(got), []string{"m1", "m3"}); diff != "" {
			t.Errorf("by out-id (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(messageIDs(byID), []string{"m2"}); diff != "" {
			t.Errorf("by id (-got +want):\n%s", diff)
		}
		if err1 != nil {
			return err1
		}
		return err2
	})
}
