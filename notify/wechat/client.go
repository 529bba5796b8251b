// Package wechat sends messages through the hospital's WeChat account: those
// that a person subscribed to, and templates of a service account. It speaks
// three endpoints by itself, without a library (ADR 0028), and decides which
// Outcome an answer, or its absence, stands for.
//
// A subscription is a consent for one message, or for one template for good.
// Nobody can ask the provider how many are left, so that a ledger is kept;
// Consents is its seam. The package never logs, and lets nothing of the
// provider's answers out but a code.
package wechat

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Way is by which right a template is sent.
type Way string

// Ways.
const (
	Once    Way = "once"    // one message for each consent
	Lasting Way = "lasting" // consented once, until it is taken back; for hospitals among others
	Service Way = "service" // a template of a service account, to whoever follows it
)

// Template is an approved template for one wording in one language.
type Template struct {
	ID     string
	Way    Way
	Page   string            // of the mini program, or the address, that it opens; "" means none
	Fields map[string]string // field of the template, such as thing2, to our variable or to words with ${variable}
}

// Config says which account sends. AppID and Secret are needed.
type Config struct {
	AppID     string
	Secret    notify.Secret
	BaseURL   string              // "" means the provider's; plain HTTP is for loopback only
	Templates map[string]Template // "wording/language", as aliyun.TemplateKey has it, to the approved one
	Link      string              // address of the house, put before links; "" leaves the templates' own
	State     string              // of the mini program: formal, trial or developer; "" means formal
	Timeout   time.Duration       // of one request; 0 means 5 s
	Transport http.RoundTripper   // nil means one of its own
}

const defaultBase = "https://api.weixin.qq.com"

// Client is the sender of the channel. It is safe for any number of
// goroutines; each node has its own token, which the provider allows.
type Client struct {
	conf     Config
	http     *http.Client
	consents Consents
	now      func() time.Time

	mu     sync.Mutex
	token  string
	until  time.Time
	forced []time.Time // when the provider was made to give a new one
}

// New checks the configuration; it calls nobody.
func New(conf Config, consents Consents, now func() time.Time) (*Client, error) {
	if conf.BaseURL == "" {
		conf.BaseURL = defaultBase
	}
	if conf.State == "" {
		conf.State = "formal"
	}
	if conf.Timeout <= 0 {
		conf.Timeout = 5 * time.Second
	}
	if err := conf.validate(); err != nil {
		return nil, err
	}
	if conf.Transport == nil {
		conf.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, MaxConnsPerHost: 32, IdleConnTimeout: 20 * time.Second,
			DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext, TLSHandshakeTimeout: 2 * time.Second,
		}
	}
	return &Client{
		conf: conf, consents: consents, now: now,
		http: &http.Client{
			Transport: conf.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { // the address holds the token
				return http.ErrUseLastResponse
			},
		},
	}, nil
}

func (conf Config) validate() error {
	for _, f := range []struct{ name, value string }{{"app_id", conf.AppID}, {"secret", conf.Secret.Reveal()}} {
		if f.value == "" {
			return houzhen.E(houzhen.CodeMissing, "wechat needs it").On(f.name)
		}
	}
	u, err := url.Parse(conf.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) {
		return houzhen.E(houzhen.CodeInvalid, "give https://host; plain http is for loopback only").On("base_url")
	}
	for key, t := range conf.Templates {
		known := t.Way == Once || t.Way == Lasting || t.Way == Service
		if !strings.Contains(key, "/") || t.ID == "" || !known || len(t.Fields) == 0 {
			return houzhen.E(houzhen.CodeInvalid, "a template needs wording/language, an id, a way and fields: "+key).On("templates")
		}
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Channel is notify.WeChat.
func (c *Client) Channel() notify.Channel { return notify.WeChat }

// Abilities declares that the provider renders and reports, that it costs
// nothing, and that a lost answer cannot be asked about.
func (c *Client) Abilities() notify.Abilities {
	return notify.Abilities{Receipts: true, Renders: true, PerSecond: 100}
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// String says nothing of the account.
func (c *Client) String() string { return "wechat.Client" }

// GoString says nothing of the account.
func (c *Client) GoString() string { return "wechat.Client" }

// template finds the approved template of a parcel's wording. One that comes
// with the parcel has its fields rendered; by which right it is sent, and what
// it opens, are the settings'.
func (c *Client) template(p notify.Parcel) (Template, bool) {
	if p.Code != "" {
		for _, t := range c.conf.Templates {
			if t.ID == p.Code {
				t.Fields = nil
				return t, true
			}
		}
		return Template{ID: p.Code, Way: Once}, true
	}
	if t, ok := c.conf.Templates[p.Template+"/"+string(p.Lang)]; ok {
		return t, true
	}
	t, ok := c.conf.Templates[p.Template+"/"+string(houzhen.Chinese)]
	return t, ok
}

// Way gives by which right a template of the provider is sent, "" for one that
// is not ours.
func (c *Client) Way(templateID string) Way {
	for _, t := range c.conf.Templates {
		if t.ID == templateID {
			return t.Way
		}
	}
	return ""
}

var (
	_ notify.Sender = (*Client)(nil)
	_ notify.Able   = (*Client)(nil)
)
