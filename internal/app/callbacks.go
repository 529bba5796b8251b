package app

import (
	"context"
	"crypto/subtle"
	"net/url"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/wechat"
)

// callback refuses whoever does not know the unguessable part of the address,
// and says whose address it is.
func (a *App) callback(token string) (account string, err error) {
	for name, secret := range map[string]Secret{firstAccount: a.cfg.Aliyun.CallbackToken, secondAccount: a.cfg.Aliyun2.CallbackToken} {
		if secret != "" && subtle.ConstantTimeCompare([]byte(token), []byte(secret.Reveal())) == 1 {
			account = name
		}
	}
	if account == "" {
		return "", houzhen.E(houzhen.CodeNotFound, "no such callback")
	}
	return account, nil
}

// SMSReport takes the provider's delivery reports (api.Receipts).
func (a *App) SMSReport(ctx context.Context, token string, body []byte) error {
	account, err := a.callback(token)
	if err != nil {
		return err
	}
	receipts, err := aliyun.ParseReports(body)
	if err != nil {
		return err
	}
	a.arrived(ctx, account, receipts)
	return a.postReceipts(ctx, receipts)
}

// arrived tells the division of load how long an account's messages took.
func (a *App) arrived(ctx context.Context, account string, receipts []notify.Receipt) {
	if a.accounts == nil {
		return
	}
	for _, r := range receipts {
		if r.Took > 0 {
			a.accounts.Arrived(ctx, account, r.Took)
		}
	}
}

// VoiceReport takes the provider's reports of calls (api.Receipts).
func (a *App) VoiceReport(ctx context.Context, token string, body []byte) error {
	if _, err := a.callback(token); err != nil {
		return err
	}
	receipts, err := aliyun.ParseCalls(body)
	if err != nil {
		return err
	}
	return a.postReceipts(ctx, receipts)
}

func (a *App) weChatInlet() wechat.Inlet {
	return wechat.Inlet{
		AppID: a.cfg.WeChat.AppID, Token: notify.NewSecret(a.cfg.WeChat.Token.Reveal()), Key: notify.NewSecret(a.cfg.WeChat.AESKey.Reveal()),
	}
}

// WeChatHello answers WeChat's question at the time of setting up (api.Receipts).
func (a *App) WeChatHello(q url.Values) (string, error) { return a.weChatInlet().Hello(q) }

// WeChatEvent takes what WeChat posts: consents, and what became of messages
// (api.Receipts). It gives what acknowledges the post.
func (a *App) WeChatEvent(ctx context.Context, q url.Values, body []byte) (string, error) {
	happening, err := a.weChatInlet().Read(q, body)
	if err != nil {
		return "", err
	}
	if a.weChat == nil { // tests put senders of their own in place
		return wechat.Ack(), nil
	}
	if err := a.weChat.Note(ctx, happening); err != nil {
		return "", err
	}
	receipts := happening.Receipts
	err = a.view(ctx, func(tx everything) error {
		for i, r := range receipts {
			if receipts[i].OutID, err = tx.OutIDOf(ctx, notify.WeChat, happening.OpenID, r.ProviderID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	receipts = slices.DeleteFunc(receipts, func(r notify.Receipt) bool { return r.OutID == "" })
	if len(receipts) > 0 {
		if err := a.postReceipts(ctx, receipts); err != nil {
			return "", err
		}
	}
	return wechat.Ack(), nil
}
