// Package clinictest tells stories of patients to the whole application: the
// real store, pipeline, reactions and provider client, a provider that checks
// signatures, and a clock that is moved by hand.
package clinictest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// Clinic is a running hospital of one department in a test.
type Clinic struct {
	T        *testing.T
	App      *app.App
	Clock    *clock.Step
	Provider *aliyuntest.Server
	Loc      *time.Location

	cfg    app.Config
	ctx    context.Context
	stop   func()
	people map[string]directory.Patient
	texts  map[string]string // template code → our key
	read   int               // messages of the provider that were handed to phones
	phones map[string][]SMS  // by number, not yet expected
}

// SMS is a message as it reached a phone.
type SMS struct {
	Template string // our key of the wording
	Params   string // JSON
	Channel  string
}

// Start is when every story begins: Monday, 2 March 2026, 08:00 in Shanghai.
var Start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// Backend is where a story runs.
type Backend struct {
	Name               string
	Database, RedisURL string // empty: embedded
}

// Each tells the story on every backend: SQLite with the in-process Redis, and
// PostgreSQL with Redis.
func Each(t *testing.T, story func(t *testing.T, c *Clinic)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { story(t, Open(t, Backend{Name: "sqlite"})) })
	t.Run("postgresql", func(t *testing.T) { story(t, Open(t, Services(t))) })
}

// Open starts a clinic; it is stopped with the test.
func Open(t *testing.T, b Backend) *Clinic {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	c := &Clinic{
		T: t, Clock: clock.NewStep(Start), Loc: loc, ctx: t.Context(), people: map[string]directory.Patient{}, phones: map[string][]SMS{},
	}
	c.Provider = aliyuntest.New(aliyuntest.Options{Now: clock.Real{}.Now, Stamp: c.Clock.Now})
	if err := c.Provider.Start(c.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Provider.Close() })
	c.cfg = app.Defaults()
	c.cfg.Data, c.cfg.DatabaseURL, c.cfg.RedisURL = t.TempDir(), b.Database, b.RedisURL
	c.cfg.Aliyun = app.AliyunConfig{
		AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
		Sign: "示例医院", Endpoint: c.Provider.Addr(), PushEndpoint: c.Provider.Addr(), PushAppKey: 1, Templates: c.templates(),
	}
	c.start()
	c.must(c.App.Redis().FlushDB(c.ctx).Err())
	c.must(c.App.Directory.SaveHouse(c.ctx, house()))
	return c
}

// start makes the application and lets it work.
func (c *Clinic) start() {
	c.T.Helper()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("HOUZHEN_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	a, err := app.New(c.ctx, c.cfg, app.Options{Clock: c.Clock, Log: log, Poll: 5 * time.Millisecond})
	c.must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.ctx))
	done := make(chan error, 1)
	go func() { done <- a.Drive(ctx) }()
	c.App = a
	c.stop = func() {
		cancel()
		if err := <-done; err != nil {
			c.T.Errorf("drive: %v", err)
		}
		if err := a.Close(); err != nil {
			c.T.Errorf("close: %v", err)
		}
	}
	c.T.Cleanup(func() { c.stop() })
}

// Restart ends the application, as a crash would between two instructions,
// and starts it again on the same database.
func (c *Clinic) Restart() {
	c.T.Helper()
	c.stop()
	c.stop = func() {}
	c.start()
}

func (c *Clinic) must(err error) {
	c.T.Helper()
	if err != nil {
		c.T.Fatal(err)
	}
}

// templates gives every wording a code, so that a phone can tell them apart.
func (c *Clinic) templates() map[string]string {
	c.texts = map[string]string{}
	codes := map[string]string{}
	for i, key := range wordings() {
		code := fmt.Sprintf("SMS_%06d", i+1)
		codes[key], c.texts[code] = code, key
	}
	return codes
}

// At gives the instant of a time of day on a day of the story; day 0 is its
// first Monday.
func (c *Clinic) At(day int, hhmm string) time.Time {
	c.T.Helper()
	tod, err := houzhen.ParseTimeOfDay(hhmm)
	c.must(err)
	return c.Day(day).Clock(tod, c.Loc)
}

// Day gives the date of a day of the story.
func (c *Clinic) Day(n int) houzhen.Date { return houzhen.DateOf(Start, c.Loc).AddDays(n) }

// Settle fires what is due and waits until everything has been done.
func (c *Clinic) Settle() {
	c.T.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
	defer cancel()
	c.must(c.App.Fire(ctx))
	c.must(c.App.Drain(ctx))
}

// GoTo moves the clock to t in steps of at most 5 minutes, letting everything
// happen that is due on the way.
func (c *Clinic) GoTo(t time.Time) {
	c.T.Helper()
	c.Settle()
	for c.Clock.Now().Before(t) {
		next := c.Clock.Now().Add(5 * time.Minute).Truncate(5 * time.Minute)
		if next.After(t) {
			next = t
		}
		c.Clock.Set(next)
		c.Settle()
	}
}

