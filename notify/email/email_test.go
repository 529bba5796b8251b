package email_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/email"
)

var start = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

// server is an SMTP server that answers by its script: a reply for a verb in
// place of yes, "-" to break the connection.
type server struct {
	script map[string]string

	mu    sync.Mutex
	mails []string
	verbs []string
}

func (s *server) serve(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return l.Addr().String()
}

func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(verb, usual string) bool {
		reply, ok := s.script[verb]
		if !ok {
			reply = usual
		}
		if reply == "-" {
			return false
		}
		fmt.Fprintf(conn, "%s\r\n", reply)
		return true
	}
	if !say("CONNECT", "220 here") {
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.TrimSpace(strings.ToUpper(line)), " ")
		s.mu.Lock()
		s.verbs = append(s.verbs, verb)
		s.mu.Unlock()
		switch verb {
		case "AUTH":
			say(verb, "235 welcome")
		case "EHLO":
			if !say(verb, "250-here\r\n250 AUTH PLAIN") {
				return
			}
		case "DATA":
			if !say(verb, "354 go on") || strings.HasPrefix(s.script[verb], "5") {
				continue
			}
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			s.mu.Lock()
			s.mails = append(s.mails, text.String())
			s.mu.Unlock()
			if !say("END", "250 taken") {
				return
			}
		case "QUIT":
			say(verb, "221 bye")
			return
		default:
			if !say(verb, "250 yes") {
				return
			}
		}
	}
}

func parcel() notify.Parcel {
	return notify.Parcel{
		OutID: "hz-1", Kind: notify.KindBooked, Lang: houzhen.Chinese, Email: "someone@h.example", Title: "挂号成功\r\nBcc: x@y.z",
		Text: "欧*修，挂号成功。\n.\n第二行", Link: "/a/1",
	}
}

