package aliyun

import (
	"context"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// nobody is a number to ask about that is never written to.
const nobody = "13000000000"

// Check asks the provider a question that costs and sends nothing, to learn
// whether it can be reached and takes the credentials and this machine's
// time. It cannot tell whether the sign and the templates are approved.
func (c *Client) Check(ctx context.Context, now time.Time) error {
	_, _, sent := c.SMS().page(ctx, now.In(providerZone).Format("20060102"), houzhen.NewPhone(nobody), 1)
	switch sent.Outcome {
	case notify.OutcomeAccepted, notify.OutcomeMessage, notify.OutcomeRecipient, notify.OutcomeDefer: // it talked business with us
		return nil
	case notify.OutcomeConfig:
		return houzhen.E(houzhen.CodeInvalid, "the SMS provider refuses: "+sent.Code).On(fieldToBlame(sent.Code))
	case notify.OutcomeRetry, notify.OutcomeAmbiguous:
	}
	return houzhen.E(houzhen.CodeUnavailable, "no answer of the SMS provider: "+sent.Code).On("endpoint")
}

// fieldToBlame says where to look first.
func fieldToBlame(code string) string {
	for _, f := range []struct{ prefix, field string }{
		{"InvalidAccessKeyId", "access_key_id"}, {"Signature", "access_key_secret"}, {"InvalidTimeStamp", "clock"}, {codeTLS, "root_cas"},
	} {
		if strings.HasPrefix(code, f.prefix) {
			return f.field
		}
	}
	return "account"
}
