package wechattest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the protocol signs with SHA-1
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Popup posts what a person tapped when he was asked about templates: accept
// or reject for each. The server counts the consents itself.
func (s *Server) Popup(ctx context.Context, to, openID string, at time.Time, taps map[string]string) error {
	var list strings.Builder
	for template, tap := range taps {
		if tap == "accept" {
			s.Allow(openID, template, false)
		}
		fmt.Fprintf(&list, "<List><TemplateId><![CDATA[%s]]></TemplateId><SubscribeStatusString><![CDATA[%s]]></SubscribeStatusString><PopupScene>0</PopupScene></List>", template, tap)
	}
	return s.Post(ctx, to, event(openID, at, "subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"+list.String()+"</SubscribeMsgPopupEvent>"))
}

// Change posts what a person changed in the settings of one template.
func (s *Server) Change(ctx context.Context, to, openID string, at time.Time, template, status string) error {
	if status == "reject" {
		s.mu.Lock()
		s.consents[[2]string{openID, template}] = 0
		s.mu.Unlock()
	}
	return s.Post(ctx, to, event(openID, at, "subscribe_msg_change_event",
		"<SubscribeMsgChangeEvent><List><TemplateId><![CDATA["+template+"]]></TemplateId><SubscribeStatusString><![CDATA["+status+
			"]]></SubscribeStatusString></List></SubscribeMsgChangeEvent>"))
}

// Report posts the fate of one message that was taken; status is success or
// the provider's words for what went wrong.
func (s *Server) Report(ctx context.Context, to string, t Taken, status string) error {
	if t.Service {
		return s.Post(ctx, to, event(t.OpenID, t.At, "TEMPLATESENDJOBFINISH", "<MsgID>"+t.MsgID+"</MsgID><Status><![CDATA["+status+"]]></Status>"))
	}
	code := "0"
	if status != "success" {
		code = "20001"
	}
	return s.Post(ctx, to, event(t.OpenID, t.At, "subscribe_msg_sent_event",
		"<SubscribeMsgSentEvent><List><TemplateId><![CDATA["+t.Template+"]]></TemplateId><MsgID>"+t.MsgID+"</MsgID><ErrorCode>"+code+
			"</ErrorCode><ErrorStatus><![CDATA["+status+"]]></ErrorStatus></List></SubscribeMsgSentEvent>"))
}

func event(openID string, at time.Time, name, inner string) string {
	return "<xml><ToUserName><![CDATA[gh_hospital]]></ToUserName><FromUserName><![CDATA[" + openID + "]]></FromUserName><CreateTime>" +
		strconv.FormatInt(at.Unix(), 10) + "</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[" + name + "]]></Event>" + inner + "</xml>"
}

// Sign gives the query of a genuine post or question.
func (s *Server) Sign(extra ...string) url.Values {
	stamp, nonce := strconv.FormatInt(s.opt.Now().Unix(), 10), "nonce"
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {s.sign(stamp, nonce)}}
	if len(extra) > 0 {
		q.Set("msg_signature", s.sign(append(extra, stamp, nonce)...))
		q.Set("encrypt_type", "aes")
	}
	return q
}

func (s *Server) sign(parts ...string) string {
	parts = append(parts, s.opt.Token)
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// Envelope gives the query and the body that a text is posted with.
func (s *Server) Envelope(text string) (url.Values, string, error) {
	if s.opt.Key == "" {
		return s.Sign(), text, nil
	}
	sealed, err := s.encrypt(text)
	if err != nil {
		return nil, "", err
	}
	return s.Sign(sealed), "<xml><ToUserName><![CDATA[gh_hospital]]></ToUserName><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>", nil
}

// Post posts a text to an address and demands the acknowledgement.
func (s *Server) Post(ctx context.Context, to, text string) error {
	q, body, err := s.Envelope(text)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to+"?"+q.Encode(), bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "text/xml")
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		return fmt.Errorf("post event: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil || resp.StatusCode != http.StatusOK || string(answer) != "success" {
		return errors.New("not acknowledged: " + resp.Status)
	}
	return nil
}

func (s *Server) encrypt(text string) (string, error) {
	key, err := base64.StdEncoding.DecodeString(s.opt.Key + "=")
	if err != nil {
		return "", fmt.Errorf("read key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("read key: %w", err)
	}
	plain := append([]byte("0123456789abcdef"), binary.BigEndian.AppendUint32(nil, uint32(len(text)))...)
	plain = append(append(plain, text...), s.opt.AppID...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	sealed := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(sealed, plain)
	return base64.StdEncoding.EncodeToString(sealed), nil
}
