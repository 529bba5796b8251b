// Package email sends messages by SMTP, for integrators and for people who
// want them so. It decides which Outcome a server's reply, or its absence,
// stands for.
//
// A password is only sent over TLS, and a message only to a server whose
// certificate is trusted, save on this machine. Replies of the server are read
// for their code and dropped: they quote addresses.
package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Config says by which server mail leaves. Addr and From are needed.
type Config struct {
	Addr     string // host:port; 465 begins with TLS, others turn to it
	From     string // mailbox that sends, such as "Hospital <no-reply@h.example>"
	User     string // "" means that the server asks for none
	Password notify.Secret
	Plain    bool           // without TLS; for a server on this machine only
	RootCAs  *x509.CertPool // nil means the system's
	Timeout  time.Duration  // of a whole message; 0 means 10 s
	Link     string         // address of the house, put before links
}

// Sender is the sender of the channel; it is safe for any number of goroutines.
type Sender struct {
	conf   Config
	host   string
	from   *mail.Address
	domain string
	now    func() time.Time
}

// Codes of our own, for what happens without a reply of the server.
const (
	codeNoAddress   = "local.no_address"
	codeUnreachable = "local.unreachable"
	codeTLS         = "local.tls"
	codeBroken      = "local.broken"
	codeTimeout     = "local.timeout"
	codeCancelled   = "local.cancelled"
)

// New checks the configuration; it calls nobody.
func New(conf Config, now func() time.Time) (*Sender, error) {
	host, _, err := net.SplitHostPort(conf.Addr)
	if err != nil || host == "" {
		return nil, houzhen.E(houzhen.CodeInvalid, "give host:port").On("addr")
	}
	from, err := mail.ParseAddress(conf.From)
	if err != nil {
		return nil, houzhen.E(houzhen.CodeInvalid, "give a mailbox, such as Hospital <no-reply@h.example>").On("from")
	}
	if conf.Plain && !loopback(host) {
		return nil, houzhen.E(houzhen.CodeInvalid, "without TLS only to a server on this machine").On("plain")
	}
	if conf.Timeout <= 0 {
		conf.Timeout = 10 * time.Second
	}
	return &Sender{conf: conf, host: host, from: from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:], now: now}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Channel is notify.Email.
func (s *Sender) Channel() notify.Channel { return notify.Email }

// Abilities declares that nobody says whether a mail arrived.
func (s *Sender) Abilities() notify.Abilities { return notify.Abilities{Cost: 1} }

// Send hands one mail to the server. Its message id is made of the out-id, so
// that mailboxes that see it twice can tell.
func (s *Sender) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	to, err := mail.ParseAddress(p.Email)
	if err != nil || strings.ContainsAny(p.Email, "\r\n") {
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoAddress}
	}
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	c, stage, err := s.open(ctx)
	if err != nil {
		return judge(ctx, stage, err)
	}
	defer func() { _ = c.Close() }()
	if stage, err := s.hand(c, to.Address, s.compose(to, p)); err != nil {
		return judge(ctx, stage, err)
	}
	_ = c.Quit() // the mail is taken whatever the server says to this
	return notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK", ProviderID: "mail:" + p.OutID}
}

// stage is how far a conversation came, which says whose fault a no is.
type stage int

const (
	reaching stage = iota
	greeting
	securing
	entering
	naming // of the recipient
	handing
	ending // the whole mail is there; the server has the last word
)

// open connects, turns to TLS and signs in. ctx's end breaks the connection.
func (s *Sender) open(ctx context.Context) (*smtp.Client, stage, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.conf.Addr)
	if err != nil {
		return nil, reaching, err
	}
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	secure := &tls.Config{ServerName: s.host, RootCAs: s.conf.RootCAs, MinVersion: tls.VersionTLS12}
	implicit := strings.HasSuffix(s.conf.Addr, ":465") && !s.conf.Plain
	if implicit {
		t := tls.Client(conn, secure)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, securing, err
		}
		conn = t
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, greeting, err
	}
	if err := c.Hello("localhost"); err != nil {
		return nil, greeting, err
	}
	if !implicit && !s.conf.Plain {
		if err := c.StartTLS(secure); err != nil {
			return nil, securing, err
		}
	}
	if s.conf.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.conf.User, s.conf.Password.Reveal(), s.host)); err != nil {
			return nil, entering, err
		}
	}
	return c, handing, nil
}

// hand goes through one mail.
func (s *Sender) hand(c *smtp.Client, to string, text []byte) (stage, error) {
	if err := c.Mail(s.from.Address); err != nil {
		return entering, err
	}
	if err := c.Rcpt(to); err != nil {
		return naming, err
	}
	w, err := c.Data()
	if err != nil {
		return handing, err
	}
	if _, err := w.Write(text); err != nil {
		return handing, err
	}
	return ending, w.Close()
}

// judge says what a no, or no word, means at a stage. Only after the whole mail
// was handed over can it have been taken.
func judge(ctx context.Context, at stage, err error) notify.Sent {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		sent := notify.Sent{Code: "smtp." + strconv.Itoa(reply.Code), Outcome: notify.OutcomeRetry}
		switch {
		case reply.Code < 500:
		case at == naming:
			sent.Outcome = notify.OutcomeRecipient
		case at == handing, at == ending:
			sent.Outcome = notify.OutcomeMessage
		default:
			sent.Outcome = notify.OutcomeConfig
		}
		return sent
	}
	var t interface{ Timeout() bool }
	code := codeBroken
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		code = codeCancelled
	case ctx.Err() != nil, errors.As(err, &t) && t.Timeout():
		code = codeTimeout
	case at == reaching:
		code = codeUnreachable
	case at == securing:
		return notify.Sent{Outcome: notify.OutcomeConfig, Code: codeTLS}
	case at == entering: // net/smtp itself refuses to send a password in the open
		return notify.Sent{Outcome: notify.OutcomeConfig, Code: codeBroken}
	}
	if at == ending {
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: code}
	}
	return notify.Sent{Outcome: notify.OutcomeRetry, Code: code}
}

// compose writes the mail. Every header is encoded, so that no value of ours
// can begin another.
func (s *Sender) compose(to *mail.Address, p notify.Parcel) []byte {
	var b bytes.Buffer
	header := func(name, value string) {
		b.WriteString(name + ": " + strings.NewReplacer("\r", " ", "\n", " ").Replace(value) + "\r\n")
	}
	header("From", s.from.String())
	header("To", (&mail.Address{Address: to.Address}).String())
	header("Subject", mime.BEncoding.Encode("utf-8", p.Title))
	header("Date", s.now().Format(time.RFC1123Z))
	header("Message-ID", "<"+base64.RawURLEncoding.EncodeToString([]byte(p.OutID))+"@"+s.domain+">")
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	text := p.Text
	if p.Link != "" && s.conf.Link != "" {
		text += "\r\n\r\n" + strings.TrimSuffix(s.conf.Link, "/") + p.Link
	}
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	b.WriteString("\r\n")
	return b.Bytes()
}

// Check connects, turns to TLS and signs in, and sends nothing.
func (s *Sender) Check(ctx context.Context) (code string) {
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	c, at, err := s.open(ctx)
	if err != nil {
		return judge(ctx, at, err).Code
	}
	_ = c.Quit() // it said yes to all that matters
	_ = c.Close()
	return ""
}

var (
	_ notify.Sender = (*Sender)(nil)
	_ notify.Able   = (*Sender)(nil)
)
