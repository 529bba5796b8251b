package clinictest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

const (
	crashAccount  = "13812349000"
	crashPassword = "correct-horse-battery"
	crashWorkers  = 4
)

// crash is a server that is killed again and again while people book and
// check in, and what it promised them.
type crash struct {
	t        *testing.T
	ctx      context.Context
	binary   string
	cfg      app.Config
	provider *aliyuntest.Server
	session  booking.Session
	people   []directory.Patient
	random   *rand.Rand
	account  *http.Client
	nurse    *http.Client

	next atomic.Int64 // who books next
	mu   sync.Mutex
	done map[int]promise
}

// promise is what the server has acknowledged to one patient.
type promise struct {
	id, voucher string
	checkedIn   bool
}

// TestKillNine kills the real program at random moments. What it acknowledged
// must be there afterwards, once; what it may have sent it must not send again.
func TestKillNine(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "houzhen")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/houzhen/houzhen/cmd/houzhen").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		killNine(t, binary, Backend{Name: "sqlite"})
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		killNine(t, binary, Services(t))
	})
}

func killNine(t *testing.T, binary string, b Backend) {
	t.Helper()
	rounds, each := 4, 12
	if os.Getenv("HOUZHEN_LONG") == "1" {
		rounds, each = 40, 20
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c := &crash{t: t, ctx: ctx, binary: binary, random: rand.New(rand.NewPCG(9, 9)), done: map[int]promise{}}
	c.prepare(b, min(190, rounds*each*2))
	for round := range rounds {
		stop := c.serve()
		if round == 0 {
			c.signIn(stop.url)
		}
		c.work(stop, 1+c.random.IntN(each))
	}
	stop := c.serve()
	c.work(stop, 0) // whoever was left in doubt asks again, and everybody else
	stop.end(syscall.SIGTERM)
	c.audit()
}

// noon gives a zone in which it is about noon now, so that the story can be
// told at any time of day: no quiet hours, and a session this afternoon.
func noon(now time.Time) string {
	offset := 12 - now.UTC().Hour()
	return fmt.Sprintf("Etc/GMT%+d", -offset) // their sign is turned round
}

func (c *crash) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// prepare fills a database with a house, a session of this afternoon, an
// account with a large family, and a nurse.
func (c *crash) prepare(b Backend, people int) {
	c.t.Helper()
	c.provider = aliyuntest.New(aliyuntest.Options{Now: clock.Real{}.Now})
	c.must(c.provider.Start(c.ctx))
	c.t.Cleanup(func() { _ = c.provider.Close() })
	c.provider.Decide(always(aliyuntest.Delay(20 * time.Millisecond))) // so that many are on their way when it is killed
	clinic := &Clinic{T: c.t}
	c.cfg = app.Defaults()
	c.cfg.Data, c.cfg.DatabaseURL, c.cfg.RedisURL = c.t.TempDir(), b.Database, b.RedisURL
	c.cfg.TimeZone = noon(clock.Real{}.Now())
	c.cfg.Aliyun = app.AliyunConfig{
		AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
		Sign: "示例医院", Endpoint: c.provider.Addr(), Templates: clinic.templates(),
	}
	c.inside(func(a *app.App) {
		c.must(a.Redis().FlushDB(c.ctx).Err())
		c.must(a.Directory.SaveHouse(c.ctx, house()))
		c.must(a.AddStaff(c.ctx, directory.Staff{Login: "nurse", Display: "nurse", Role: directory.RoleNurse}, crashPassword))
		c.family(a, people)
		day := houzhen.DateOf(a.Now(), a.Location())
		s, err := a.Booking.AddSession(c.ctx, booking.Session{
			DepartmentID: "cardio", ZoneID: "zone-b", RoomID: "room-3", DoctorID: "wang", Date: day, Part: houzhen.Afternoon,
			Start: day.At(13, 0, a.Location()), End: day.At(17, 0, a.Location()), Deadline: day.At(17, 0, a.Location()),
			SliceMinutes: 60, SliceCapacity: 49, Class: booking.Specialist, Prefix: "A", ReleaseAt: day.AddDays(-1).At(0, 0, a.Location()),
		})
		c.must(err)
		c.session = s
	})
}

func (c *crash) family(a *app.App, people int) {
	account, err := a.Directory.EnsureAccount(c.ctx, houzhen.NewPhone(crashAccount), houzhen.Chinese)
	c.must(err)
	c.must(a.Store.Directory().InTx(c.ctx, func(tx directory.Tx) error {
		c.people = nil
		for i := range people {
			p := sim.Person(1, i+1, houzhen.DateOf(a.Now(), a.Location()))
			p.ID, p.Version = fmt.Sprintf("patient-%03d", i), 1
			k := directory.Kinship{AccountID: account.ID, PatientID: p.ID, Relation: "other", ConsentAt: tx.Now()}
			if err := errors.Join(tx.AddPatient(c.ctx, p), tx.SaveKin(c.ctx, k)); err != nil {
				return err
			}
			c.people = append(c.people, p)
		}
		return nil
	}))
}

// inside works on the database while no server does.
func (c *crash) inside(do func(*app.App)) {
	c.t.Helper()
	a, err := app.New(c.ctx, c.cfg, app.Options{})
	c.must(err)
	do(a)
	c.must(a.Close())
}

// process is one life of the server.
type process struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	dead chan struct{} // closed when it has ended
}

