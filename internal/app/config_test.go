package app

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
)

func TestValidateNamesTheSettingThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, field string
		change      func(*Config)
	}{
		{"the defaults", "", func(*Config) {}},
		{"no port", "listen", func(c *Config) { c.Listen = "localhost" }},
		{"an empty address", "listen", func(c *Config) { c.Listen = "" }},
		{"any port of one address", "", func(c *Config) { c.Listen = "127.0.0.1:0" }},
		{"a zone that does not exist", "time-zone", func(c *Config) { c.TimeZone = "Asia/Nowhere" }},
		{"the machine's own zone", "time-zone", func(c *Config) { c.TimeZone = "Local" }},
		{"no zone", "time-zone", func(c *Config) { c.TimeZone = "" }},
		{"another zone", "", func(c *Config) { c.TimeZone = "Asia/Urumqi" }},
		{"another database", "database-url", func(c *Config) { c.DatabaseURL = "mysql://host/db" }},
		{"a database without its host", "database-url", func(c *Config) { c.DatabaseURL = "postgres:///db" }},
		{"a database in keywords", "database-url", func(c *Config) { c.DatabaseURL = "host=db password=geheim" }},
		{"PostgreSQL", "", func(c *Config) { c.DatabaseURL = "postgres://u@db:5432/houzhen" }},
		{"Redis without a scheme", "redis-url", func(c *Config) { c.RedisURL = "redis:6379" }},
		{"Redis", "", func(c *Config) { c.RedisURL = "rediss://redis:6379/1" }},
		{"a public address without a scheme", "public-url", func(c *Config) { c.PublicURL = "clinic.example.org" }},
		{"rates of booking", "", func(c *Config) { c.BookingRates = "account=60/30, address=0/0" }},
		{"a rate of nobody", "booking-rates", func(c *Config) { c.BookingRates = "family=60/30" }},
		{"half a rate", "booking-rates", func(c *Config) { c.BookingRates = "account=60" }},
		{"no risk at all", "leave-risk", func(c *Config) { c.LeaveRisk = 0 }},
		{"a risk over one half", "leave-risk", func(c *Config) { c.LeaveRisk = 0.6 }},
		{"no workers", "workers", func(c *Config) { c.Workers = 0 }},
		{"too many workers", "workers", func(c *Config) { c.Workers = 65 }},
		{"a link with its scheme", "sms-link", func(c *Config) { c.SMSLink = "https://h.example.cn/q" }},
		{"a link that varies", "sms-link", func(c *Config) { c.SMSLink = "h.example.cn/${id}" }},
		{"the filed link", "", func(c *Config) { c.SMSLink = "h.example.cn/q" }},
		{"the provider without a key", "channel", func(c *Config) { c.Channel = "aliyun" }},
		{"a rate of a channel", "", func(c *Config) { c.Rates = map[string]string{"sms": "800", "email": "0"} }},
		{"a rate of no channel", "rates", func(c *Config) { c.Rates = map[string]string{"pigeon": "1"} }},
		{"a rate that is none", "rates", func(c *Config) { c.Rates = map[string]string{"sms": "many"} }},
		{"more than all", "sms-share", func(c *Config) { c.SMSShare = 101 }},
		{"a second account alone", "aliyun2-access-key-id", func(c *Config) { c.Aliyun2.AccessKeyID, c.Aliyun2.AccessKeySecret = "k", "geheim" }},
		{"two accounts with one callback", "aliyun2-callback-token", func(c *Config) {
			c.Aliyun.CallbackToken, c.Aliyun2.CallbackToken = "unguessable-unguessable-1", "unguessable-unguessable-1"
		}},
		{"WeChat without its secret", "wechat-app-secret", func(c *Config) { c.WeChat.AppID = "wx" }},
		{"WeChat without its callback", "wechat-token", func(c *Config) { c.WeChat.AppID, c.WeChat.AppSecret = "wx", "geheim" }},
		{"half a key", "wechat-aes-key", func(c *Config) { c.WeChat.AESKey = "geheim" }},
		{"a mail server without a port", "smtp-addr", func(c *Config) { c.SMTP.Addr = "mail.example" }},
		{"mail from nobody", "smtp-from", func(c *Config) { c.SMTP.Addr = "mail.example:587" }},
		{"a relay that anybody can forge", "relay-secret", func(c *Config) { c.Relay.URL = "https://app.example.org/m" }},
		{"a relay without a scheme", "relay-url", func(c *Config) { c.Relay.URL, c.Relay.Secret = "app", "unguessable-unguessable-1" }},
		{"a callback that can be guessed", "aliyun-callback-token", func(c *Config) { c.Aliyun.CallbackToken = "short" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Defaults()
			c.change(&cfg)
			loc, err := cfg.Validate()
			if c.field == "" {
				if err != nil || loc == nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			coded, ok := err.(*houzhen.Error) //nolint:errorlint // Validate gives it bare
			if !ok || coded.Field != c.field || coded.Message == "" {
				t.Errorf("got %v, want %s refused and what to do", err, c.field)
			}
			if strings.Contains(fmt.Sprint(err), "geheim") {
				t.Errorf("the refusal shows the password: %v", err)
			}
		})
	}
}

