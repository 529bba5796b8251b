package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/houzhen/houzhen/internal/store"
)

func runAudit(t *testing.T, open Opener) {
	t.Helper()
	t.Run("lines come back in order and chained", func(t *testing.T) {
		db := open(t)
		appendLines(t, db, 3)
		lines, err := db.AuditAfter(t.Context(), 1, 10)
		if err != nil || len(lines) != 2 {
			t.Fatalf("got %d lines, %v, want 2", len(lines), err)
		}
		if got := lines[0]; got.Seq != 2 || got.Actor != "nurse" || got.Action != "read" || got.Object != "p1" || got.At != Start() || got.Detail == "" {
			t.Errorf("got %+v", got)
		}
		if lines[1].Prev != lines[0].Hash {
			t.Error("a line does not carry the hash of the one before")
		}
	})
	t.Run("many writers make one chain", func(t *testing.T) {
		db := open(t)
		race(t, func(i int) error {
			err := db.Append(t.Context(), "nurse", "read", fmt.Sprintf("p%d", i), "")
			if err != nil {
				t.Errorf("append: %v", err)
			}
			return err
		})
		lines, err := db.AuditAfter(t.Context(), 0, 100)
		if err != nil || len(lines) != racers {
			t.Errorf("got %d lines, %v, want %d", len(lines), err, racers)
		}
		if err := db.VerifyAudit(t.Context()); err != nil {
			t.Errorf("verify: %v", err)
		}
	})
	t.Run("a line of a failed transaction is not there", func(t *testing.T) {
		db := open(t)
		err := db.InTx(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.Append(t.Context(), "nurse", "read", "p1", ""), errStop)
		})
		if !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		appendLines(t, db, 1)
		if err := db.VerifyAudit(t.Context()); err != nil {
			t.Errorf("verify: %v", err)
		}
	})
	t.Run("tampering is noticed", func(t *testing.T) { tamperingNoticed(t, open) })
}

func tamperingNoticed(t *testing.T, open Opener) {
	t.Helper()
	for name, statement := range map[string]string{
		"a changed line":     `UPDATE audit SET actor = 'somebody' WHERE seq = 2`,
		"a changed instant":  `UPDATE audit SET at = at + 1 WHERE seq = 2`,
		"a dropped line":     `DELETE FROM audit WHERE seq = 2`,
		"a cut-off end":      `DELETE FROM audit WHERE seq = 4`,
		"an emptied record":  `DELETE FROM audit`,
		"an added line":      `INSERT INTO audit SELECT 5, at, actor, action, object, detail, hash, 'made up' FROM audit WHERE seq = 4`,
		"a changed last one": `UPDATE audit SET detail = '' WHERE seq = 4`,
	} {
		t.Run(name, func(t *testing.T) {
			var address string
			db := open(t, Address(&address))
			appendLines(t, db, 4)
			if err := db.VerifyAudit(t.Context()); err != nil {
				t.Fatalf("before: %v", err)
			}
			tamper(t, address, statement)
			if err := db.VerifyAudit(t.Context()); !errors.Is(err, store.ErrAudit) {
				t.Errorf("after: got %v, want ErrAudit", err)
			}
		})
	}
}

func appendLines(tb testing.TB, db *store.DB, n int) {
	tb.Helper()
	for i := range n {
		if err := db.Append(tb.Context(), "nurse", "read", "p1", fmt.Sprintf("line %d", i+1)); err != nil {
			tb.Fatal(err)
		}
	}
}
