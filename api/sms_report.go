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
