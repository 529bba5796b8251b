package clinictest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// The whole path of messages under random acts: people book, cancel and move,
// sessions are suspended, the clock jumps, Redis is flushed, the program dies
// between any two statements, the provider loses answers, and receipts come
// twice and in any order. What must hold is checked at the end against what
// the provider itself remembers.

// mail is what one life of the campaign remembers.
type mail struct {
	*Clinic
	campaign
	random   *rand.Rand
	sessions []booking.Session
	visits   []booking.Appointment
	left     map[string]int // appointment → how many the provider had taken when it was cleanly given up
	flushes  int
	posts    string         // where the provider posts receipts: whichever program lives
	seen     map[string]int // what happened, for the log
}

// mailSize says how many bookings are made and by how many people.
func mailSize() (bookings, people, days int) {
	if os.Getenv("HOUZHEN_LONG") == "1" {
		return 10_000, 2_500, 14 // sessions of 184 places; 200 are the most
	}
	return 60, 24, 3
}

// redisFlushes is how often everything in Redis is lost.
const redisFlushes = 3

func TestCampaignOfMessages(t *testing.T) {
	t.Parallel()
	for name, backend := range map[string]func(*testing.T) Backend{
		"sqlite": func(*testing.T) Backend { return Backend{Name: "sqlite"} }, "postgresql": Services,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mail{
				Clinic: Open(t, backend(t)), random: rand.New(rand.NewPCG(20260302, 7)), left: map[string]int{}, seen: map[string]int{},
			}
			m.campaign.Clinic = m.Clinic
			server := httptest.NewServer(http.HandlerFunc(m.posted))
			t.Cleanup(server.Close)
			m.posts = server.URL
			m.live()
			m.audit()
			t.Logf("%d taken, %v", m.Provider.Count(), m.seen)
		})
	}
}

// live lets people act until everybody has booked, and time pass until all
// visits are over.
func (m *mail) live() {
	bookings, people, days := mailSize()
	per := max(4, bookings/(days*2*16)+1)
	for day := 1; day <= days; day++ {
		for _, doctor := range []string{"wang", "li"} {
			for _, part := range []houzhen.DayPart{houzhen.Morning, houzhen.Afternoon} {
				m.sessions = append(m.sessions, m.SessionWith(doctor, day, part, func(s *booking.Session) { s.SliceCapacity = per }))
			}
		}
	}
	var lock sync.Mutex
	lossy := rand.New(rand.NewPCG(1, 2))
	m.Provider.Decide(func(aliyuntest.Call) aliyuntest.Fault {
		lock.Lock()
		defer lock.Unlock()
		switch n := lossy.IntN(100); {
		case n < 3:
			return aliyuntest.Reset().ButTaken() // the answer never comes, and it was taken
		case n < 5:
			return aliyuntest.Reset()
		case n < 8:
			return aliyuntest.Refuse("isp.GATEWAY_ERROR", "")
		}
		return aliyuntest.Normal()
	})
	every := max(1, bookings/(4*days))
	for i := range bookings {
		m.book(i, people)
		m.happen()
		if i%every == every-1 {
			m.jump()
		}
		if m.flushes < redisFlushes && m.random.IntN(bookings) < redisFlushes*2 {
			m.flush()
		}
	}
	for m.flushes < redisFlushes {
		m.flush()
	}
	m.GoTo(m.At(days+1, "12:00"))
	m.Provider.Decide(nil)
	m.receipts()
	m.Wait(4 * time.Hour)
}

func (m *mail) note(what string, err error) {
	if err == nil {
		m.seen[what]++
	}
}

// book lets somebody take the next free place of a random session.
func (m *mail) book(i, people int) {
	s := m.sessions[m.random.IntN(len(m.sessions))]
	p := m.Person(fmt.Sprint("M", i%people))
	a, err := m.App.Booking.Book(m.ctx, booking.BookRequest{
		Caller: "campaign", Key: fmt.Sprint("mail", i), SessionID: s.ID, PatientID: p.ID, Channel: booking.DeskChannel,
	})
	m.note("book", err)
	if err == nil {
		m.visits = append(m.visits, a)
	}
}

// happen does one random thing, most often nothing.
func (m *mail) happen() {
	switch n := m.random.IntN(100); {
	case n < 12:
		m.cancel()
	case n < 20:
		m.withRandom(func(a booking.Appointment) {
			_, err := m.App.Booking.Move(m.ctx, booking.MoveRequest{AppointmentID: a.ID, SessionID: m.sessions[m.random.IntN(len(m.sessions))].ID})
			m.note("move", err)
		})
	case n < 21:
		_, err := m.App.SuspendSession(m.ctx, m.sessions[m.random.IntN(len(m.sessions))].ID, "nurse", "ill")
		m.note("suspend", err)
	case n < 26:
		m.arm(1 + m.random.IntN(40))
		_ = m.App.Fire(m.ctx)
		_ = m.App.Sweep(m.ctx)
		m.cancelIn()
		m.revive()
		m.seen["kill"]++
	case n < 40:
		m.receipts()
	}
	if m.random.IntN(4) == 0 {
		m.Settle()
	}
}

func (m *mail) withRandom(do func(a booking.Appointment)) {
	if len(m.visits) > 0 {
		do(m.State(m.visits[m.random.IntN(len(m.visits))]))
	}
}

// cancel gives a place up when nothing about it is on its way: what the
// provider had taken by then is all that it may ever take.
func (m *mail) cancel() {
	m.Settle()
	m.withRandom(func(a booking.Appointment) {
		if !a.Active() {
			return
		}
		_, err := m.App.Booking.Cancel(m.ctx, booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient})
		m.note("cancel", err)
		if err == nil && !m.inFlight(a.ID) {
			m.left[a.ID] = m.Provider.Count()
		}
	})
}

