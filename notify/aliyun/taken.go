package aliyun

// ByOutID finds what belongs to the messages of a provider's own record, where
// those of one call share its out-id. The zero value is empty.
type ByOutID[T any] struct {
	alone  map[string]T
	tagged map[string][]T // by the tag that stands for a message in a call
	asked  map[string]int // how many of a call were asked for
}

// Add keeps what belongs to the message of an out-id.
func (x *ByOutID[T]) Add(outID string, v T) {
	if x.alone == nil {
		x.alone, x.tagged, x.asked = map[string]T{}, map[string][]T{}, map[string]int{}
	}
	x.alone[outID] = v
	x.tagged[Tag(outID)] = append(x.tagged[Tag(outID)], v)
}

// Of gives what belongs to an out-id of the record. Asked again for that of a
// call it gives the next one of its messages, in the order of the call, which
// is the record's. Of messages with the same tag each is given once, and the
// last one again to whoever asks for more.
func (x *ByOutID[T]) Of(outID string) (v T, known bool) {
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
	if len(rows) > 1 {
		x.tagged[tag] = rows[1:]
	}
	return rows[0], true
}
