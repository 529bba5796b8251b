package aliyun_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/mocktracer"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// The traps of the SDK lie in wait at every action that is called, so that
// each test here walks all of them.

// phones gives a number that no other call of the process was given, because
// one person may be called once a minute.
var phones atomic.Int64

func fresh(outID string) notify.Parcel {
	p := parcel(outID)
	n := phones.Add(1)
	p.Phone, p.Push = houzhen.NewPhone(fmt.Sprintf("139%08d", n)), fmt.Sprintf("account-%d", n)
	return p
}

// ways is every action that sends, each with a parcel; batches are of two and
// give the answer for the first once both are the same.
func ways(c *aliyun.Client) map[string]func(context.Context, string) notify.Sent {
	many := func(s notify.BatchSender) func(context.Context, string) notify.Sent {
		return func(ctx context.Context, outID string) notify.Sent {
			sent := s.SendBatch(ctx, []notify.Parcel{fresh(outID), fresh(outID + "-b")})
			if sent[0].Outcome != sent[1].Outcome || sent[0].Code != sent[1].Code {
				return notify.Sent{Code: fmt.Sprintf("differ: %+v", sent)}
			}
			return sent[0]
		}
	}
	one := func(s notify.Sender) func(context.Context, string) notify.Sent {
		return func(ctx context.Context, outID string) notify.Sent { return s.Send(ctx, fresh(outID)) }
	}
	return map[string]func(context.Context, string) notify.Sent{
		"SendSms": one(c.SMS()), "SendBatchSms": many(c.SMS()), "Push": one(c.Push()), "MassPush": many(c.Push()), "SingleCallByTts": one(c.Voice()),
	}
}

// eachWay runs f for every action, with a gateway of its own.
func eachWay(t *testing.T, f func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string)) {
	t.Helper()
	for action := range ways(client(t, config(nowhere))) {
		t.Run(action, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{DailyLimit: -1})
			f(t, s, conf, action)
		})
	}
}

func send(t *testing.T, conf aliyun.Config, action, outID string) notify.Sent {
	t.Helper()
	sent := ways(client(t, conf))[action](t.Context(), outID)
	sent.ProviderID, sent.RetryIn = "", 0
	return sent
}

func TestEveryActionReachesItsServer(t *testing.T) {
	eachWay(t, func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string) {
		t.Helper()
		if diff := cmp.Diff(send(t, conf, action, "out-1"), notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK"}); diff != "" {
			t.Error(diff)
		}
		for _, m := range s.Taken() {
			if m.Action != action {
				t.Errorf("%s came as %s", action, m.Action)
			}
		}
	})
}

func TestEveryActionGoesOverTLSUnlessToldOtherwise(t *testing.T) {
	eachWay(t, func(t *testing.T, plain *aliyuntest.Server, conf aliyun.Config, action string) {
		t.Helper()
		conf.Scheme = ""
		if sent := send(t, conf, action, "out-1"); sent.Outcome != notify.OutcomeRetry || plain.Requests() != 0 {
			t.Errorf("over plain HTTP: %+v and %d requests, want nothing handed over", sent, plain.Requests())
		}
		gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now})
		encrypted := httptest.NewTLSServer(gateway)
		defer encrypted.Close()
		addr := encrypted.Listener.Addr().String()
		conf.Endpoint, conf.PushEndpoint, conf.VoiceEndpoint = addr, addr, addr
		conf.RootCAs = x509.NewCertPool()
		conf.RootCAs.AddCert(encrypted.Certificate())
		if sent := send(t, conf, action, "out-1"); sent.Outcome != notify.OutcomeAccepted || gateway.Count() == 0 {
			t.Errorf("over TLS: %+v and %d taken, want accepted", sent, gateway.Count())
		}
	})
}

