package clinictest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store"
)

// nodeCount is how many processes serve the campaign.
const nodeCount = 3

// cluster is three nodes on one PostgreSQL and Redis, killed at random while
// many more people ask for places of one session than it has.
type cluster struct {
	*crash
	places  int
	wanted  booking.Session
	clients []sim.Member
	kills   []int // after so many answers a node is killed
	http    *http.Client

	mu     sync.Mutex
	alive  []*process
	due    int        // kills that are due so far
	killed int        // and done
	calm   *sync.Cond // a kill was done

	answered atomic.Int64
	strike   chan struct{} // one for each kill that is due
	doubt    atomic.Int64  // requests that got no answer and were sent again
}

// TestThreeNodesSellEachPlaceOnce: whatever is killed, every place is sold
// once, everybody is answered, and the same question gets the same answer.
func TestThreeNodesSellEachPlaceOnce(t *testing.T) {
	t.Parallel()
	clients, places, kills := 200, 10, 2
	if os.Getenv("HOUZHEN_LONG") == "1" {
		clients, places, kills = 2000, 50, 12
	}
	b := Services(t)
	binary := filepath.Join(t.TempDir(), "houzhen")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/houzhen/houzhen/cmd/houzhen").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c := &cluster{
		crash:  &crash{t: t, ctx: ctx, binary: binary, random: rand.New(rand.NewPCG(3, 3))},
		places: places, strike: make(chan struct{}, kills),
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxConnsPerHost: 150, MaxIdleConnsPerHost: 150}},
	}
	c.calm = sync.NewCond(&c.mu)
	defer c.http.CloseIdleConnections()
	c.open(b, clients, kills)
	for range nodeCount {
		c.alive = append(c.alive, c.serve())
	}
	first, again := c.ask()
	for _, p := range c.alive {
		p.end(syscall.SIGTERM)
	}
	if c.killed < kills-1 { // the last may be due when everybody has been answered
		t.Errorf("%d nodes were killed, want %d", c.killed, kills)
	}
	c.auditAnswers(first, again)
	c.auditPlaces(first)
	t.Logf("%d places, %d clients, %d kills, %d requests were sent again for want of an answer", places, clients, c.killed, c.doubt.Load())
}

// open fills the database and draws after how many answers nodes are killed:
// half of them while places are still being sold.
func (c *cluster) open(b Backend, clients, kills int) {
	c.t.Helper()
	c.prepare(b, 0)
	c.inside(func(a *app.App) {
		day := houzhen.DateOf(a.Now(), a.Location()).AddDays(1)
		s, err := a.Booking.AddSession(c.ctx, booking.Session{
			DepartmentID: "cardio", ZoneID: "zone-b", RoomID: "room-3", DoctorID: "li", Date: day, Part: houzhen.Afternoon,
			Start: day.At(13, 0, a.Location()), End: day.At(18, 0, a.Location()),
			SliceMinutes: 60, SliceCapacity: c.places / 5, Class: booking.Specialist, Prefix: "B", ReleaseAt: day.AddDays(-2).At(0, 0, a.Location()),
		})
		c.must(err)
		c.wanted = s
		c.clients, err = sim.Crowd(c.ctx, a, 3, clients, clock.Real{}.Now())
		c.must(err)
	})
	for i := range kills {
		span := c.places
		if i%2 == 1 {
			span = clients * 3 / 2
		}
		c.kills = append(c.kills, 1+c.random.IntN(span))
	}
	slices.Sort(c.kills)
}

// reply is what a client was told.
type reply struct {
	Status int
	Code   string         // of a refusal; who offers what instead may change
	Body   map[string]any // of a booking
}

// ask lets everybody ask, and once answered ask the same again, while nodes
// are killed and come back.
func (c *cluster) ask() (first, again []reply) {
	c.t.Helper()
	first, again = make([]reply, len(c.clients)), make([]reply, len(c.clients))
	answered := make(chan struct{})
	var wg sync.WaitGroup
	for i := range c.clients {
		random := rand.New(rand.NewPCG(4, uint64(i)))
		wg.Go(func() {
			first[i] = c.insist(i, random)
			again[i] = c.insist(i, random)
		})
	}
	go func() {
		defer close(answered)
		wg.Wait()
	}()
	go func() { // who waits for a kill hears of the end too
		<-c.ctx.Done()
		c.calm.Broadcast()
	}()
	for {
		select {
		case <-c.strike:
			c.kill()
		case <-answered:
			return first, again
		}
	}
}

