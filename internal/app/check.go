package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/email"
)

// Checked is what was learnt of one provider.
type Checked struct {
	Part string // provider, provider2, wechat, mail, relay
	Said string
	Err  error
}

// CheckProviders asks every provider that is set up whether it takes our
// credentials; nothing is sent. now is the machine's time, which signatures
// carry. Those that are not set up are left out, but for the first, which
// every house should know about.
func (a *App) CheckProviders(ctx context.Context, now time.Time) []Checked {
	said, err := a.checkAliyun(ctx, a.cfg.Aliyun, now)
	all := []Checked{{"provider", said, err}}
	if a.cfg.UseAliyun() && a.cfg.Aliyun2.Configured() {
		said, err := a.checkAliyun(ctx, a.cfg.Aliyun2, now)
		all = append(all, Checked{"provider2", said, err})
	}
	if a.cfg.WeChat.AppID != "" {
		all = append(all, Checked{"wechat", takes, a.checkWeChat(ctx)})
	}
	if a.cfg.SMTP.Addr != "" {
		all = append(all, Checked{"mail", takes, a.checkMail(ctx)})
	}
	if a.cfg.Relay.URL != "" { // a question would be a message
		all = append(all, Checked{"relay", "is set up; it is asked with the first message", nil})
	}
	return all
}

const takes = "takes our credentials"

func (a *App) checkAliyun(ctx context.Context, c AliyunConfig, now time.Time) (string, error) {
	if !a.cfg.UseAliyun() {
		return "none; messages go to files in the data folder", nil
	}
	client, err := aliyun.New(c.client())
	if err != nil {
		return "", err
	}
	defer client.Close()
	return takes, client.Check(ctx, now)
}

func (a *App) checkWeChat(ctx context.Context) error {
	client, err := a.weChatClient()
	if err != nil {
		return err
	}
	defer client.Close()
	if code := client.Check(ctx); code != "" {
		return houzhen.E(houzhen.CodeInvalid, "WeChat refuses: "+code).On("wechat-app-secret")
	}
	return nil
}

func (a *App) checkMail(ctx context.Context) error {
	s, err := email.New(a.cfg.mail(), wall)
	if err != nil {
		return err
	}
	if code := s.Check(ctx); code != "" {
		return houzhen.E(houzhen.CodeUnavailable, "the mail server refuses: "+code).On("smtp-addr")
	}
	return nil
}

// VerifyAudit recomputes the chain of the audit.
func (a *App) VerifyAudit(ctx context.Context) error {
	err := a.Store.View(ctx, func(tx *store.Tx) error { return tx.VerifyAudit(ctx) })
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