func TestNoActionIsTriedTwice(t *testing.T) {
	for name, fault := range map[string]aliyuntest.Fault{
		"502": aliyuntest.BadGateway(), "500": aliyuntest.RefuseWith(http.StatusInternalServerError, "InternalError"), "reset": aliyuntest.Reset(),
		"taken": aliyuntest.Reset().ButTaken(), "empty": aliyuntest.Empty(), "throttled": aliyuntest.RefuseWith(http.StatusBadRequest, "Throttling.User"),
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string) {
				t.Helper()
				way := ways(client(t, conf))[action]
				way(t.Context(), "warm") // so that the next one meets a kept connection
				s.Script(fault)
				way(t.Context(), "out-1")
				if s.Requests() != 2 {
					t.Errorf("requests = %d, want one for each of two sends", s.Requests())
				}
			})
		})
	}
}

// TestOutcomeOfEveryAction says what a lost, odd or refusing answer means.
func TestOutcomeOfEveryAction(t *testing.T) {
	for name, tt := range map[string]struct {
		fault aliyuntest.Fault
		want  notify.Sent
	}{
		"reset":        {aliyuntest.Reset(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}},
		"taken, reset": {aliyuntest.Reset().ButTaken(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}},
		"garbage":      {aliyuntest.Garbage(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}},
		"empty":        {aliyuntest.Empty(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.empty"}},
		"page":         {aliyuntest.BadGateway(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}},
		"numeric code": {aliyuntest.NumericCode(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.panic"}},
		"throttled":    {aliyuntest.RefuseWith(http.StatusBadRequest, "Throttling.Api"), notify.Sent{Outcome: notify.OutcomeRetry, Code: "Throttling.Api"}},
		"wrong secret": {aliyuntest.RefuseWith(http.StatusBadRequest, "SignatureDoesNotMatch"), notify.Sent{Outcome: notify.OutcomeConfig, Code: "SignatureDoesNotMatch"}},
		"away":         {aliyuntest.RefuseWith(http.StatusForbidden, "ServiceUnavailable"), notify.Sent{Outcome: notify.OutcomeRetry, Code: "ServiceUnavailable"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string) {
				t.Helper()
				s.Decide(func(aliyuntest.Call) aliyuntest.Fault { return tt.fault })
				if diff := cmp.Diff(send(t, conf, action, "out-1"), tt.want); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestTimeoutEndsEveryAction(t *testing.T) {
	eachWay(t, func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string) {
		t.Helper()
		conf.Timeout = 30 * time.Millisecond
		way := ways(client(t, conf))[action]
		var arrived atomic.Bool
		s.Decide(func(aliyuntest.Call) aliyuntest.Fault {
			arrived.Store(true)
			return aliyuntest.Hang()
		})
		var sent notify.Sent
		for !arrived.Load() { // a busy machine may take longer than the time-out to get there
			sent = way(t.Context(), "out-1")
		}
		if sent.Code != "local.timeout" || sent.Outcome != notify.OutcomeAmbiguous {
			t.Errorf("%+v, want a time-out, ambiguous", sent)
		}
	})
}

func TestContextEndsEveryAction(t *testing.T) {
	eachWay(t, func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string) {
		t.Helper()
		arrived := make(chan struct{}, 1)
		s.Decide(func(aliyuntest.Call) aliyuntest.Fault {
			arrived <- struct{}{}
			return aliyuntest.Hang()
		})
		conf.Timeout = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		if sent := ways(client(t, conf))[action](ctx, "out-1"); sent.Code != "local.cancelled" || sent.Outcome != notify.OutcomeAmbiguous {
			t.Errorf("%+v, want cancelled and ambiguous", sent)
		}
	})
}

func TestNoActionFollowsARedirect(t *testing.T) {
	eachWay(t, func(t *testing.T, elsewhere *aliyuntest.Server, conf aliyun.Config, action string) {
		t.Helper()
		redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+elsewhere.Addr()+r.RequestURI, http.StatusTemporaryRedirect)
		}))
		defer redirecting.Close()
		addr := redirecting.Listener.Addr().String()
		conf.Endpoint, conf.PushEndpoint, conf.VoiceEndpoint = addr, addr, addr
		want := notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.redirected"}
		if diff := cmp.Diff(send(t, conf, action, "out-1"), want); diff != "" || elsewhere.Requests() != 0 {
			t.Errorf("%s; %d requests elsewhere", diff, elsewhere.Requests())
		}
	})
}

func TestNothingPersonalComesOutOfAnyAction(t *testing.T) {
	leak := fmt.Sprintf(`{"Code":"%s","Message":"%s %s","RequestId":"%s","BizId":"%s","CallId":"%s"}`, phone, phone, patient, keyID, phone, phone)
	for name, fault := range map[string]aliyuntest.Fault{
		"reset": aliyuntest.Reset(), "hang": aliyuntest.Hang(), "leak": aliyuntest.Answer(200, "application/json", leak),
		"leak as id":    aliyuntest.Answer(200, "application/json", `{"Code":"OK","BizId":"`+patient+`","CallId":"`+patient+`","MessageId":"`+patient+`","MessageIds":{"MessageId":["`+patient+`","`+patient+`"]}}`),
		"leak as panic": aliyuntest.Answer(400, "application/json", `{"Code":["`+phone+`"]}`),
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, s *aliyuntest.Server, conf aliyun.Config, action string) {
				t.Helper()
				conf.Timeout = 50 * time.Millisecond
				s.Decide(func(aliyuntest.Call) aliyuntest.Fault { return fault })
				out := fmt.Sprintf("%+v", ways(client(t, conf))[action](t.Context(), "out-1"))
				for _, p := range []string{phone, "139000", patient, url.QueryEscape(patient), keyID, secret, "Signature", "account-", "/a/1"} {
					if strings.Contains(out, p) {
						t.Errorf("%q comes out in %s", p, out)
					}
				}
			})
		})
	}
}

