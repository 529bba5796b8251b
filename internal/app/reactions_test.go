package app

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/outbox"
)

func open(t *testing.T) *App {
	t.Helper()
	cfg := Defaults()
	cfg.Data = t.TempDir()
	a, err := New(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestEveryFactIsInTheTableOfReactions(t *testing.T) {
	table := open(t).reactions()
	for _, kind := range houzhen.EventKinds {
		if _, ok := table[kind]; !ok {
			t.Errorf("%s is not in the table: say what it causes, or that it causes nothing", kind)
		}
	}
	for kind := range table {
		if !slices.Contains(houzhen.EventKinds, kind) {
			t.Errorf("%s is in the table, but no fact is of that kind", kind)
		}
	}
}

// TestFactsOfNothingHarmNobody runs every reaction on a fact whose subject is
// not there, as after retention: none may panic, and none may write.
func TestFactsOfNothingHarmNobody(t *testing.T) {
	a := open(t)
	ctx, after := outbox.WithHooks(t.Context())
	for kind, list := range a.reactions() {
		for _, react := range list {
			err := a.inTx(ctx, func(tx everything) error {
				return react(ctx, tx, houzhen.Event{ID: "f", Kind: kind, Subject: "gone", Session: "gone", At: tx.Now()})
			})
			if code := houzhen.CodeOf(err); code != "" && code != houzhen.CodeNotFound {
				t.Errorf("%s: %v, want nothing or %s", kind, err, houzhen.CodeNotFound)
			}
		}
	}
	after(t.Context())
	left, err := a.left(t.Context())
	if err != nil || left != 0 {
		t.Errorf("%d facts and messages came of nothing (%v)", left, err)
	}
}

func TestTopicsOfNothingAreNotFound(t *testing.T) {
	a := open(t)
	for _, topic := range []string{"zone/none", "door/none", "strip/none", "desk/none", "pos/none", "else/none", "", "zone"} {
		if _, _, err := a.snapshot(t.Context(), topic); houzhen.CodeOf(err) != houzhen.CodeNotFound {
			t.Errorf("%q: %v, want %s", topic, err, houzhen.CodeNotFound)
		}
	}
}

func TestHandedMessagesAreLeftAloneForAWhile(t *testing.T) {
	a := &App{handed: handed{when: map[string]time.Time{}}}
	if got := a.fresh([]string{"a", "b"}); len(got) != 2 {
		t.Errorf("the first time gave %v, want both", got)
	}
	if got := a.fresh([]string{"b", "c"}); !slices.Equal(got, []string{"c"}) {
		t.Errorf("the second time gave %v, want the new one", got)
	}
	a.forgetHanded()
	if got := a.fresh([]string{"a"}); len(got) != 1 {
		t.Errorf("after forgetting %v, want it again", got)
	}
}

func TestFirstRunMakesOneManagerOnce(t *testing.T) {
	a := open(t)
	login, password, err := a.FirstRun(t.Context())
	if err != nil || login != firstManager || len(password) < 12 {
		t.Fatalf("got %q with %d signs, %v", login, len(password), err)
	}
	again, second, err := a.FirstRun(t.Context())
	if err != nil || again != "" || second != "" {
		t.Errorf("the second run gave %q, %q, %v, want nothing", again, second, err)
	}
	c, err := a.credential(t.Context(), firstManager)
	if err != nil || strings.Contains(c.PasswordHash, password) || !strings.HasPrefix(c.PasswordHash, "$argon2id$") {
		t.Errorf("stored as %q (%v), want an argon2id hash", c.PasswordHash, err)
	}
}

// TestNothingReadableIsLeftInTheDataFolder checks who may read what a server
// without settings writes.
func TestNothingReadableIsLeftInTheDataFolder(t *testing.T) {
	cfg := Defaults()
	cfg.Data = t.TempDir() + "/data"
	a, err := New(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	folder, err := os.Stat(cfg.Data)
	if err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("data folder %v (%v), want mode 0700", folder.Mode(), err)
	}
	keys, err := os.ReadDir(cfg.Data + "/keys")
	if err != nil || len(keys) == 0 {
		t.Fatalf("no keys: %v", err)
	}
	for _, k := range keys {
		if info, err := k.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v (%v), want it closed to others", k.Name(), info.Mode(), err)
		}
	}
}
