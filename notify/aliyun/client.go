// Package aliyun sends text messages, app pushes and read calls through Alibaba Cloud. It
// is the only package that knows the provider's SDK, and it decides one thing:
// which Outcome an answer, or its absence, stands for.
//
// It never retries, never keeps state about a message, never logs, and lets
// nothing out of the SDK but a code: the SDK's own errors hold phone numbers,
// parameters and signatures. docs/channels.md lists the SDK's traps and the
// test that guards each.
package aliyun

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Secret is the account's key: it prints as stars.
type Secret = notify.Secret

// NewSecret keeps s.
func NewSecret(s string) Secret { return notify.NewSecret(s) }

// Config says which account sends in whose name. AccessKeyID, AccessKeySecret
// and Sign are needed; the zero value of everything else has a default.
type Config struct {
	Region          string // "" means cn-hangzhou
	AccessKeyID     string
	AccessKeySecret Secret

	Endpoint     string // host[:port] of the SMS service; "" means the region's
	PushEndpoint string // host[:port] of the push service; "" means the region's
	Scheme       string // "" means HTTPS; HTTP is taken for loopback endpoints only

	Sign      string            // the approved signature, without brackets
	Templates map[string]string // TemplateKey to the approved code, such as SMS_123456

	PushAppKey  int64   // 0 means that there is no push
	PushChannel string  // notification channel of the Android app; "" means houzhen
	PushAPNS    string  // PRODUCT or DEV; "" means PRODUCT
	PushVendors Vendors // what the makers of phones want to know besides

	VoiceEndpoint  string            // host[:port] of the voice service; "" means the region's
	VoiceTemplates map[string]string // TemplateKey to the approved code, such as TTS_123456; empty means no voice
	VoiceNumber    string            // a number of ours to show; "" means the provider's shared ones

	Timeout     time.Duration    // of a whole call; 0 means 5 s
	Connections int              // at most so many to each service; 0 means 32
	RootCAs     *x509.CertPool   // nil means the system's
	Now         func() time.Time // for the end of a flow-control window; nil waits a whole one
}

// Vendors names the channels and categories that the makers of phones approved
// for the app. Without them their phones show few notices, or none.
type Vendors struct {
	Huawei, Honor, Xiaomi, Vivo                string // notification channels
	HuaweiCategory, VivoCategory, OppoCategory string // categories of messages
}

// TemplateKey names a wording in a language, as Config.Templates has it.
func TemplateKey(template string, lang houzhen.Lang) string { return template + "/" + string(lang) }

// Client holds the connections that its channels share. It is safe for any
// number of goroutines.
type Client struct {
	conf       Config
	codes      codes
	credential *credentials.StaticAKCredentialsProvider
	base       *http.Transport
}

// New checks the configuration and prepares the connections; it calls nobody.
func New(conf Config) (*Client, error) {
	if err := refuseDebug(); err != nil {
		return nil, err
	}
	conf = conf.withDefaults()
	if err := conf.validate(); err != nil {
		return nil, err
	}
	table, err := readCodes(codeTable)
	if err != nil {
		return nil, err
	}
	primeEndpoints()
	conf.Endpoint, conf.PushEndpoint, conf.VoiceEndpoint = endpoints(conf)
	return &Client{
		conf:       conf,
		codes:      table,
		credential: credentials.NewStaticAKCredentialsProvider(conf.AccessKeyID, conf.AccessKeySecret.Reveal()),
		base:       transport(conf),
	}, nil
}

// transport makes the one set of connections that every call shares.
func transport(conf Config) *http.Transport {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true) // all that the SDK itself speaks
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: conf.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: connectTimeout,
		MaxIdleConns:        2 * conf.Connections,
		MaxIdleConnsPerHost: conf.Connections,
		MaxConnsPerHost:     conf.Connections,
		IdleConnTimeout:     20 * time.Second,
		DisableCompression:  true,
		Protocols:           protocols,
	}
}

const connectTimeout = 2 * time.Second

// SMS gives the sender of text messages, which is also a notify.Finder.
func (c *Client) SMS() *SMS { return &SMS{c} }

// Push gives the sender of app pushes.
func (c *Client) Push() *Push { return &Push{c} }

// Close lets go of idle connections; calls under way go on.
func (c *Client) Close() { c.base.CloseIdleConnections() }

// String says nothing of the account.
func (c *Client) String() string { return "aliyun.Client" }

// GoString says nothing of the account.
func (c *Client) GoString() string { return "aliyun.Client" }

var (
	_ notify.Sender      = (*SMS)(nil)
	_ notify.BatchSender = (*SMS)(nil)
	_ notify.Finder      = (*SMS)(nil)
	_ notify.Able        = (*SMS)(nil)
	_ notify.Sender      = (*Push)(nil)
	_ notify.BatchSender = (*Push)(nil)
	_ notify.Able        = (*Push)(nil)
	_ notify.Sender      = (*Voice)(nil)
	_ notify.Able        = (*Voice)(nil)
)
