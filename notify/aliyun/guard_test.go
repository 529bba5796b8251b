package aliyun_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dysmsapi"
	"github.com/google/go-cmp/cmp"
	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/mocktracer"
	"go.uber.org/goleak"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// Each test here holds one trap of the SDK shut and fails without its guard.

func TestHTTPSUnlessToldOtherwise(t *testing.T) {
	plain, conf := start(t, aliyuntest.Options{})
	conf.Scheme = ""
	if sent := client(t, conf).SMS().Send(t.Context(), parcel("out-1")); sent.Outcome != notify.OutcomeRetry {
		t.Errorf("over plain HTTP: %+v, want nothing handed over", sent)
	}
	if plain.Requests() != 0 {
		t.Error("a request travelled in the open")
	}

	gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now})
	encrypted := httptest.NewTLSServer(gateway)
	defer encrypted.Close()
	conf.Endpoint = encrypted.Listener.Addr().String()
	conf.RootCAs = x509.NewCertPool()
	conf.RootCAs.AddCert(encrypted.Certificate())
	if sent := client(t, conf).SMS().Send(t.Context(), parcel("out-1")); sent.Outcome != notify.OutcomeAccepted || gateway.Count() != 1 {
		t.Errorf("over TLS: %+v and %d taken, want accepted", sent, gateway.Count())
	}
}

func TestStrangerIsNotTalkedTo(t *testing.T) {
	gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now})
	encrypted := httptest.NewUnstartedServer(gateway)
	encrypted.Config.ErrorLog = nil
	encrypted.StartTLS()
	defer encrypted.Close()
	conf := config(encrypted.Listener.Addr().String())
	conf.Scheme = "HTTPS"
	want := notify.Sent{Outcome: notify.OutcomeConfig, Code: "local.tls"}
	if diff := cmp.Diff(client(t, conf).SMS().Send(t.Context(), parcel("out-1")), want); diff != "" {
		t.Error(diff)
	}
	if gateway.Requests() != 0 {
		t.Error("a request went to a server with an unknown certificate")
	}
}

func TestNeverSendsTwiceByItself(t *testing.T) {
	for name, fault := range map[string]aliyuntest.Fault{
		"502":        aliyuntest.BadGateway(),
		"500":        aliyuntest.RefuseWith(http.StatusInternalServerError, "InternalError"),
		"reset":      aliyuntest.Reset(),
		"taken":      aliyuntest.Reset().ButTaken(),
		"empty":      aliyuntest.Empty(),
		"nonce used": aliyuntest.RefuseWith(http.StatusBadRequest, "SignatureNonceUsed"),
	} {
		t.Run(name, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{})
			sms := client(t, conf).SMS()
			sms.Send(t.Context(), parcel("warm")) // so that the next one meets a kept connection
			s.Script(fault)
			sms.Send(t.Context(), parcel("out-1"))
			if s.Requests() != 2 {
				t.Errorf("requests = %d, want one for each of two sends", s.Requests())
			}
		})
	}
}

func TestContextEndsACall(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
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
	want := notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.cancelled"}
	if diff := cmp.Diff(client(t, conf).SMS().Send(ctx, parcel("out-1")), want); diff != "" {
		t.Error(diff)
	}
	want = notify.Sent{Outcome: notify.OutcomeRetry, Code: "local.cancelled"}
	if diff := cmp.Diff(client(t, conf).SMS().Send(ctx, parcel("out-1")), want); diff != "" {
		t.Errorf("already cancelled: %s", diff)
	}
	if s.Requests() != 1 {
		t.Errorf("requests = %d, want none after the end", s.Requests())
	}
}

