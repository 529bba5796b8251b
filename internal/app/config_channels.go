package app

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/wechat"
)

// WeChatConfig is the hospital's WeChat account.
type WeChatConfig struct {
	AppID     string `env:"APP_ID" help:"App id of the hospital's WeChat account; empty: no WeChat."`
	AppSecret Secret `env:"APP_SECRET" help:"Its secret."`
	Token     Secret `env:"TOKEN" help:"Token of its callback, /callbacks/wechat, as set on the provider's page."`
	AESKey    Secret `env:"AES_KEY" help:"EncodingAESKey of its callback; empty: posts come in the open."`
	Templates string `env:"TEMPLATES" help:"File with the approved templates (YAML); see docs/channels.md."`
	State     string `default:"formal" enum:"formal,trial,developer" env:"STATE" help:"Version of the mini program that a message opens."`
	Endpoint  string `env:"ENDPOINT" help:"Address that replaces the provider's (tests)."`
}

// SMTPConfig is the server by which mail leaves.
type SMTPConfig struct {
	Addr     string `env:"ADDR" help:"Mail server, host:port; 465 begins with TLS; empty: no mail."`
	From     string `env:"FROM" help:"Mailbox that sends, such as Hospital <no-reply@h.example>."`
	User     string `env:"USER" help:"Empty: the server asks for none."`
	Password Secret `env:"PASSWORD" help:"Its password, sent over TLS alone."`
	Plain    bool   `env:"PLAIN" help:"Without TLS; for a server on this machine only."`
}

// RelayConfig is another system that shows messages in its own app.
type RelayConfig struct {
	URL    string `env:"URL" help:"Address that takes messages, each signed; empty: none."`
	Secret Secret `env:"SECRET" help:"Shared secret of the signatures, at least 24 random signs."`
}

// usualRates are calls a second over all nodes, well below what providers
// take; a hospital with a larger contract sets its own.
func usualRates() map[string]int {
	return map[string]int{"sms": 500, "push": 100, "wechat": 100, "voice": 10, "email": 5, "webhook": 50}
}

// rates gives the calls a second of each channel; 0 for as many as there are.
func (c Config) rates() (map[notify.Channel]int, error) {
	all := map[notify.Channel]int{}
	for name, n := range usualRates() {
		all[notify.Channel(name)] = n
	}
	for name, text := range c.Rates {
		n, err := strconv.Atoi(text)
		if _, known := all[notify.Channel(name)]; err != nil || !known || n < 0 || n > 100_000 {
			return nil, houzhen.E(houzhen.CodeInvalid, "give calls a second by channel, such as sms=500;wechat=100").On("rates")
		}
		all[notify.Channel(name)] = n
	}
	return all, nil
}

// validateChannels refuses settings of channels that cannot work.
func (c Config) validateChannels() error {
	bad := func(field, what string) error { return houzhen.E(houzhen.CodeInvalid, what).On(field) }
	_, err := c.rates()
	switch {
	case err != nil:
		return err
	case c.SMSShare < 0 || c.SMSShare > 100:
		return bad("sms-share", "give 0 to 100")
	case c.Aliyun2.Configured() && !c.Aliyun.Configured():
		return bad("aliyun2-access-key-id", "a second account needs a first one")
	case c.Aliyun2.CallbackToken != "" && (len(c.Aliyun2.CallbackToken) < 24 || c.Aliyun2.CallbackToken == c.Aliyun.CallbackToken):
		return bad("aliyun2-callback-token", "give at least 24 random signs, other ones than the first account's")
	case c.WeChat.AppID != "" && c.WeChat.AppSecret == "":
		return bad("wechat-app-secret", "WeChat needs WECHAT_APP_SECRET too")
	case c.WeChat.AppID != "" && len(c.WeChat.Token) < 3:
		return bad("wechat-token", "WeChat needs the token of its callback, by which consents are learnt")
	case c.WeChat.AESKey != "" && len(c.WeChat.AESKey) != 43:
		return bad("wechat-aes-key", "EncodingAESKey has 43 signs")
	case c.SMTP.Addr != "" && !hostPort(c.SMTP.Addr):
		return bad("smtp-addr", "give host:port")
	case c.SMTP.Addr != "" && c.SMTP.From == "":
		return bad("smtp-from", "mail needs a mailbox that sends")
	case c.Relay.URL != "" && len(c.Relay.Secret) < 24:
		return bad("relay-secret", "give at least 24 random signs")
	}
	if u, err := url.Parse(c.Relay.URL); c.Relay.URL != "" && (err != nil || u.Host == "") {
		return bad("relay-url", "give a full address, such as https://app.example.org/messages")
	}
	return nil
}

func hostPort(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return err == nil && host != "" && port != ""
}

// wechatTemplate is one line of the file of templates.
type wechatTemplate struct {
	ID     string            `yaml:"id"`
	Way    string            `yaml:"way"`
	Page   string            `yaml:"page"`
	Fields map[string]string `yaml:"fields"`
}

// templates reads the file of WeChat templates: wording/language to one.
func (c WeChatConfig) templates() (map[string]wechat.Template, error) {
	if c.Templates == "" {
		return map[string]wechat.Template{}, nil
	}
	f, err := os.Open(c.Templates)
	if err != nil {
		return nil, fmt.Errorf("open WeChat templates: %w", err)
	}
	defer func() { _ = f.Close() }()
	var list map[string]wechatTemplate
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("read WeChat templates: %w", err)
	}
	all := make(map[string]wechat.Template, len(list))
	for key, t := range list {
		all[key] = wechat.Template{ID: t.ID, Way: wechat.Way(strings.ToLower(t.Way)), Page: t.Page, Fields: t.Fields}
	}
	return all, nil
}
