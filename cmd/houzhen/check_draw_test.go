package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/booking/draw"
)

func soundRecord() draw.Record {
	seed := strings.Repeat("0123456789abcdef", 4)
	r := draw.Record{
		Version: draw.Version, Session: "s1", Places: 1, Commitment: draw.Commit(seed), Seed: seed, Requests: []string{"a", "b", "c"},
	}
	r.Order = draw.Order(r.Seed, r.Requests)
	return r
}

func writeRecord(t *testing.T, r draw.Record) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "draw.json")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestADrawIsDrawnAgainFromItsRecord(t *testing.T) {
	r := soundRecord()
	got := call(t, "check", "draw", writeRecord(t, r))
	got.expect(t, 0, "sound: requests 3, places 1, session s1")
	for i, line := range []string{"     1  drawn  ", "     2  next   ", "     3  next   "} {
		if !strings.Contains(got.out, line+r.Order[i]+"\n") {
			t.Errorf("got %q, want a line %q for %s", got.out, line, r.Order[i])
		}
	}
}

func TestAnUnsoundDrawIsNotTaken(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*draw.Record)
		says  string
	}{
		{"a friend was put first", func(r *draw.Record) { r.Order[0], r.Order[2] = r.Order[2], r.Order[0] }, "unsound: order"},
		{"the seed was picked afterwards", func(r *draw.Record) { r.Seed = strings.Repeat("f", 64) }, "unsound: seed"},
		{"a request was left out", func(r *draw.Record) { r.Requests = r.Requests[:2] }, "unsound: order"},
		{"a request counts twice", func(r *draw.Record) { r.Requests[1] = r.Requests[0] }, "unsound: requests"},
		{"nothing is revealed yet", func(r *draw.Record) { r.Seed, r.Requests, r.Order = "", nil, nil }, "unsound: seed"},
		{"other steps", func(r *draw.Record) { r.Version = "houzhen-draw-2" }, "unsound: version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := soundRecord()
			tt.spoil(&r)
			got := call(t, "check", "draw", writeRecord(t, r))
			got.expect(t, 1, tt.says)
			if strings.Contains(got.out, "drawn") {
				t.Errorf("an unsound record has winners: %q", got.out)
			}
		})
	}
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("not a record"), 0o600); err != nil {
		t.Fatal(err)
	}
	call(t, "check", "draw", bad).expect(t, 1, "read record")
	call(t, "check", "draw", filepath.Join(t.TempDir(), "none.json")).expect(t, 1, "open record")
}
