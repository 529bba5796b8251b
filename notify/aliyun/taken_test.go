package aliyun

import "testing"

func TestARecordOfCallsIsReadMessageByMessage(t *testing.T) {
	var x ByOutID[int]
	if _, known := x.Of("hz-1"); known {
		t.Error("an empty one knows a message")
	}
	if _, known := x.Of(batchID([]string{"hz-1"})); known {
		t.Error("an empty one knows a call")
	}
	ids := []string{"hz-1", "hz-2", "hz-3"}
	for i, id := range ids {
		x.Add(id, i+1)
	}
	x.Add("hz-2", 20) // the same message again
	call := batchID(ids)
	for i, want := range []int{1, 2, 3, 1, 20, 3} {
		if got, known := x.Of(call); got != want || !known {
			t.Errorf("number %d of the call: got %d, %v, want %d", i+1, got, known, want)
		}
	}
	if got, known := x.Of("hz-3"); got != 3 || !known {
		t.Errorf("a message alone: got %d, %v", got, known)
	}
	if _, known := x.Of(batchID([]string{"hz-9"})); known {
		t.Error("knows a message that was not added")
	}
}
