package app

import (
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/houzhen/houzhen/internal/limit"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/email"
	"github.com/houzhen/houzhen/notify/integrator"
	"github.com/houzhen/houzhen/notify/wechat"
)

// Names of the two SMS accounts, in logs, on pages and of their callbacks.
const (
	firstAccount  = "first"
	secondAccount = "second"
)

// configuredSenders are the channels that the settings open, each held to its
// rate over all nodes. The person's own page is always one.
func (a *App) configuredSenders() ([]notify.Sender, error) {
	rates, err := a.cfg.rates()
	if err != nil {
		return nil, err
	}
	var senders []notify.Sender
	for _, open := range []func() ([]notify.Sender, error){a.providerSenders, a.weChatSenders, a.mailSenders, a.relaySenders} {
		some, err := open()
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			senders = append(senders, a.paced(s, rates[s.Channel()]))
		}
	}
	return append(senders, notify.NewPage(a.Store.Inbox(), a.clock.Now)), nil
}

// paced holds a sender to so many calls a second over all nodes; 0 for none.
func (a *App) paced(s notify.Sender, perSecond int) notify.Sender {
	if perSecond <= 0 {
		return s
	}
	key := limit.Key{Name: "channel:" + string(s.Channel()), Rate: limit.Rate{Every: time.Second / time.Duration(perSecond), Burst: perSecond}}
	return notify.NewPaced(s, limit.NewPortion(a.limiter, key).Take, wall)
}

// providerSenders are SMS, push and voice: the provider's, or files that a
// person can read when there are no credentials.
func (a *App) providerSenders() ([]notify.Sender, error) {
	if !a.cfg.UseAliyun() {
		return a.fileSenders()
	}
	client, err := a.aliyunClient(a.cfg.Aliyun)
	if err != nil {
		return nil, err
	}
	sms := notify.Sender(client.SMS())
	if a.cfg.Aliyun2.Configured() {
		second, err := a.aliyunClient(a.cfg.Aliyun2)
		if err != nil {
			return nil, err
		}
		a.accounts, err = notify.NewAccounts(notify.Account{Name: firstAccount, Sender: client.SMS()},
			notify.Account{Name: secondAccount, Sender: second.SMS()}, a.cfg.SMSShare, notify.DefaultFailover(), a.clock.Now, a.log)
		if err != nil {
			return nil, err
		}
		sms = a.accounts
	}
	senders := []notify.Sender{sms}
	if a.cfg.Aliyun.PushAppKey != 0 {
		senders = append(senders, client.Push())
	}
	if len(a.cfg.Aliyun.VoiceTemplates) > 0 {
		senders = append(senders, client.Voice())
	}
	return senders, nil
}

func (a *App) aliyunClient(c AliyunConfig) (*aliyun.Client, error) {
	client, err := aliyun.New(c.client())
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	a.closers = append(a.closers, func() error { client.Close(); return nil })
	return client, nil
}

func (a *App) fileSenders() ([]notify.Sender, error) {
	var senders []notify.Sender
	for _, channel := range []notify.Channel{notify.SMS, notify.Push} {
		f, err := notify.OpenFile(filepath.Join(a.cfg.Data, "messages-"+string(channel)+".jsonl"), channel, a.clock.Now)
		if err != nil {
			return nil, err
		}
		a.closers = append(a.closers, f.Close)
		senders = append(senders, f)
	}
	return senders, nil
}

func (a *App) weChatSenders() ([]notify.Sender, error) {
	if a.cfg.WeChat.AppID == "" {
		return nil, nil
	}
	client, err := a.weChatClient()
	if err != nil {
		return nil, err
	}
	a.weChat = client
	a.closers = append(a.closers, func() error { client.Close(); return nil })
	return []notify.Sender{client}, nil
}

func (a *App) weChatClient() (*wechat.Client, error) {
	templates, err := a.cfg.WeChat.templates()
	if err != nil {
		return nil, err
	}
	client, err := wechat.New(wechat.Config{
		AppID: a.cfg.WeChat.AppID, Secret: notify.NewSecret(a.cfg.WeChat.AppSecret.Reveal()), BaseURL: a.cfg.WeChat.Endpoint,
		Templates: templates, State: a.cfg.WeChat.State, Link: a.cfg.PublicURL,
	}, a.Store.WeChat(), wall)
	if err != nil {
		return nil, fmt.Errorf("WeChat: %w", err)
	}
	return client, nil
}

func (a *App) mailSenders() ([]notify.Sender, error) {
	if a.cfg.SMTP.Addr == "" {
		return nil, nil
	}
	s, err := email.New(a.cfg.mail(), wall)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return []notify.Sender{s}, nil
}

func (c Config) mail() email.Config {
	return email.Config{
		Addr: c.SMTP.Addr, From: c.SMTP.From, User: c.SMTP.User, Password: notify.NewSecret(c.SMTP.Password.Reveal()), Plain: c.SMTP.Plain,
		Link: c.PublicURL,
	}
}

// relaySenders is another system's app. It is named in the settings and not by
// a caller, so that it may stand in the house's own network.
func (a *App) relaySenders() ([]notify.Sender, error) {
	if a.cfg.Relay.URL == "" {
		return nil, nil
	}
	transport := &http.Transport{MaxConnsPerHost: 16, MaxIdleConnsPerHost: 8, IdleConnTimeout: 20 * time.Second, TLSHandshakeTimeout: 2 * time.Second}
	s, err := integrator.New(integrator.Config{
		URL: a.cfg.Relay.URL, Secret: notify.NewSecret(a.cfg.Relay.Secret.Reveal()), Transport: transport,
	}, wall)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	a.closers = append(a.closers, func() error { transport.CloseIdleConnections(); return nil })
	return []notify.Sender{s}, nil
}

func (c AliyunConfig) client() aliyun.Config {
	return aliyun.Config{
		Region: c.Region, AccessKeyID: c.AccessKeyID, AccessKeySecret: aliyun.NewSecret(c.AccessKeySecret.Reveal()),
		Endpoint: c.Endpoint, PushEndpoint: c.PushEndpoint, Scheme: c.Scheme, Sign: c.Sign, Templates: c.Templates, PushAppKey: c.PushAppKey,
		VoiceEndpoint: c.VoiceEndpoint, VoiceTemplates: c.VoiceTemplates, VoiceNumber: c.VoiceNumber,
		PushVendors: aliyun.Vendors{
			Huawei: c.PushHuawei, Honor: c.PushHonor, Xiaomi: c.PushXiaomi, Vivo: c.PushVivo,
			HuaweiCategory: c.PushHuaweiCategory, VivoCategory: c.PushVivoCategory, OppoCategory: c.PushOppoCategory,
		},
	}
}
