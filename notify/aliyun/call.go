package aliyun

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/houzhen/houzhen/notify"
)

// Codes of our own, for what happens without an answer of the provider.
const (
	codeCancelled   = "local.cancelled"   // the caller gave up
	codeTimeout     = "local.timeout"     // no answer in time
	codeUnreachable = "local.unreachable" // no connection; nothing was handed over
	codeTLS         = "local.tls"         // the other side is not who it should be
	codeBroken      = "local.broken"      // the connection broke
	codeRedirected  = "local.redirected"
	codeUnreadable  = "local.unreadable" // an answer that is none
	codeEmpty       = "local.empty"
	codePanic       = "local.panic" // the SDK fell over the answer
	codeNoTemplate  = "local.no_template"
	codeNoPhone     = "local.no_phone"
	codeNoAccount   = "local.no_account"
	codeNoAppKey    = "local.no_app_key"
)

// codeOK is the provider's word for a message that it took.
const codeOK = "OK"

// answer is what is kept of a provider's answer. message is read for flow
// control and goes no further.
type answer struct{ code, message, id string }

// options is what the SDK's clients are made with for one call.
type options struct {
	config *sdk.Config
	client *Client
}

// enclose closes the ways in which a client of the SDK looks at the
// environment, or lets others look at the call.
func enclose(c *sdk.Client) {
	c.SetReadTimeout(-1)      // none of its own, and no goroutine for it: the context has it
	c.SetNoProxy("-")         // it would compile NO_PROXY as regular expressions
	c.SetHttpProxy("direct:") // proxies are the shared transport's affair
	c.SetHttpsProxy("direct:")
	c.SetCloseTrace(true) // a global tracer would get the URL with the phone in it
}

// do makes one call of the SDK and judges what came of it. It always returns,
// whatever the provider or the SDK does.
func (c *Client) do(ctx context.Context, call func(options) (answer, error)) notify.Sent {
	if ctx.Err() != nil {
		return notify.Sent{Outcome: notify.OutcomeRetry, Code: codeCancelled}
	}
	ctx, cancel := context.WithTimeout(ctx, c.conf.Timeout)
	defer cancel()
	carry := &carrier{ctx: ctx, base: c.base}
	conf := sdk.NewConfig().WithScheme(c.conf.Scheme).WithAutoRetry(false)
	conf.Transport = carry

	a, err := guard(func() (answer, error) { return call(options{conf, c}) })
	if err != nil {
		return c.judgeError(ctx, err, carry.reached.Load())
	}
	return c.judge(a)
}

// errPanic stands for a panic, whose value may quote the answer.
var errPanic = errors.New("panic")

// guard turns a panic of the SDK into an error: an error body whose code is
// no string makes it panic.
func guard(call func() (answer, error)) (a answer, err error) {
	defer func() {
		if recover() != nil {
			a, err = answer{}, errPanic
		}
	}()
	return call()
}

// judge reads an answer that came with HTTP status 2xx, which says nothing.
func (c *Client) judge(a answer) notify.Sent {
	switch a.code {
	case codeOK:
		return notify.Sent{Outcome: notify.OutcomeAccepted, ProviderID: cleanID(a.id), Code: codeOK}
	case "":
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeEmpty}
	}
	return c.refused(a.code, a.message)
}

// refused classifies by the provider's code, never by the HTTP status.
func (c *Client) refused(code, message string) notify.Sent {
	s := notify.Sent{Outcome: c.codes.outcome(code), Code: cleanCode(code)}
	if s.Outcome == notify.OutcomeDefer {
		s.RetryIn = c.codes.wait(message, c.conf.Now)
	}
	return s
}

// judgeError classifies the lack of a proper answer. err is looked at and
// dropped: its text may hold the whole request.
func (c *Client) judgeError(ctx context.Context, err error, reached bool) notify.Sent {
	var server *sdkerrors.ServerError
	if errors.As(err, &server) && server.ErrorCode() != "" {
		return c.refused(server.ErrorCode(), server.Message())
	}
	var client *sdkerrors.ClientError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errPanic):
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codePanic}
	case server != nil, errors.As(err, &client) && client.ErrorCode() == sdkerrors.JsonUnmarshalErrorCode:
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeUnreadable}
	case errors.Is(err, errRedirected):
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeRedirected}
	case !reached && errors.As(err, &cert):
		return notify.Sent{Outcome: notify.OutcomeConfig, Code: codeTLS}
	case !reached:
		return notify.Sent{Outcome: notify.OutcomeRetry, Code: codeUnreachable}
	case errors.Is(ctx.Err(), context.Canceled):
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeCancelled}
	case timedOut(ctx, err):
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeTimeout}
	}
	return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeBroken}
}

func timedOut(ctx context.Context, err error) bool {
	var t interface{ Timeout() bool }
	return ctx.Err() != nil || errors.As(err, &t) && t.Timeout()
}

// window gives how long it is to the end of the clock window of length d.
func window(d time.Duration, now func() time.Time) time.Duration {
	if now == nil {
		return d
	}
	t := now()
	return t.Truncate(d).Add(d).Sub(t)
}
