package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"reflect"
	"strings"
	"time"
	_ "time/tzdata" // a bare machine has no zone files

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue/forecast"
)

// Secret is a setting that prints as its length only.
type Secret string

// Reveal gives the setting itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("(secret, %d signs)", len(s))
}

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Format hides the secret for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// Config is every setting. The tags serve the command line; zero values are
// replaced by their defaults there and in Validate.
type Config struct {
	Listen      string `default:":8080" env:"HOUZHEN_LISTEN" help:"Address to serve on."`
	PublicURL   string `env:"HOUZHEN_PUBLIC_URL" help:"Address that patients reach; used in links."`
	Data        string `default:"./data" env:"HOUZHEN_DATA" help:"Folder for the database, keys and messages without a provider."`
	DatabaseURL string `env:"DATABASE_URL" help:"postgres://… ; empty: SQLite in the data folder."`
	RedisURL    string `env:"REDIS_URL" help:"redis://… ; empty: an in-process server."`
	TimeZone    string `default:"Asia/Shanghai" env:"HOUZHEN_TIME_ZONE" help:"The hospital's time zone."`
	Keys        Secret `env:"HOUZHEN_KEYS" help:"Sealing keys as houzhen check --new-keys prints them; empty: files in the data folder."`
	Log         string `default:"info" enum:"debug,info,warn,error" env:"HOUZHEN_LOG" help:"Least severe log line: debug, info, warn or error."`
	Workers     int    `default:"8" env:"HOUZHEN_WORKERS" help:"Jobs at one time, 1 to 64."`
	WebhookNets string `env:"HOUZHEN_WEBHOOK_NETS" help:"Networks to which facts may be delivered although they are not public, such as 10.8.0.0/16,192.168.3.7/32; there without TLS too."`
	// BookingRates bounds how often somebody may try to book online.
	BookingRates string `env:"HOUZHEN_BOOKING_RATES" help:"Tries to book online a minute, and at once: account=20/12,device=20/12,address=600/300 (the default); 0/0 lets all through."`
	TrustProxy   bool   `env:"HOUZHEN_TRUST_PROXY" help:"Believe X-Forwarded-For and -Proto."`

	Fees    string `env:"HOUZHEN_FEES" help:"File with the table of fees and of what is paid in advance (YAML); empty: everybody pays at the hospital."`
	Replies bool   `env:"HOUZHEN_REPLIES" help:"Patients may answer a suspension, a reminder and the word to set out by SMS; needs wordings that the provider approved and its callback for replies."`
	SMSLink string `env:"HOUZHEN_SMS_LINK" help:"The hospital's one fixed address as filed with the SMS provider, such as h.example.cn/q: SMS wordings may have it, literally. Empty: no address at all; SMS say to telephone or to sign in."`

	LeaveRisk     float64 `default:"0.02" env:"HOUZHEN_LEAVE_RISK" help:"Chance of missing the call at which patients at home are told to leave, 0.005 to 0.5; less means longer waits on site."`
	QueueMessages bool    `default:"true" negatable:"" env:"HOUZHEN_QUEUE_MESSAGES" help:"Tell by message too how a queue moves: checked in, nearly your turn, at the door, delayed, wait a little. Pages and screens show it anyway."`

	Channel string       `default:"auto" enum:"auto,aliyun,file" env:"HOUZHEN_CHANNEL" help:"Where messages go: aliyun, file (read them on the page of sent messages), or auto: aliyun with credentials, else file."`
	Aliyun  AliyunConfig `embed:"" prefix:"aliyun-" envprefix:"ALIYUN_"`

	Aliyun2  AliyunConfig      `embed:"" prefix:"aliyun2-" envprefix:"ALIYUN2_"` // a second account for SMS
	SMSShare int               `default:"50" env:"HOUZHEN_SMS_SHARE" help:"The first SMS account's usual share of a hundred, when there are two."`
	Rates    map[string]string `env:"HOUZHEN_RATES" help:"Calls a second over all nodes, by channel: sms=500;wechat=100; 0 for no limit."`
	WeChat   WeChatConfig      `embed:"" prefix:"wechat-" envprefix:"WECHAT_"`
	SMTP     SMTPConfig        `embed:"" prefix:"smtp-" envprefix:"SMTP_"`
	Relay    RelayConfig       `embed:"" prefix:"relay-" envprefix:"RELAY_"`
}

// AliyunConfig is the account at the SMS and push provider.
type AliyunConfig struct {
	AccessKeyID     string            `env:"ACCESS_KEY_ID" help:"Access key id."`
	AccessKeySecret Secret            `env:"ACCESS_KEY_SECRET" help:"Access key secret."`
	Region          string            `default:"cn-hangzhou" env:"REGION" help:"Region."`
	Sign            string            `env:"SMS_SIGN" help:"Approved SMS signature, without brackets."`
	Templates       map[string]string `env:"SMS_TEMPLATES" help:"Approved template codes: appt.booked/zh-CN=SMS_1;appt.booked/en=SMS_2;…"`
	PushAppKey      int64             `env:"PUSH_APP_KEY" help:"App key of the push service; empty: no push."`
	VoiceTemplates  map[string]string `env:"VOICE_TEMPLATES" help:"Approved texts that are read: session.suspended/zh-CN=TTS_1;… ; empty: no calls."`
	VoiceNumber     string            `env:"VOICE_NUMBER" help:"Number that calls show; empty: the provider's."`
	VoiceEndpoint   string            `env:"VOICE_ENDPOINT" help:"Host and port that replace the provider's voice service (tests)."`

	PushHuawei         string `env:"PUSH_HUAWEI" help:"Notification channel of the app on Huawei's phones."`
	PushHonor          string `env:"PUSH_HONOR" help:"The same on Honor's."`
	PushXiaomi         string `env:"PUSH_XIAOMI" help:"The same on Xiaomi's."`
	PushVivo           string `env:"PUSH_VIVO" help:"The same on vivo's."`
	PushHuaweiCategory string `env:"PUSH_HUAWEI_CATEGORY" help:"Category of messages that Huawei approved."`
	PushVivoCategory   string `env:"PUSH_VIVO_CATEGORY" help:"The same of vivo."`
	PushOppoCategory   string `env:"PUSH_OPPO_CATEGORY" help:"The same of OPPO."`

	Endpoint      string `env:"ENDPOINT" help:"Host and port that replace the provider's (tests)."`
	PushEndpoint  string `env:"PUSH_ENDPOINT" help:"The same for push."`
	Scheme        string `default:"HTTPS" enum:"HTTPS,HTTP" env:"SCHEME" help:"HTTP is taken with a loopback endpoint only."`
	CallbackToken Secret `env:"CALLBACK_TOKEN" help:"Unguessable part of the receipts' address, at least 24 signs."`
}

