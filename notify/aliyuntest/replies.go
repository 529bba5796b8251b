package aliyuntest

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Uplink is one SMS from a person as the provider posts it (SmsUp).
type Uplink struct {
	PhoneNumber string `json:"phone_number"`
	Content     string `json:"content"`
	SendTime    string `json:"send_time"`
	SignName    string `json:"sign_name,omitempty"`
	DestCode    string `json:"dest_code"`
	SequenceID  any    `json:"sequence_id"` // a number in old documents, text in new ones
}

// Reply lets a phone send an SMS and posts it to url as the provider does; with
// repeat it is posted so many times more. The sequence ids alternate between
// number and text, as the provider's documents do.
func (s *Server) Reply(ctx context.Context, url, phone, content string, repeat int) error {
	s.ledger.mu.Lock()
	s.replies++
	n := s.replies
	s.ledger.mu.Unlock()
	up := Uplink{
		PhoneNumber: phone, Content: content, SendTime: s.opt.Stamp().In(provider).Format(time.DateTime), DestCode: "8590", SequenceID: n,
	}
	if n%2 == 0 {
		up.SequenceID, up.SignName = strconv.Itoa(n), "sign"
	}
	for range repeat + 1 {
		if err := post(ctx, url, []Uplink{up}); err != nil {
			return fmt.Errorf("post reply: %w", err)
		}
	}
	return nil
}