// kill ends a node in the middle of its work and puts another in its place.
func (c *cluster) kill() {
	c.mu.Lock()
	i := c.random.IntN(len(c.alive))
	victim := c.alive[i]
	c.alive = slices.Delete(c.alive, i, i+1)
	c.mu.Unlock()
	victim.end(syscall.SIGKILL)
	fresh := c.serve()
	c.mu.Lock()
	c.alive = append(c.alive, fresh)
	c.killed++
	c.mu.Unlock()
	c.calm.Broadcast()
}

// node gives the address of any node that is not known to be dead. Who has not
// asked yet waits while a second kill is due, or all would be over before it.
func (c *cluster) node(random *rand.Rand) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.due > c.killed+1 && c.ctx.Err() == nil {
		c.calm.Wait()
	}
	return c.alive[random.IntN(len(c.alive))].url
}

// insist sends one client's request, always the same with the same key, to any
// node until one answers it.
func (c *cluster) insist(i int, random *rand.Rand) reply {
	for c.ctx.Err() == nil {
		r, answered := c.once(i, c.node(random))
		if !answered {
			c.doubt.Add(1)
			continue
		}
		n := int(c.answered.Add(1))
		for _, at := range c.kills {
			if at == n {
				c.mu.Lock()
				c.due++
				c.mu.Unlock()
				c.strike <- struct{}{}
			}
		}
		return r
	}
	return reply{}
}

// once sends a request; answered is false when the node had nothing to say.
func (c *cluster) once(i int, node string) (a reply, answered bool) {
	body := fmt.Sprintf(`{"patient_id":%q,"session_id":%q}`, c.clients[i].PatientID, c.wanted.ID)
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, node+"/api/v1/appointments", bytes.NewReader([]byte(body)))
	if err != nil {
		c.t.Error(err)
		return a, true
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", fmt.Sprint("cluster-", i))
	r.Header.Set("Cookie", c.clients[i].Cookie)
	w, err := c.http.Do(r)
	if err != nil {
		return a, false
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode >= http.StatusInternalServerError || json.Unmarshal(text, &a.Body) != nil {
		return a, false
	}
	a.Status = w.StatusCode
	if a.Status != http.StatusCreated {
		a.Code, _ = a.Body["code"].(string)
		a.Body = nil
	}
	return a, true
}

// auditAnswers: as many got a place as there are, all others heard that there
// is none left, and nobody heard two things.
func (c *cluster) auditAnswers(first, again []reply) {
	c.t.Helper()
	booked := 0
	for i := range first {
		if d := cmp.Diff(first[i], again[i]); d != "" {
			c.t.Errorf("client %d was answered one thing and then another: %s", i, d)
		}
		switch {
		case first[i].Status == http.StatusCreated:
			booked++
		case first[i].Code != string(houzhen.CodeSessionFull):
			c.t.Errorf("client %d got %d %s, want a place or %s", i, first[i].Status, first[i].Code, houzhen.CodeSessionFull)
		}
	}
	if booked != c.places {
		c.t.Errorf("%d were told that they have a place, want %d", booked, c.places)
	}
}

// auditPlaces reads the database by itself: one appointment and one fact for
// each place, of exactly those who were told so.
func (c *cluster) auditPlaces(first []reply) {
	c.t.Helper()
	var rows []booking.Appointment
	facts := map[string]int{}
	c.inside(func(a *app.App) {
		var err error
		rows, err = a.Booking.Appointments(c.ctx, booking.AppointmentFilter{SessionID: c.wanted.ID})
		c.must(err)
		c.must(a.Store.View(c.ctx, func(tx *store.Tx) error {
			list, _, err := tx.FactsAfter(c.ctx, 0, 10_000)
			for _, f := range list {
				if f.Kind == houzhen.AppointmentBooked && f.Session == c.wanted.ID {
					facts[f.Subject]++
				}
			}
			return err
		}))
	})
	held, places := map[string]string{}, map[int]bool{}
	for _, a := range rows {
		held[a.ID] = a.PatientID
		places[a.SlotNo] = true
		if a.State != booking.Booked || facts[a.ID] != 1 {
			c.t.Errorf("place %d is in state %v with %d facts, want booked with one", a.SlotNo, a.State, facts[a.ID])
		}
	}
	if len(rows) != c.places || len(places) != c.places || len(facts) != c.places {
		c.t.Errorf("%d appointments on %d places with %d facts, want %d of each", len(rows), len(places), len(facts), c.places)
	}
	for i, r := range first {
		if id, _ := r.Body["id"].(string); r.Status == http.StatusCreated && held[id] != c.clients[i].PatientID {
			c.t.Errorf("client %d was promised a place that the database does not have", i)
		}
	}
}