func TestTimeoutEndsACall(t *testing.T) {
	for name, fault := range map[string]aliyuntest.Fault{"hang": aliyuntest.Hang(), "hang after taking": aliyuntest.Hang().ButTaken(), "slow": aliyuntest.Delay(time.Minute)} {
		t.Run(name, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{})
			conf.Timeout = 30 * time.Millisecond
			sms := client(t, conf).SMS()
			var arrived atomic.Bool
			s.Decide(func(aliyuntest.Call) aliyuntest.Fault {
				arrived.Store(true)
				return fault
			})
			var sent notify.Sent
			for !arrived.Load() { // a busy machine may take longer than the time-out to get there
				sent = sms.Send(t.Context(), parcel("out-1"))
			}
			if diff := cmp.Diff(sent, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.timeout"}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// counted is a server that counts the connections made to it.
func counted(t *testing.T, h http.Handler) (addr string, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), connections
}

func TestNothingLeaks(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now, DailyLimit: -1})
	t.Run("calls", func(t *testing.T) {
		addr, connections := counted(t, gateway)
		conf := config(addr)
		conf.Connections = 4
		c := client(t, conf)
		c.SMS().Send(t.Context(), parcel("first"))
		before := runtime.NumGoroutine()
		for range 300 {
			c.SMS().Send(t.Context(), parcel("out-1"))
			c.Push().Send(t.Context(), parcel("out-2"))
		}
		if more := runtime.NumGoroutine() - before; more > 8 {
			t.Errorf("%d goroutines more after 600 calls", more)
		}
		if n := connections.Load(); n > 4 {
			t.Errorf("%d connections for 601 calls one after another, want at most 4", n)
		}
		if gateway.Count() != 601 {
			t.Errorf("taken = %d, want 601", gateway.Count())
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now, DailyLimit: -1})
	addr, connections := counted(t, gateway)
	conf := config(addr)
	conf.Connections = 8
	var accepted atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			c, err := aliyun.New(conf) // clients are made at once, too
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
	}
	c := client(t, conf)
	for range 16 {
		wg.Go(func() {
			for range 20 {
				for _, s := range []notify.Sender{c.SMS(), c.Push()} {
					if s.Send(t.Context(), parcel("out-1")).Outcome == notify.OutcomeAccepted {
						accepted.Add(1)
					}
				}
				if _, _, err := c.SMS().Find(t.Context(), "nothing", parcel("").Phone, time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if accepted.Load() != 640 || gateway.Count() != 640 {
		t.Errorf("accepted %d, taken %d, want 640 of both", accepted.Load(), gateway.Count())
	}
	if n := connections.Load(); n > 2*8 { // a busy machine may see one closed and made anew
		t.Errorf("%d connections for 640 calls, want about 8", n)
	}
}

func TestPanicOfTheSDKIsAnOutcome(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	c := client(t, conf)
	want := notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.panic"}
	for _, sender := range []notify.Sender{c.SMS(), c.Push()} {
		s.Script(aliyuntest.NumericCode())
		if diff := cmp.Diff(sender.Send(t.Context(), parcel("out-1")), want); diff != "" {
			t.Errorf("%s: %s", sender.Channel(), diff)
		}
		if sent := sender.Send(t.Context(), parcel("out-2")); sent.Outcome != notify.OutcomeAccepted {
			t.Errorf("%s afterwards: %+v, want accepted", sender.Channel(), sent)
		}
	}
}

func TestRequestsKeepNothingOfTheLast(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	sms := client(t, conf).SMS()
	second := parcel("")
	second.Vars = nil
	for _, p := range []notify.Parcel{parcel("out-1"), second} {
		sms.Send(t.Context(), p)
	}
	if got := s.Taken()[1]; got.OutID != "" || got.Params != "" {
		t.Errorf("the second message has %q and %q of the first", got.OutID, got.Params)
	}
}

func TestEnvironmentCannotStopCalls(t *testing.T) {
	_, conf := start(t, aliyuntest.Options{})
	for name, value := range map[string]string{"NO_PROXY": "[", "HTTP_PROXY": "http://[", "HTTPS_PROXY": "http://["} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if sent := client(t, conf).SMS().Send(t.Context(), parcel("out-1")); sent.Outcome != notify.OutcomeAccepted {
				t.Errorf("%+v, want accepted", sent)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere, _ := start(t, aliyuntest.Options{})
	_, conf := start(t, aliyuntest.Options{})
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+elsewhere.Addr()+r.RequestURI, http.StatusTemporaryRedirect)
	}))
	defer redirecting.Close()
	conf.Endpoint = redirecting.Listener.Addr().String()
	want := notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.redirected"}
	if diff := cmp.Diff(client(t, conf).SMS().Send(t.Context(), parcel("out-1")), want); diff != "" {
		t.Error(diff)
	}
	if elsewhere.Requests() != 0 {
		t.Error("the request with the phone in its URL was carried elsewhere")
	}
}

func TestEndlessAnswerIsCutOff(t *testing.T) {
	const size = 64 << 20
	written := make(chan int, 1)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n, chunk := 0, make([]byte, 1<<16)
		for n < size {
			m, err := w.Write(chunk)
			if n += m; err != nil {
				break
			}
		}
		written <- n
	}))
	defer endless.Close()
	conf := config(endless.Listener.Addr().String())
	conf.Timeout = time.Minute
	want := notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}
	if diff := cmp.Diff(client(t, conf).SMS().Send(t.Context(), parcel("out-1")), want); diff != "" {
		t.Error(diff)
	}
	if n := <-written; n == size {
		t.Error("the whole of an endless answer was read")
	}
}

