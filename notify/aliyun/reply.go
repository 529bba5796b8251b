package aliyun

import (
	"encoding/json"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// uplink is one SMS from a person (SmsUp) as posted. It carries no id of a
// message of ours; its sequence id is a number in some documents and text in
// others.
type uplink struct {
	PhoneNumber loose `json:"phone_number"`
	Content     loose `json:"content"`
	SendTime    loose `json:"send_time"`
	SequenceID  loose `json:"sequence_id"`
}

// maxReply is the longest reply that is kept, in bytes.
const maxReply = 2000

// ParseReplies reads a posted batch of replies. Those without a phone are left
// out. Nothing proves who posted them: the caller acts on what it asked alone.
func ParseReplies(body []byte) ([]notify.Reply, error) {
	var list []uplink
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		return nil, houzhen.E(houzhen.CodeMalformed, "not an array of replies")
	}
	replies := make([]notify.Reply, 0, len(list))
	for _, u := range list {
		phone := digits(string(u.PhoneNumber))
		text := string(u.Content)
		if phone == "" || len(text) > maxReply {
			continue
		}
		replies = append(replies, notify.Reply{
			Sequence: cleanOutID(string(u.SequenceID)), Phone: houzhen.NewPhone(phone), Text: text, SentAt: civil(string(u.SendTime)),
		})
	}
	return replies, nil
}