// serve starts the program and waits until it says where it serves.
func (c *crash) serve() *process {
	c.t.Helper()
	var codes []string
	for key, code := range c.cfg.Aliyun.Templates {
		codes = append(codes, key+"="+code)
	}
	cmd := exec.CommandContext(c.ctx, c.binary, "serve", "--log=error")
	cmd.Env = []string{
		"HOUZHEN_DATA=" + c.cfg.Data, "HOUZHEN_LISTEN=127.0.0.1:0", "HOUZHEN_TIME_ZONE=" + c.cfg.TimeZone,
		"HOUZHEN_BOOKING_RATES=account=0/0,device=0/0,address=0/0", // one family is a whole hospital here
		"DATABASE_URL=" + c.cfg.DatabaseURL, "REDIS_URL=" + c.cfg.RedisURL,
		"ALIYUN_ACCESS_KEY_ID=" + c.cfg.Aliyun.AccessKeyID, "ALIYUN_ACCESS_KEY_SECRET=" + c.cfg.Aliyun.AccessKeySecret.Reveal(),
		"ALIYUN_ENDPOINT=" + c.cfg.Aliyun.Endpoint, "ALIYUN_SCHEME=HTTP", "ALIYUN_SMS_SIGN=" + c.cfg.Aliyun.Sign,
		"ALIYUN_SMS_TEMPLATES=" + strings.Join(codes, ";"),
	}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	c.must(err)
	c.must(cmd.Start())
	p := &process{t: c.t, cmd: cmd, dead: make(chan struct{})}
	served := make(chan string, 1)
	go func() {
		defer close(p.dead)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "houzhen serves on "); ok {
				served <- url
			}
		}
		_ = cmd.Wait() // killed: its error says so
	}()
	select {
	case p.url = <-served:
	case <-p.dead:
		c.t.Fatalf("the server ended by itself:\n%s", said.String())
	}
	return p
}

// end sends a signal and waits for the end.
func (p *process) end(how os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	<-p.dead
}

// signIn opens both sessions; their cookies outlive the server.
func (c *crash) signIn(url string) {
	c.t.Helper()
	clinic := &Clinic{T: c.t, ctx: c.ctx, url: url}
	family, nurse := clinic.Browser(), clinic.Browser()
	asked := family.Want(http.StatusOK, family.Do("POST", "/api/v1/sign-in/code", map[string]string{"phone": crashAccount}))
	var code string
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for code == "" {
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			c.t.Fatal("the sign-in code never came")
		}
		for m := range c.provider.All() {
			code = sixDigits.FindString(m.Params)
		}
	}
	family.Want(http.StatusOK, family.Do("POST", "/api/v1/sign-in", map[string]string{"sign_in": asked.Field("sign_in"), "code": code}))
	nurse.Want(http.StatusOK, nurse.Do("POST", "/api/v1/staff/sign-in", map[string]string{"login": "nurse", "password": crashPassword}))
	c.account, c.nurse = family.http, nurse.http
}

// work lets people book and check in until so many answers have come, and
// kills the server in the middle of the others. 0 lets everybody finish.
func (c *crash) work(p *process, answers int) {
	c.t.Helper()
	var got atomic.Int64
	var wg sync.WaitGroup
	var once sync.Once
	acknowledged := func() {
		if n := got.Add(1); answers > 0 && n >= int64(answers) {
			once.Do(func() { p.end(syscall.SIGKILL) })
		}
	}
	c.next.Store(0)
	for range crashWorkers {
		wg.Go(func() {
			for i := int(c.next.Add(1)) - 1; i < len(c.people); i = int(c.next.Add(1)) - 1 {
				if !c.visit(p.url, i, acknowledged) {
					return // the server is gone
				}
			}
		})
	}
	wg.Wait()
	if answers > 0 {
		once.Do(func() { p.end(syscall.SIGKILL) })
	}
}

// visit books for one of the family and checks him in, each with a key of its
// own that stays the same over all lives of the server. False when it is gone.
func (c *crash) visit(url string, i int, acknowledged func()) bool {
	c.mu.Lock()
	had := c.done[i]
	c.mu.Unlock()
	if had.id == "" {
		a, alive := c.ask(c.account, url+"/api/v1/appointments", fmt.Sprint("book-", i), http.StatusCreated,
			map[string]any{"patient_id": c.people[i].ID, "session_id": c.session.ID})
		if !alive {
			return false
		}
		had = promise{id: a.Field("id"), voucher: a.Field("voucher")}
		c.keep(i, had)
		acknowledged()
	}
	if i%2 == 0 && !had.checkedIn {
		if _, alive := c.ask(c.nurse, url+"/api/v1/checkin", fmt.Sprint("in-", i), http.StatusOK, map[string]any{"voucher": had.voucher}); !alive {
			return false
		}
		had.checkedIn = true
		c.keep(i, had)
		acknowledged()
	}
	return true
}

// ask sends a request; alive is false when no answer came.
func (c *crash) ask(who *http.Client, url, key string, want int, body any) (a Answer, alive bool) {
	payload, err := json.Marshal(body)
	if err != nil {
		c.t.Error(err)
		return a, false
	}
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		c.t.Error(err)
		return a, false
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	w, err := who.Do(r)
	if err != nil {
		return a, false
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	if err != nil || json.Unmarshal(text, &a.Body) != nil {
		return a, false // cut off in the middle
	}
	if w.StatusCode != want {
		c.t.Errorf("%s: %d %s", key, w.StatusCode, text)
		return a, false
	}
	return a, true
}

func (c *crash) keep(i int, p promise) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[i] = p
}
