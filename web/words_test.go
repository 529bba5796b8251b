package web_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// Every key that a page or script asks for has words.
func TestEveryKeyHasWords(t *testing.T) {
	t.Parallel()
	asked := regexp.MustCompile(`\bt(?: |\()"([a-z0-9_.]+[a-z0-9_])"`)
	seen := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".js") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range asked.FindAllStringSubmatch(string(b), -1) {
			seen++
			if !slices.Contains(templates.PageKeys(), m[1]) {
				t.Errorf("%s asks for %q, which has no words", path, m[1])
			}
		}
		return err
	})
	if err != nil || seen < 100 {
		t.Fatalf("read %d keys: %v", seen, err)
	}
}

// Keys that are put together from a code have words for every code.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, s := range []queue.State{queue.NotCheckedIn, queue.Waiting, queue.Ready, queue.Called, queue.InConsult, queue.Missed, queue.OutForTests, queue.Deferred, queue.Suspended, queue.Done, queue.Dropped} {
		keys = append(keys, "ticket."+string(s))
	}
	for _, l := range queue.Lanes() {
		keys = append(keys, "lane."+string(l))
	}
	for _, s := range []notify.State{
		notify.Planned, notify.Claimed, notify.Accepted, notify.Delivered, notify.Undelivered, notify.Suppressed, notify.Expired, notify.Failed, notify.Unknown,
	} {
		keys = append(keys, "message."+string(s))
	}
	for state := range 6 {
		keys = append(keys, "appt."+api.StateName(bookingState(state)))
	}
	for _, key := range keys {
		if !slices.Contains(templates.PageKeys(), key) {
			t.Errorf("no words for %q", key)
		}
	}
}

func bookingState(n int) booking.State { return booking.State(n) }
