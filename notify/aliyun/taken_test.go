package aliyun

import (
	"fmt"
	"testing"
)

func TestARecordOfCallsIsReadMessageByMessage(t *testing.T) {
	var x ByOutID[int]
	if _, known := x.Of("hz-1", "b"); known {
		t.Error("an empty one knows a message")
	}
	if _, known := x.Of(batchID([]string{"hz-1"}), "b"); known {
		t.Error("an empty one knows a call")
	}
	ids := []string{"hz-1", "hz-2", "hz-3"}
	for i, id := range ids {
		x.Add(id, "b", i+1)
	}
	x.Add("hz-2", "b", 20) // the same message again
	call := batchID(ids)
	for i, want := range []int{1, 2, 3, 1, 20, 3} {
		if got, known := x.Of(call, "b"); got != want || !known {
			t.Errorf("number %d of the call: got %d, %v, want %d", i+1, got, known, want)
		}
	}
	if got, known := x.Of("hz-3", "b"); got != 3 || !known {
		t.Errorf("a message alone: got %d, %v", got, known)
	}
	if _, known := x.Of(batchID([]string{"hz-9"}), "b"); known {
		t.Error("knows a message that was not added")
	}
}

// Of ten thousands of messages two have the same tag: each is found by its own
// call, in whatever order they were added.
func TestTwoMessagesOfOneTagAreToldApart(t *testing.T) {
	one, two := sameTag(t)
	for name, test := range map[string]struct {
		bizOfOne, bizOfTwo string // what the ledger knows
		added              []string
	}{
		"both known":      {"biz-1", "biz-2", []string{one, two}},
		"other order":     {"biz-1", "biz-2", []string{two, one}},
		"an answer lost":  {"", "biz-2", []string{two, one}},
		"the other lost":  {"biz-1", "", []string{one, two}},
		"asked the other": {"biz-1", "", []string{two, one}},
	} {
		t.Run(name, func(t *testing.T) {
			var x ByOutID[string]
			biz := map[string]string{one: test.bizOfOne, two: test.bizOfTwo}
			for _, id := range test.added {
				x.Add(id, biz[id], id)
			}
			for _, want := range []struct{ id, biz string }{{two, "biz-2"}, {one, "biz-1"}} {
				if got, known := x.Of(batchID([]string{want.id}), want.biz); got != want.id || !known {
					t.Errorf("the call of %s: got %q, %v", want.id, got, known)
				}
			}
		})
	}
}

// sameTag finds two out-ids that one tag stands for: some ten thousands suffice.
func sameTag(t *testing.T) (one, two string) {
	t.Helper()
	seen := map[string]string{}
	for i := range 1_000_000 {
		id := fmt.Sprint("hz-", i)
		if was, ok := seen[Tag(id)]; ok {
			return was, id
		}
		seen[Tag(id)] = id
	}
	t.Fatal("a million messages have tags of their own")
	return "", ""
}
