package api

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/houzhen/houzhen"
)

// maxReport is the largest delivery report that is read.
const maxReport = 1 << 20

// smsReport takes delivery reports and answers as Aliyun wants it. Whether the
// token is right is decided by Receipts; a wrong one finds nothing here.
func (a *API) smsReport(w http.ResponseWriter, r *http.Request) error {
	return posted(w, r, a.Receipts.SMSReport)
}

// smsUp takes what people answered by SMS, likewise.
func (a *API) smsUp(w http.ResponseWriter, r *http.Request) error {
	return posted(w, r, a.Receipts.SMSUp)
}

// voiceReport takes what became of calls, likewise.
func (a *API) voiceReport(w http.ResponseWriter, r *http.Request) error {
	return posted(w, r, a.Receipts.VoiceReport)
}

// weChatHello answers the question of WeChat's setting up.
func (a *API) weChatHello(w http.ResponseWriter, r *http.Request) error {
	echo, err := a.Receipts.WeChatHello(r.URL.Query())
	if err != nil {
		return fmt.Errorf("answer WeChat: %w", err)
	}
	return plainText(w, echo)
}

// weChatEvent takes what WeChat posts and answers as it wants it.
func (a *API) weChatEvent(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		return houzhen.E(houzhen.CodeTooLarge, "report is over the limit").Because(err)
	}
	ack, err := a.Receipts.WeChatEvent(r.Context(), r.URL.Query(), body)
	if err != nil {
		return fmt.Errorf("take event of WeChat: %w", err)
	}
	return plainText(w, ack)
}

func posted(w http.ResponseWriter, r *http.Request, take func(ctx context.Context, token string, body []byte) error) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		return houzhen.E(houzhen.CodeTooLarge, "report is over the limit").Because(err)
	}
	if err := take(r.Context(), r.PathValue("token"), body); err != nil {
		return fmt.Errorf("take report: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = io.WriteString(w, `{"code":0,"msg":"ok"}`)
	return err
}