func TestTracerDoesNotSeeTheRequest(t *testing.T) {
	tracer := mocktracer.New()
	opentracing.SetGlobalTracer(tracer)
	defer opentracing.SetGlobalTracer(opentracing.NoopTracer{})
	_, conf := start(t, aliyuntest.Options{})
	c := client(t, conf)
	c.SMS().Send(t.Context(), parcel("out-1"))
	c.Push().Send(t.Context(), parcel("out-2"))
	if spans := tracer.FinishedSpans(); len(spans) != 0 {
		t.Errorf("a tracer was told %q", spans[0].OperationName)
	}
}

// TestDebugPrintsPeople shows in a process of its own why New refuses
// DEBUG=sdk: the SDK reads it before any code of ours and prints requests.
func TestDebugPrintsPeople(t *testing.T) {
	const role = "HOUZHEN_TEST_DEBUG_ENDPOINT"
	if addr := os.Getenv(role); addr != "" {
		conf := sdk.NewConfig()
		conf.Transport = http.DefaultTransport.(*http.Transport).Clone()
		api, err := dysmsapi.NewClientWithOptions("cn-hangzhou", conf, credentials.NewStaticAKCredentialsProvider(keyID, secret))
		if err != nil {
			t.Fatal(err)
		}
		req := dysmsapi.CreateSendSmsRequest()
		req.Domain, req.PhoneNumbers, req.SignName, req.TemplateCode = addr, phone, "候诊医院", "SMS_1"
		if _, err := api.SendSms(req); err != nil {
			t.Fatal(err)
		}
		_, err = aliyun.New(config(addr))
		os.Stdout.WriteString("\nNEW SAYS: " + errors.Join(err).Error() + "\n")
		return
	}
	s, _ := start(t, aliyuntest.Options{})
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDebugPrintsPeople$")
	child.Env = append(os.Environ(), "DEBUG=x,sdk", role+"="+s.Addr())
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said, refused, ok := strings.Cut(string(out), "NEW SAYS: ")
	if !strings.Contains(said, phone) {
		t.Error("the SDK does not print phones any more: the guard can go")
	}
	if !ok || !strings.Contains(refused, "DEBUG=sdk") {
		t.Errorf("New does not refuse: %s", refused)
	}
}

func TestDebugIsRefused(t *testing.T) {
	for value, refused := range map[string]bool{"sdk": true, "http,sdk": true, "": false, "sdk2": false, "http": false} {
		t.Setenv("DEBUG", value)
		if _, err := aliyun.New(config("127.0.0.1:1")); (err != nil) != refused {
			t.Errorf("DEBUG=%q: %v, want refused = %v", value, err, refused)
		}
	}
}

func TestConnectionsAreKept(t *testing.T) {
	gateway := aliyuntest.New(aliyuntest.Options{Now: time.Now, DailyLimit: -1})
	addr, connections := counted(t, gateway)
	sms := client(t, config(addr)).SMS()
	faults := []aliyuntest.Fault{aliyuntest.Normal(), aliyuntest.Garbage(), aliyuntest.BadGateway(), aliyuntest.NumericCode(), aliyuntest.Refuse("isv.X", "no"), aliyuntest.Normal()}
	gateway.Script(faults...)
	for range faults {
		sms.Send(t.Context(), parcel("out-1"))
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections, want 1: every answer is read to its end", n)
	}
}