// Person gives the patient of a name, registered when first named.
func (c *Clinic) Person(name string) directory.Patient {
	c.T.Helper()
	if p, ok := c.people[name]; ok {
		return p
	}
	p := sim.Person(1, len(c.people)+1, c.Day(0))
	p.ID, p.Version, p.Name = "patient-"+name, 1, houzhen.NewName(name)
	c.must(c.App.Store.Directory().InTx(c.ctx, func(tx directory.Tx) error { return tx.AddPatient(c.ctx, p) }))
	c.people[name] = p
	return p
}

// Session opens a session of a doctor for booking and gives it.
func (c *Clinic) Session(doctor string, day int, part houzhen.DayPart) booking.Session {
	c.T.Helper()
	start, end, deadline := "08:00", "12:00", "11:30"
	if part == houzhen.Afternoon {
		start, end, deadline = "13:30", "17:30", "16:30"
	}
	s, err := c.App.Booking.AddSession(c.ctx, booking.Session{
		DepartmentID: "cardio", ZoneID: "zone-b", RoomID: "room-3", DoctorID: doctor, AttendingID: doctor, Date: c.Day(day), Part: part,
		Start: c.At(day, start), End: c.At(day, end), Deadline: c.At(day, deadline), SliceMinutes: 30, SliceCapacity: 2,
		Class: booking.Specialist, Prefix: "A", ReleaseAt: c.Clock.Now(),
	})
	c.must(err)
	return s
}

// TryBook books the first free place at a time of day of a session.
func (c *Clinic) TryBook(name string, s booking.Session, hhmm string) (booking.Appointment, error) {
	c.T.Helper()
	p := c.Person(name)
	return c.App.Booking.Book(c.ctx, booking.BookRequest{
		Caller: "story", Key: fmt.Sprint(name, s.ID, hhmm, c.Clock.Now()), SessionID: s.ID, Start: s.Date.Clock(tod(hhmm), c.Loc),
		PatientID: p.ID, Channel: "app",
	})
}

// Book is TryBook that must succeed; the reactions have happened after it.
func (c *Clinic) Book(name string, s booking.Session, hhmm string) booking.Appointment {
	c.T.Helper()
	a, err := c.TryBook(name, s, hhmm)
	c.must(err)
	c.Settle()
	return a
}

func tod(hhmm string) houzhen.TimeOfDay {
	t, _ := houzhen.ParseTimeOfDay(hhmm)
	return t
}

// collect hands what the provider took to the phones.
func (c *Clinic) collect() {
	taken := c.Provider.Taken()
	for _, m := range taken[c.read:] {
		c.phones[m.Phone] = append(c.phones[m.Phone], SMS{Template: c.texts[m.Template], Params: m.Params, Channel: string(notify.SMS)})
	}
	c.read = len(taken)
}

// ExpectSMS takes the next message off a person's phone: its wording must be
// that of the key, and its values must contain every part.
func (c *Clinic) ExpectSMS(name, key string, parts ...string) {
	c.T.Helper()
	c.collect()
	phone := c.Person(name).Phone.Reveal()
	got := c.phones[phone]
	if len(got) == 0 {
		c.T.Fatalf("%s got no message, want %s", name, key)
	}
	first := got[0]
	c.phones[phone] = got[1:]
	if wording, _, _ := strings.Cut(first.Template, "/"); wording != key {
		c.T.Fatalf("%s got %s %s, want %s", name, first.Template, first.Params, key)
	}
	for _, part := range parts {
		if !strings.Contains(first.Params, part) {
			c.T.Errorf("%s got %s, want %q in it", name, first.Params, part)
		}
	}
}

// ExpectNothingElse fails when any phone holds a message that no story line
// expected.
func (c *Clinic) ExpectNothingElse() {
	c.T.Helper()
	c.collect()
	for name, p := range c.people {
		for _, m := range c.phones[p.Phone.Reveal()] {
			c.T.Errorf("%s got an unexpected %s %s", name, m.Template, m.Params)
		}
	}
	if n := c.Provider.Repeated(); n != 0 {
		c.T.Errorf("%d messages were sent more than once", n)
	}
}

// State gives an appointment as it is now.
func (c *Clinic) State(a booking.Appointment) booking.Appointment {
	c.T.Helper()
	now, err := c.App.Booking.Appointment(c.ctx, a.ID)
	c.must(err)
	return now
}

// Ledger gives the states of a subject's messages, oldest first.
func (c *Clinic) Ledger(subject string) []string {
	c.T.Helper()
	list, err := c.App.Messages(c.ctx, notify.MessageFilter{Subject: subject, Limit: 50})
	c.must(err)
	slices.Reverse(list)
	lines := make([]string, 0, len(list))
	for _, m := range list {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", m.Kind, m.State, m.Reason)))
	}
	return lines
}
