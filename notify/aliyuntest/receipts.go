package aliyuntest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// delivered is the err_code of a message that reached its phone.
const delivered = "DELIVERED"

// Report is one receipt as the provider posts it (SmsReport). Its times are
// civil times of UTC+8.
type Report struct {
	PhoneNumber string `json:"phone_number"`
	SendTime    string `json:"send_time"`
	ReportTime  string `json:"report_time"`
	Success     bool   `json:"success"`
	ErrCode     string `json:"err_code"`
	ErrMsg      string `json:"err_msg"`
	SmsSize     string `json:"sms_size"`
	BizID       string `json:"biz_id"`
	OutID       string `json:"out_id"`
}

// Posting says how receipts are posted. The zero Posting posts 100 at a time,
// in order, once each.
type Posting struct {
	Batch   int    // receipts in one request
	Repeat  int    // how many times more each request is posted
	Shuffle uint64 // not 0: the seed of the disorder in which they are posted
}

// PendingReceipts gives up to limit receipts that were not given before, for
// those who would rather pull; limit 0 means all. A push has no receipt.
func (s *Server) PendingReceipts(limit int) []Report {
	list, next := s.reports(limit)
	s.reported(next)
	return list
}

// Receipts posts every receipt that was not given before to url, and gives
// how many were acknowledged. It ends at the first request that is not, and all
// of them stay pending, as the real provider tries again too.
func (s *Server) Receipts(ctx context.Context, url string, how Posting) (int, error) {
	list, next := s.reports(0)
	if how.Shuffle != 0 {
		r := rand.New(rand.NewPCG(how.Shuffle, 0))
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	if done, err := postAll(ctx, url, list, how); err != nil {
		return done, err
	}
	s.reported(next)
	return len(list), nil
}

// postAll posts a list in parts and gives how many were acknowledged.
func postAll[T any](ctx context.Context, url string, list []T, how Posting) (int, error) {
	size := how.Batch
	if size <= 0 {
		size = 100
	}
	for done := 0; done < len(list); done += size {
		part := list[done:min(done+size, len(list))]
		for range how.Repeat + 1 {
			if err := post(ctx, url, part); err != nil {
				return done, fmt.Errorf("post receipts: %w", err)
			}
		}
	}
	return len(list), nil
}

// reports gives the pending receipts and the row after the last of them.
func (s *Server) reports(limit int) (list []Report, next int) {
	now := s.opt.Stamp().In(provider).Format(time.DateTime)
	rows, next := s.ledger.pending(limit)
	for _, t := range rows {
		code := s.deliver(t)
		list = append(list, Report{
			PhoneNumber: t.Phone, SendTime: t.At.In(provider).Format(time.DateTime), ReportTime: now, Success: code == delivered,
			ErrCode: code, ErrMsg: code, SmsSize: "1", BizID: t.BizID, OutID: t.OutID,
		})
	}
	return list, next
}

func (s *Server) deliver(t Taken) string {
	if s.opt.Delivery == nil {
		return delivered
	}
	return s.opt.Delivery(t)
}

// pending gives SMS without a receipt.
func (l *ledger) pending(limit int) (list []Taken, next int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for next = l.next; next < len(l.rows) && (limit <= 0 || len(list) < limit); next++ {
		if l.rows[next].phone != 0 && !l.rows[next].call {
			list = append(list, l.at(next))
		}
	}
	return list, next
}

// reported remembers that receipts were given.
func (s *Server) reported(next int) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	s.ledger.next = max(s.ledger.next, next)
}

// post sends one request and demands the acknowledgement {"code": 0}.
func post(ctx context.Context, url string, list any) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json;charset=utf-8")
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return err
	}
	var ack struct {
		Code *float64 `json:"code"`
	}
	if resp.StatusCode != http.StatusOK || json.Unmarshal(answer, &ack) != nil || ack.Code == nil {
		return errors.New("not acknowledged: " + resp.Status)
	}
	return nil
}