// cancelIn gives a place up while the program may be dying.
func (m *mail) cancelIn() {
	if len(m.visits) == 0 {
		return
	}
	a := m.visits[m.random.IntN(len(m.visits))]
	_, _ = m.App.Booking.Cancel(m.ctx, booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient})
}

func (m *mail) inFlight(subject string) bool {
	rows, err := m.App.Messages(m.ctx, notify.MessageFilter{Subject: subject, States: []notify.State{notify.Claimed, notify.Unknown}, Limit: 1})
	m.must(err)
	return len(rows) > 0
}

// jump moves the clock: some minutes, or to the next day at once. Two
// schedulers wake up at the same moment.
func (m *mail) jump() {
	d := time.Duration(20+m.random.IntN(400)) * time.Minute
	if m.random.IntN(3) == 0 {
		m.Clock.Advance(d) // over everything that was due on the way
	} else {
		m.Wait(d)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			_ = m.App.Fire(m.ctx)
			_ = m.App.Sweep(m.ctx)
		})
	}
	wg.Wait()
	m.Settle()
	m.seen["jump"]++
}

func (m *mail) flush() {
	m.must(m.App.Redis().FlushDB(m.ctx).Err())
	m.flushes++
	m.seen["flush"]++
}

// receipts posts what the provider has to say: twice, and in any order.
func (m *mail) receipts() {
	n, err := m.Provider.Receipts(m.ctx, m.posts, aliyuntest.Posting{
		Batch: 7, Repeat: 1, Shuffle: m.random.Uint64() | 1,
	})
	m.must(err)
	m.seen["receipts"] += n
}

// posted does what the callback does, of the program that lives now.
func (m *mail) posted(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = m.App.SMSReport(r.Context(), callbackToken, body)
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, `{"code":0,"msg":"ok"}`)
}

// audit holds the ledger against the provider's own memory.
func (m *mail) audit() {
	t := m.T
	rows := map[string]notify.Message{}
	for before := ""; ; {
		page, err := m.App.Messages(m.ctx, notify.MessageFilter{BeforeID: before, Limit: 500})
		m.must(err)
		for _, r := range page {
			rows[r.OutID] = r
		}
		if len(page) < 500 {
			break
		}
		before = page[len(page)-1].ID
	}
	if n := m.Provider.Repeated(); n != 0 {
		t.Errorf("%d messages were taken more than once", n)
	}
	took := map[string]bool{}
	var kept aliyun.ByOutID[string]
	for outID, r := range rows {
		kept.Add(outID, r.ProviderID, outID)
	}
	for i, x := range m.Provider.Taken() {
		outID, known := kept.Of(x.OutID, x.BizID)
		if !known {
			outID = x.OutID
		}
		took[outID] = true
		r, ok := rows[outID]
		if !ok {
			t.Errorf("the provider took %s, which the ledger does not know", x.OutID)
			continue
		}
		if from, gone := m.left[r.Subject]; gone && i >= from && r.Kind != notify.KindCancelled {
			t.Errorf("%s went out although %s had been given up", r.Kind, r.Subject)
		}
		if at := x.At.In(m.Loc).Format("15:04"); r.Class != notify.ClassCritical && (at >= "21:30" || at < "07:00") {
			t.Errorf("%s went out at %s", r.Kind, at)
		}
	}
	for _, r := range rows {
		m.auditRow(r, took[r.OutID])
	}
	m.auditLost(rows)
}

func (m *mail) auditRow(r notify.Message, took bool) {
	t := m.T
	switch r.State {
	case notify.Planned:
		if !r.DueAt.After(m.Clock.Now()) {
			t.Errorf("%s of %s is still planned", r.Kind, r.Subject)
		}
	case notify.Claimed, notify.Unknown:
		t.Errorf("%s of %s is still %s", r.Kind, r.Subject, r.State)
	case notify.Suppressed, notify.Expired, notify.Failed:
		if r.Reason == "" {
			t.Errorf("%s of %s is %s for no reason", r.Kind, r.Subject, r.State)
		}
		if took && r.Reason != notify.ReasonUnknown {
			t.Errorf("%s of %s was taken, but is %s: %s", r.Kind, r.Subject, r.State, r.Reason)
		}
	case notify.Accepted, notify.Delivered, notify.Undelivered:
		if !took && r.Channel == notify.SMS && (r.SentWith == "" || r.SentWith == r.ID) {
			t.Errorf("%s of %s is %s, but nobody took it", r.Kind, r.Subject, r.State)
		}
	}
}

// auditLost: whoever has a place was told of it as it is, or the ledger says
// why not.
func (m *mail) auditLost(rows map[string]notify.Message) {
	about := map[string][]string{}
	for _, r := range rows {
		about[r.Subject] = append(about[r.Subject], fmt.Sprint(r.Kind, " v", r.Version))
	}
	for _, v := range m.visits {
		a := m.State(v)
		if a.State == booking.Cancelled && a.By == booking.ByPatient && !slices.Contains(about[a.ID], fmt.Sprint(notify.KindCancelled, " v", a.Version)) {
			m.T.Errorf("%s was given up and nobody wrote of it: %v", a.ID, about[a.ID])
		}
		told := slices.ContainsFunc(about[a.ID], func(s string) bool {
			return strings.HasPrefix(s, string(notify.KindBooked)) || strings.HasPrefix(s, string(notify.KindMoved)) || strings.HasPrefix(s, string(notify.KindCancelled)) ||
				strings.HasPrefix(s, string(notify.KindSuspended))
		})
		if !told {
			m.T.Errorf("%s was booked and nobody wrote of it", a.ID)
		}
	}
}