func TestValidateGivesTheZone(t *testing.T) {
	loc, err := Defaults().Validate()
	if err != nil || loc.String() != "Asia/Shanghai" {
		t.Errorf("got %v, %v, want Asia/Shanghai", loc, err)
	}
}

// TestNoSecretIsEverPrinted fills every setting of type Secret and every
// address with a password, and prints the settings in all the ways there are.
func TestNoSecretIsEverPrinted(t *testing.T) {
	const secret = "geheim-und-lang-genug-fuer-alles"
	c := Defaults()
	c.Keys, c.Aliyun.AccessKeySecret, c.Aliyun.CallbackToken = secret, secret, secret
	c.Aliyun2.AccessKeySecret, c.Aliyun2.CallbackToken, c.SMTP.Password, c.Relay.Secret = secret, secret, secret, secret
	c.WeChat.AppSecret, c.WeChat.Token, c.WeChat.AESKey = secret, secret, secret
	c.DatabaseURL = "postgres://houzhen:" + secret + "@db/houzhen?sslmode=require&password=" + secret
	c.RedisURL = "redis://:" + secret + "@redis/0"
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).InfoContext(t.Context(), "settings", "keys", c.Keys)
	lines := c.Lines()
	for _, text := range []string{
		strings.Join(lines, "\n"), log.String(), fmt.Sprintf("%v %+v %#v %s %q %x", c.Keys, c.Keys, c.Keys, c.Keys, c.Keys, c.Keys),
		fmt.Sprintf("%+v", c.Aliyun),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("a secret is printed:\n%s", text)
		}
	}
	for _, want := range []string{"listen=:8080", "timezone=Asia/Shanghai", "aliyun.region=cn-hangzhou", "keys=(secret, 32 signs)"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in:\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

func TestWhichChannelIsUsed(t *testing.T) {
	for _, c := range []struct {
		channel, id string
		secret      Secret
		want        bool
	}{
		{"auto", "", "", false},
		{"auto", "id", "", false},
		{"auto", "id", "secret", true},
		{"file", "id", "secret", false},
		{"aliyun", "id", "secret", true},
	} {
		cfg := Defaults()
		cfg.Channel, cfg.Aliyun.AccessKeyID, cfg.Aliyun.AccessKeySecret = c.channel, c.id, c.secret
		if got := cfg.UseAliyun(); got != c.want {
			t.Errorf("%s with key %q: got %v, want %v", c.channel, c.id, got, c.want)
		}
	}
}

func TestSharedNeedsBoth(t *testing.T) {
	for _, c := range []struct {
		database, redis string
		want            bool
	}{{"", "", false}, {"postgres://x/y", "", false}, {"", "redis://x", false}, {"postgres://x/y", "redis://x", true}} {
		cfg := Config{DatabaseURL: c.database, RedisURL: c.redis}
		if got := cfg.Shared(); got != c.want {
			t.Errorf("%q and %q: got %v, want %v", c.database, c.redis, got, c.want)
		}
	}
}
