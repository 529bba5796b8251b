package storetest

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/internal/store"
)

func runMigrations(t *testing.T, open Opener) {
	t.Helper()
	t.Run("nodes that start together migrate once", func(t *testing.T) {
		db := open(t, Bare())
		if pending, err := db.Pending(t.Context()); err != nil || !pending {
			t.Fatalf("an empty database: pending %v, %v", pending, err)
		}
		var wg sync.WaitGroup
		for range nodes(db) {
			wg.Go(func() {
				if err := db.Migrate(t.Context()); err != nil {
					t.Errorf("migrate: %v", err)
				}
			})
		}
		wg.Wait()
		version, err := db.Version(t.Context())
		if err != nil || version < 6 {
			t.Errorf("version %d, %v, want 6 or more", version, err)
		}
		if pending, err := db.Pending(t.Context()); err != nil || pending {
			t.Errorf("after: pending %v, %v", pending, err)
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
	})
	t.Run("both engines have the same tables", func(t *testing.T) {
		var address string
		db := open(t, Address(&address))
		got := slices.DeleteFunc(tables(t, raw(t, address), address), func(name string) bool {
			return name == "goose_db_version" || name == "sqlite_sequence"
		})
		want := []string{ // the same name may stand here twice
			"abuse_account", "abuse_flag", "abuse_trace", "account", "appointment", "audit", "audit_head", "call", "campus",
			"credit_appeal", "credit_attempt", "credit_mark", "credit_rule_set", "credit_shield", "department", "doctor", "draw_request",
			"fact", "guide_version", "heartbeat", "hospital", "kinship", "lottery", "machine", "machine_token", "message", "noshow_forecast",
			"noshow_history", "noshow_model", "notice", "outage", "patient", "patient_merge", "payment", "question", "queue", "release_rule",
			"replay", "room", "roster", "roster_exception", "screen", "session", "session_figures", "sign_in", "slot", "sms_inbox",
			"staff", "suspension", "suspension_case", "suspension_item", "tick", "ticket", "wait_entry", "wait_offer", "wait_place",
			"web_session", "webhook", "whereabouts", "wording_version", "zone",
			"contact", "inbox_item", "wechat_consent", "doctor_follow", "message_pause", "message_pref", "message_silence", "queue_log",
			"queue_policy", "receipt_inbox", "message_open", "shown_range", "forecast_quality", "continuation",
		}
		slices.Sort(want)
		want = slices.Compact(want)
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", db.Engine(), diff)
		}
	})
}

// nodes says how many processes may share a database: SQLite belongs to one.
func nodes(db *store.DB) int {
	if db.Engine() == "sqlite" {
		return 1
	}
	return 3
}
