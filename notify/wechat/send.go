package wechat

import (
	"context"
	"net/url"
	"strings"

	"github.com/houzhen/houzhen/notify"
)

// Send hands one message to the provider. A consent is taken before the call
// and given back when the message certainly did not go; after a lost answer it
// stays taken, since the message may have been shown.
func (c *Client) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	if p.WeChat == "" {
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoAccount}
	}
	t, ok := c.template(p)
	if !ok {
		return notify.Sent{Outcome: notify.OutcomeMessage, Code: codeNoTemplate}
	}
	data := fill(t, p)
	if data == nil {
		return notify.Sent{Outcome: notify.OutcomeMessage, Code: codeNoValue}
	}
	if t.Way == Service {
		return c.sendService(ctx, p, t, data)
	}
	return c.sendSubscribed(ctx, p, t, data)
}

func (c *Client) sendSubscribed(ctx context.Context, p notify.Parcel, t Template, data fields) notify.Sent {
	have, err := c.consents.Spend(ctx, p.WeChat, t.ID, t.Way == Lasting)
	switch {
	case err != nil:
		return notify.Sent{Outcome: notify.OutcomeRetry, Code: codeLedger}
	case !have:
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoConsent}
	}
	body := map[string]any{
		"touser": p.WeChat, "template_id": t.ID, "data": data, "miniprogram_state": c.conf.State, "lang": language(p),
	}
	if page := t.page(p); page != "" {
		body["page"] = page
	}
	sent := c.call(ctx, "/cgi-bin/message/subscribe/send", body)
	switch {
	case sent.Code == codeOf(refused):
		err = c.consents.Clear(context.WithoutCancel(ctx), p.WeChat, t.ID)
	case sent.Outcome == notify.OutcomeAccepted, sent.Outcome == notify.OutcomeAmbiguous, t.Way == Lasting:
	default:
		err = c.consents.Return(context.WithoutCancel(ctx), p.WeChat, t.ID)
	}
	_ = err // the ledger is then too low, which costs a message by another channel and nothing else
	return sent
}

// sendService sends a template of a service account. The provider takes one
// client_msg_id once within ten minutes, so that a lost answer is asked for
// again by sending the same; what is lost twice stays lost.
func (c *Client) sendService(ctx context.Context, p notify.Parcel, t Template, data fields) notify.Sent {
	body := map[string]any{"touser": p.WeChat, "template_id": t.ID, "data": data, "client_msg_id": clientID(p.OutID)}
	if to := c.address(t, p); to != "" {
		body["url"] = to
	}
	sent := c.call(ctx, "/cgi-bin/message/template/send", body)
	if sent.Outcome == notify.OutcomeAmbiguous && ctx.Err() == nil {
		sent = c.call(ctx, "/cgi-bin/message/template/send", body)
		if sent.Outcome == notify.OutcomeRetry { // of the second; the first may have gone
			sent.Outcome = notify.OutcomeAmbiguous
		}
	}
	return sent
}

// page is the page of the mini program that a message opens: with the message's
// own link, which the program shows in a web view.
func (t Template) page(p notify.Parcel) string {
	if t.Page == "" || p.Link == "" {
		return t.Page
	}
	sep := "?"
	if strings.Contains(t.Page, "?") {
		sep = "&"
	}
	return t.Page + sep + url.Values{"link": {p.Link}}.Encode()
}

// address is the page that a template of a service account opens: the message's
// own, or that of the template while nobody said where our pages are.
func (c *Client) address(t Template, p notify.Parcel) string {
	if c.conf.Link == "" || p.Link == "" {
		return t.Page
	}
	return strings.TrimSuffix(c.conf.Link, "/") + p.Link
}

// maxClientID is the longest client_msg_id.
const maxClientID = 32

// clientID shortens an out-id to what the provider takes: ours are unique in
// their last characters.
func clientID(outID string) string {
	id := make([]byte, 0, maxClientID)
	for i := len(outID) - 1; i >= 0 && len(id) < maxClientID; i-- {
		if outID[i] != '-' {
			id = append(id, outID[i])
		}
	}
	for i, j := 0, len(id)-1; i < j; i, j = i+1, j-1 {
		id[i], id[j] = id[j], id[i]
	}
	return string(id)
}

// call makes one call with a token, and a second one when the provider says
// that the token is not valid: such an answer took nothing.
func (c *Client) call(ctx context.Context, path string, body any) notify.Sent {
	bad := ""
	for range 2 {
		token, fail := c.credential(ctx, bad)
		if fail != nil {
			return notify.Sent{Outcome: fail.outcome, Code: fail.code}
		}
		a, fail := c.post(ctx, path, url.Values{"access_token": {token}}, body)
		switch {
		case fail != nil:
			return notify.Sent{Outcome: fail.outcome, Code: fail.code}
		case a.Code == nil:
			return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeUnreadable}
		case *a.Code == 0:
			return notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK", ProviderID: messageID(a.MsgID.String())}
		case !stale(*a.Code):
			return notify.Sent{Outcome: outcome(*a.Code), Code: codeOf(*a.Code)}
		}
		bad = token
	}
	return notify.Sent{Outcome: notify.OutcomeConfig, Code: codeToken}
}

// messageID is how the provider's id of a message is stored, "" if it gave
// none: it does not for every kind of account.
func messageID(id string) string {
	if id == "" || id == "0" || len(id) > 32 {
		return ""
	}
	return "wx-" + id
}

func language(p notify.Parcel) string {
	if p.Lang == "en" {
		return "en_US"
	}
	return "zh_CN"
}

// Check asks for the account's token, which sends nothing and costs nothing.
func (c *Client) Check(ctx context.Context) (code string) {
	if _, fail := c.credential(ctx, ""); fail != nil {
		return fail.code
	}
	return ""
}
