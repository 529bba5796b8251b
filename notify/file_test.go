package notify_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

func lines(t *testing.T, path string) []map[string]any {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	scanner := bufio.NewScanner(strings.NewReader(string(b)))
	for scanner.Scan() {
		var one map[string]any
		if err := json.Unmarshal(scanner.Bytes(), &one); err != nil {
			t.Fatalf("line %q: %v", scanner.Text(), err)
		}
		out = append(out, one)
	}
	return out
}

func TestFileShowsWhatWouldHaveBeenSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages", "sms.jsonl")
	f, err := notify.OpenFile(path, notify.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	sent := f.Send(t.Context(), notify.Parcel{
		OutID: "hz-1", Kind: notify.KindCalled, Title: "unused", Text: "No. A032", Lang: houzhen.English, Phone: houzhen.NewPhone("13800138000"), Push: "acc", Link: "/my",
	})
	if sent.Outcome != notify.OutcomeAccepted || sent.ProviderID != "file:hz-1" {
		t.Errorf("got %+v, want it accepted", sent)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"at": "2026-11-22T12:00:00+08:00", "channel": "sms", "out_id": "hz-1", "kind": "queue.called", "lang": "en",
		"phone": "138****8000", "text": "No. A032", "link": "/my",
	}}
	if diff := cmp.Diff(want, lines(t, path)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info.Mode(), err)
	}
	if got := f.Send(t.Context(), notify.Parcel{OutID: "hz-2"}); got.Outcome != notify.OutcomeRetry {
		t.Errorf("got %+v of a closed file, want to be tried again", got)
	}
}

func TestFileTakesManyAtOnceAndKeepsWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "push.jsonl")
	for range 2 {
		f, err := notify.OpenFile(path, notify.Push, noon)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				f.Send(t.Context(), notify.Parcel{OutID: fmt.Sprint("hz-", i), Title: "T", Text: strings.Repeat("x", 5000), Push: "acc"})
			})
		}
		wg.Wait()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got := lines(t, path)
	if len(got) != 100 {
		t.Fatalf("got %d lines, want 100", len(got))
	}
	if got[0]["push"] != "acc" || got[0]["title"] != "T" || got[0]["phone"] != nil {
		t.Errorf("got %v, want a push without phone", got[0])
	}
}

func TestFileThatCannotBeOpened(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := notify.OpenFile(filepath.Join(blocked, "sms.jsonl"), notify.SMS, noon); err == nil {
		t.Error("got no error for a folder that is a file, want one")
	}
	if _, err := notify.OpenFile(t.TempDir(), notify.SMS, noon); err == nil {
		t.Error("got no error for a file that is a folder, want one")
	}
}