func open(t *testing.T, script map[string]string, change func(*email.Config)) (*server, *email.Sender) {
	t.Helper()
	v := &server{script: script}
	conf := email.Config{Addr: v.serve(t), From: "候诊医院 <no-reply@h.example>", Plain: true, Link: "https://h.example/"}
	if change != nil {
		change(&conf)
	}
	s, err := email.New(conf, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	return v, s
}

func TestAMailIsHandedOver(t *testing.T) {
	v, s := open(t, nil, nil)
	if sent := s.Send(t.Context(), parcel()); sent.Outcome != notify.OutcomeAccepted {
		t.Fatalf("%+v", sent)
	}
	m, err := mail.ReadMessage(strings.NewReader(v.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(strings.TrimSpace(string(body)), "\r\n", "\n")
	if want := "欧*修，挂号成功。\n..\n第二行\n\nhttps://h.example/a/1"; got != want { // the dot is doubled on its way, as SMTP has it
		t.Errorf("body %q, want %q", got, want)
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.HasPrefix(subject, "挂号成功") || m.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, %v; Bcc %q", subject, err, m.Header.Get("Bcc"))
	}
	if m.Header.Get("To") != "<someone@h.example>" || !strings.Contains(m.Header.Get("Message-ID"), "@h.example>") || m.Header.Get("Date") == "" {
		t.Errorf("headers %v", m.Header)
	}
}

func TestOutcomesOfReplies(t *testing.T) {
	for name, tt := range map[string]struct {
		script map[string]string
		want   notify.Sent
		taken  int
	}{
		"busy":                {map[string]string{"CONNECT": "421 later"}, notify.Sent{Outcome: notify.OutcomeRetry, Code: "smtp.421"}, 0},
		"unwelcome":           {map[string]string{"CONNECT": "554 no"}, notify.Sent{Outcome: notify.OutcomeConfig, Code: "smtp.554"}, 0},
		"sender refused":      {map[string]string{"MAIL": "550 no"}, notify.Sent{Outcome: notify.OutcomeConfig, Code: "smtp.550"}, 0},
		"nobody there":        {map[string]string{"RCPT": "550 someone@h.example unknown"}, notify.Sent{Outcome: notify.OutcomeRecipient, Code: "smtp.550"}, 0},
		"box full":            {map[string]string{"RCPT": "452 full"}, notify.Sent{Outcome: notify.OutcomeRetry, Code: "smtp.452"}, 0},
		"content refused":     {map[string]string{"END": "554 spam"}, notify.Sent{Outcome: notify.OutcomeMessage, Code: "smtp.554"}, 1},
		"broken before":       {map[string]string{"RCPT": "-"}, notify.Sent{Outcome: notify.OutcomeRetry, Code: "local.broken"}, 0},
		"last word lost":      {map[string]string{"END": "-"}, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}, 1},
		"goodbye lost":        {map[string]string{"QUIT": "-"}, notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK", ProviderID: "mail:hz-1"}, 1},
		"no, after the whole": {map[string]string{"END": "451 later"}, notify.Sent{Outcome: notify.OutcomeRetry, Code: "smtp.451"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			v, s := open(t, tt.script, nil)
			got := s.Send(t.Context(), parcel())
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if len(v.mails) != tt.taken {
				t.Errorf("%d mails, want %d", len(v.mails), tt.taken)
			}
		})
	}
}

func TestNoPasswordAndNoMailInTheOpen(t *testing.T) {
	for name, change := range map[string]func(*email.Config){
		"mail":     func(c *email.Config) { c.Plain = false },
		"password": func(c *email.Config) { c.Plain, c.User, c.Password = false, "u", notify.NewSecret("geheim") },
	} {
		t.Run(name, func(t *testing.T) {
			v, s := open(t, map[string]string{"STARTTLS": "454 not here"}, change)
			if sent := s.Send(t.Context(), parcel()); sent.Outcome == notify.OutcomeAccepted {
				t.Errorf("%+v without TLS", sent)
			}
			if s.Check(t.Context()) == "" {
				t.Error("a server without TLS passes the check")
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if len(v.mails) != 0 || slices.Contains(v.verbs, "AUTH") || slices.Contains(v.verbs, "MAIL") {
				t.Errorf("said in the open: %v", v.verbs)
			}
		})
	}
}

func TestWithoutWhatIsNeeded(t *testing.T) {
	_, s := open(t, nil, nil)
	for _, address := range []string{"", "nobody", "a@b.c\r\nRCPT TO:<d@e.f>"} {
		p := parcel()
		p.Email = address
		if sent := s.Send(t.Context(), p); sent.Outcome != notify.OutcomeRecipient || sent.Code != "local.no_address" {
			t.Errorf("%q: %+v", address, sent)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sent := s.Send(ctx, parcel()); sent.Outcome != notify.OutcomeRetry {
		t.Errorf("after the end: %+v", sent)
	}
	away, err := email.New(email.Config{Addr: "127.0.0.1:1", From: "a@b.c", Plain: true}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if sent := away.Send(t.Context(), parcel()); sent.Outcome != notify.OutcomeRetry || sent.Code != "local.unreachable" {
		t.Errorf("nobody there: %+v", sent)
	}
	for field, conf := range map[string]email.Config{
		"addr": {Addr: "h.example", From: "a@b.c"}, "from": {Addr: "h.example:25", From: "nobody"}, "plain": {Addr: "h.example:25", From: "a@b.c", Plain: true},
	} {
		if _, err := email.New(conf, time.Now); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestCheckSaysWhatTheServerSays(t *testing.T) {
	_, good := open(t, nil, nil)
	if code := good.Check(t.Context()); code != "" {
		t.Errorf("code %q of a good server", code)
	}
	_, busy := open(t, map[string]string{"CONNECT": "421 later"}, nil)
	if code := busy.Check(t.Context()); code != "smtp.421" {
		t.Errorf("code %q, want smtp.421", code)
	}
}
