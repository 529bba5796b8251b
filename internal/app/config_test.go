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
		{"the provider without a key", "channel", func(c *Config) { c.Channel = "aliyun" }},
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