func TestNoTracerSeesAnyAction(t *testing.T) {
	tracer := mocktracer.New()
	opentracing.SetGlobalTracer(tracer)
	defer opentracing.SetGlobalTracer(opentracing.NoopTracer{})
	eachWay(t, func(t *testing.T, _ *aliyuntest.Server, conf aliyun.Config, action string) {
		t.Helper()
		send(t, conf, action, "out-1")
	})
	if spans := tracer.FinishedSpans(); len(spans) != 0 {
		t.Errorf("a tracer was told %q", spans[0].OperationName)
	}
}

func TestEnvironmentStopsNoAction(t *testing.T) {
	for name, value := range map[string]string{"NO_PROXY": "[", "HTTP_PROXY": "http://["} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			eachWay(t, func(t *testing.T, _ *aliyuntest.Server, conf aliyun.Config, action string) {
				t.Helper()
				if sent := send(t, conf, action, "out-1"); sent.Outcome != notify.OutcomeAccepted {
					t.Errorf("%+v, want accepted", sent)
				}
			})
		})
	}
}

// TestEveryActionAtOnce is for the race detector: the SDK's own clients are
// not safe for use by more than one goroutine, and neither are its maps.
func TestEveryActionAtOnce(t *testing.T) {
	gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now, DailyLimit: -1})
	addr, connections := counted(t, gateway)
	conf := config(addr)
	conf.Connections = 6
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			own, err := aliyun.New(conf)
			if err != nil {
				t.Error(err)
				return
			}
			own.Close()
		})
	}
	all := ways(client(t, conf))
	var accepted atomic.Int64
	for range 6 {
		for _, way := range all {
			wg.Go(func() {
				for n := range 4 {
					if way(t.Context(), fmt.Sprint("out-", n)).Outcome == notify.OutcomeAccepted {
						accepted.Add(1)
					}
				}
			})
		}
	}
	wg.Wait()
	if accepted.Load() != int64(6*len(all)*4) {
		t.Errorf("accepted %d of %d", accepted.Load(), 6*len(all)*4)
	}
	if n := connections.Load(); n > 2*6 { // a busy machine may see one closed and made anew
		t.Errorf("%d connections, want about 6", n)
	}
}