// Configured reports whether messages can go to the provider.
func (c AliyunConfig) Configured() bool { return c.AccessKeyID != "" && c.AccessKeySecret != "" }

// Defaults gives the settings of an empty configuration.
func Defaults() Config {
	return Config{
		Listen: ":8080", Data: "./data", TimeZone: "Asia/Shanghai", Log: "info", Workers: 8, Channel: "auto", LeaveRisk: forecast.DefaultAlpha,
		QueueMessages: true,
		Aliyun:        AliyunConfig{Region: "cn-hangzhou", Scheme: "HTTPS"}, Aliyun2: AliyunConfig{Region: "cn-hangzhou", Scheme: "HTTPS"}, SMSShare: 50,
	}
}

// Validate refuses settings that cannot work, naming the setting and what to
// do. It gives the hospital's zone.
func (c Config) Validate() (*time.Location, error) {
	bad := func(field, what string) (*time.Location, error) {
		return nil, houzhen.E(houzhen.CodeInvalid, what).On(field)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return bad("listen", "give host:port or :port, such as :8080")
	}
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil || c.TimeZone == "" || c.TimeZone == "Local" {
		return bad("time-zone", "give an IANA name, such as Asia/Shanghai")
	}
	for field, v := range map[string]string{"database-url": c.DatabaseURL, "redis-url": c.RedisURL, "public-url": c.PublicURL} {
		if u, err := url.Parse(v); v != "" && (err != nil || u.Host == "" || !schemeOf[field][u.Scheme]) {
			return bad(field, "give a full address, such as "+exampleOf[field])
		}
	}
	if _, err := c.networks(); err != nil {
		return bad("webhook-nets", "give networks, such as 10.8.0.0/16,192.168.3.7/32")
	}
	if _, err := limitsFrom(c.BookingRates); err != nil {
		return nil, err
	}
	if c.Workers < 1 || c.Workers > 64 {
		return bad("workers", "give 1 to 64")
	}
	if !(c.LeaveRisk >= forecast.LeastAlpha && c.LeaveRisk <= forecast.MostAlpha) {
		return bad("leave-risk", "give 0.005 to 0.5, such as 0.02")
	}
	if l := c.SMSLink; l != "" && (!strings.Contains(l, ".") || strings.ContainsAny(l, " ${}:")) {
		return bad("sms-link", "give the address as it was filed, without https:// and without variables, such as h.example.cn/q")
	}
	if c.Channel == "aliyun" && !c.Aliyun.Configured() {
		return bad("channel", "aliyun needs ALIYUN_ACCESS_KEY_ID and ALIYUN_ACCESS_KEY_SECRET")
	}
	if t := c.Aliyun.CallbackToken; t != "" && len(t) < 24 {
		return bad("aliyun-callback-token", "give at least 24 random signs")
	}
	return loc, c.validateChannels()
}

var schemeOf = map[string]map[string]bool{
	"database-url": {"postgres": true, "postgresql": true},
	"redis-url":    {"redis": true, "rediss": true},
	"public-url":   {"http": true, "https": true},
}

var exampleOf = map[string]string{
	"database-url": "postgres://user@host:5432/houzhen",
	"redis-url":    "redis://host:6379/0",
	"public-url":   "https://clinic.example.org",
}

// UseAliyun reports whether messages go to the provider.
func (c Config) UseAliyun() bool {
	return c.Channel == "aliyun" || c.Channel == "auto" && c.Aliyun.Configured()
}

// Shared reports whether other nodes can work beside this one.
func (c Config) Shared() bool { return c.DatabaseURL != "" && c.RedisURL != "" }

// Lines lists every setting for the log at start, secrets and passwords masked.
func (c Config) Lines() []string {
	var lines []string
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			name := prefix + strings.ToLower(v.Type().Field(i).Name)
			f := v.Field(i)
			if f.Kind() == reflect.Struct {
				walk(name+".", f)
				continue
			}
			lines = append(lines, fmt.Sprintf("%s=%s", name, maskURL(fmt.Sprint(f.Interface()))))
		}
	}
	walk("", reflect.ValueOf(c))
	return lines
}

// maskURL hides the passwords of an address: before the host and among its
// parameters, where PostgreSQL takes one too.
func maskURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return s
	}
	q := u.Query()
	for name := range q {
		if strings.Contains(strings.ToLower(name), "password") {
			q.Set(name, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}
