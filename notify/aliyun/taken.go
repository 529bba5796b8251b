package aliyun

import "slices"

// ByOutID finds what belongs to the messages of a provider's own record, where
// those of one call share its out-id. The zero value is empty.
type ByOutID[T any] struct {
	alone  map[string]T
	tagged map[string][]tagged[T] // by the tag that stands for a message in a call
	asked  map[string]int         // how many of a call were asked for
}

type tagged[T any] struct {
	bizID string // "" where the provider's answer was lost
	v     T
}

// Add keeps what belongs to the message of an out-id, which the provider knows
// as bizID, "" if it never said so.
func (x *ByOutID[T]) Add(outID, bizID string, v T) {
	if x.alone == nil {
		x.alone, x.tagged, x.asked = map[string]T{}, map[string][]tagged[T]{}, map[string]int{}
	}
	x.alone[outID] = v
	x.tagged[Tag(outID)] = append(x.tagged[Tag(outID)], tagged[T]{bizID, v})
}

// Of gives what belongs to an out-id of the record. Asked again for that of a
// call it gives the next one of its messages, in the order of the call, which
// is the record's. Two of many thousand messages have the same tag: the one
// whose bizID is the record's goes first, then one without, then any other.
// Each is given once, and the last one again to whoever asks for more.
func (x *ByOutID[T]) Of(outID, bizID string) (v T, known bool) {
	tags := Tags(outID)
	if len(tags) == 0 {
		v, known = x.alone[outID]
		return v, known
	}
	if x.asked == nil {
		return v, false
	}
	tag := tags[x.asked[outID]%len(tags)]
	x.asked[outID]++
	rows := x.tagged[tag]
	if len(rows) == 0 {
		return v, false
	}
	at := 0
	for _, its := range []string{bizID, ""} {
		if i := slices.IndexFunc(rows, func(r tagged[T]) bool { return r.bizID == its }); i >= 0 {
			at = i
			break
		}
	}
	v = rows[at].v
	if len(rows) > 1 {
		x.tagged[tag] = slices.Delete(rows, at, at+1)
	}
	return v, true
}
