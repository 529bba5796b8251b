package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

// roomsOfZone is how many doctors share a waiting area.
const roomsOfZone = 8

// withHall adds waiting areas and their rooms to the house.
func withHall(h directory.House, doctorsOfHall int) directory.House {
	for i := range doctorsOfHall {
		zone := fmt.Sprintf("zone-%d", i/roomsOfZone)
		if i%roomsOfZone == 0 {
			h.Zones = append(h.Zones, directory.Zone{
				ID: zone, CampusID: "main", Code: zone, Name: houzhen.Label{Zh: zone, En: zone}, Mask: directory.MaskMiddle,
			})
		}
		room, doctor := fmt.Sprintf("room-%d", i), fmt.Sprintf("hall-%d", i)
		h.Rooms = append(h.Rooms, directory.Room{ID: room, ZoneID: zone, Code: room, Name: houzhen.Label{Zh: room, En: room}})
		h.Doctors = append(h.Doctors, directory.Doctor{
			ID: doctor, DepartmentID: h.Departments[i%departments].ID, Code: doctor, Name: houzhen.Label{Zh: doctor, En: doctor},
			Title: houzhen.Label{Zh: "Doctor", En: "Doctor"}, Grade: 3,
		})
	}
	return h
}

// book sells the places of one morning, and makes it that morning. What people
// do here in a minute is done in a hospital in an hour, so the policy takes no
// press for made too soon.
func (h *hall) book() error {
	if err := h.app.Directory.SaveHouse(h.ctx, withHall(house(), h.size.queues)); err != nil {
		return err
	}
	people, err := h.register(h.size.queues * (h.size.waiting + h.size.coming))
	if err != nil {
		return err
	}
	h.say("%s: %d people book", h.engine, len(people))
	var sessions []booking.Session
	for i := range h.size.queues {
		s := h.session(fmt.Sprintf("hall-%d", i), i%departments, houzhen.Morning, pastPlaces, time.Now().Add(-time.Hour))
		s.ZoneID, s.RoomID = fmt.Sprintf("zone-%d", i/roomsOfZone), fmt.Sprintf("room-%d", i)
		sessions = append(sessions, s)
	}
	err = h.app.Store.Booking().InTx(h.ctx, func(tx booking.Tx) error {
		for _, s := range sessions {
			if err := tx.AddSession(h.ctx, s, booking.LaySlots(s)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	booked := make([]booking.Appointment, len(people))
	_, err = measure.Closed(h.ctx, bookers, len(people), 0, func(ctx context.Context, _, i int) (err error) {
		booked[i], err = h.app.Booking.Book(ctx, booking.BookRequest{
			Caller: "bench", Key: h.key(), SessionID: sessions[i%len(sessions)].ID, PatientID: people[i], Channel: booking.DeskChannel,
		})
		return err
	})
	if err != nil {
		return err
	}
	for i, s := range sessions {
		r := &row{session: s.ID, chance: rand.New(rand.NewPCG(1, uint64(i)))}
		r.change = sync.NewCond(&r.mu)
		for at := i; at < len(booked); at += len(sessions) {
			r.absent = append(r.absent, booked[at])
		}
		slices.SortFunc(r.absent, func(a, b booking.Appointment) int { return a.SlotNo - b.SlotNo })
		h.rows[s.ID], h.list = r, append(h.list, r)
	}
	h.clock.set(sessions[0].Start.Add(20 * time.Minute))
	return h.app.Store.InTx(h.ctx, func(tx *store.Tx) error {
		return tx.AddZonePolicy(h.ctx, store.ZonePolicy{
			Version: 1, Document: "missed: {min_gap: 0s, anytime: true}\nreturn: {needs_results: false}\n", SetBy: "bench", SetAt: tx.Now().UnixMicro(),
		})
	})
}

// fill opens the queues, lets people check in and every doctor call his first
// one, and waits until all of it is told.
func (h *hall) fill() error {
	h.say("%s: %d people check in", h.engine, h.size.queues*h.size.waiting)
	err := h.until(func() (bool, error) {
		for _, r := range h.list {
			r.mu.Lock()
			ready := len(r.seen.Tickets) == len(r.absent)
			r.mu.Unlock()
			if !ready {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	n := len(h.list)
	_, err = measure.Closed(h.ctx, bookers, n*(h.size.waiting+1), 0, func(ctx context.Context, _, i int) error {
		r := h.list[i%n]
		r.turn.Lock()
		defer r.turn.Unlock()
		if i/n == h.size.waiting {
			_, err := r.press(ctx, h.app, "call", fmt.Sprintf("first-%d", i))
			return err
		}
		_, err := r.press(ctx, h.app, "check in", "")
		return err
	})
	if err != nil {
		return err
	}
	if err := h.idle(); err != nil {
		return err
	}
	return h.settle()
}

// drawn notes how a queue stood when its places were handed to the hub.
func (h *hall) drawn(q queue.Queue) {
	r := h.rows[q.SessionID]
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.Version >= r.seen.Version {
		r.seen = q
	}
	r.change.Broadcast()
}

// row is one queue and what its doctor and patients do next.
type row struct {
	session string

	turn    sync.Mutex // one does something at a time
	chance  *rand.Rand
	absent  []booking.Appointment
	waits   int
	present string // ticket that is called, or in the room
	inside  bool
	out     []string // for tests
	missed  []string

	mu     sync.Mutex
	change *sync.Cond
	seen   queue.Queue // as last drawn
}

// move does what comes next in the queue, and gives when it was answered. It
// ends when all whom it affects have their new place.
func (r *row) move(ctx context.Context, a *app.App, request string) (answered time.Time, err error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	shown, err := r.press(ctx, a, r.next(), request)
	answered = time.Now()
	if err != nil {
		return answered, err
	}
	return answered, r.await(ctx, shown)
}

// next chooses what is done: most patients are called, enter and leave; some
// are sent for tests and come back, some miss their call and come back too.
func (r *row) next() string {
	switch {
	case r.present != "" && r.inside && r.chance.IntN(6) == 0:
		return "tests"
	case r.present != "" && r.inside:
		return "finish"
	case r.present != "" && r.chance.IntN(12) == 0:
		return "miss"
	case r.present != "":
		return "start"
	case len(r.missed) > 0 && r.chance.IntN(2) == 0:
		return "come back"
	case len(r.out) > 0 && r.chance.IntN(2) == 0:
		return "return"
	case len(r.absent) > 0 && r.chance.IntN(2) == 0, r.waits < 2 && len(r.absent) > 0:
		return "check in"
	case r.waits > 0:
		return "call"
	case len(r.missed) > 0:
		return "come back"
	case len(r.out) > 0:
		return "return"
	}
	return "none"
}

// press does one thing, and gives how to see that it is shown.
func (r *row) press(ctx context.Context, a *app.App, what, request string) (shown func(queue.Queue) bool, err error) {
	if what == "check in" {
		at := r.absent[0]
		t, err := a.CheckInAppointment(ctx, at.ID)
		r.absent, r.waits = r.absent[1:], r.waits+1
		return func(q queue.Queue) bool {
			return slices.ContainsFunc(q.Tickets, func(o queue.Ticket) bool { return o.ID == t.ID && o.Version >= t.Version })
		}, err
	}
	about := queue.TicketRequest{SessionID: r.session, RequestID: request, TicketID: r.present, Operator: "bench"}
	var o queue.Outcome
	switch what {
	case "call":
		o, err = a.Queue.CallNext(ctx, queue.CallRequest{SessionID: r.session, RequestID: request, Operator: "bench"})
		r.present, r.inside, r.waits = o.Ticket.ID, false, r.waits-1
	case "start":
		o, err = a.Queue.Start(ctx, about)
		r.inside = true
	case "finish":
		o, err = a.Queue.Finish(ctx, about)
		r.present = ""
	case "miss":
		o, err = a.Queue.Miss(ctx, about)
		if o.Ticket.State == queue.Missed {
			r.missed = append(r.missed, r.present)
		}
		r.present = ""
	case "tests":
		o, err = a.Queue.Act(ctx, queue.Action{Verb: queue.VerbTests, SessionID: r.session, RequestID: request, TicketID: r.present, Operator: "bench"})
		r.out, r.present = append(r.out, r.present), ""
	case "return":
		o, err = a.Queue.Act(ctx, queue.Action{Verb: queue.VerbReturn, SessionID: r.session, RequestID: request, TicketID: r.out[0], Operator: "bench"})
		r.out, r.waits = r.out[1:], r.waits+1
	case "come back":
		about.TicketID = r.missed[0]
		o, err = a.Queue.ReCheckIn(ctx, about)
		r.missed, r.waits = r.missed[1:], r.waits+1
	default:
		return nil, errors.New("a queue has run empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return func(q queue.Queue) bool { return q.Version >= o.Version }, nil
}

// await waits until a drawing shows what was done.
func (r *row) await(ctx context.Context, shown func(queue.Queue) bool) error {
	stop := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.change.Broadcast()
	})
	defer stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !shown(r.seen) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.change.Wait()
	}
	return nil
}

// topicsOfPhone is how many places one connection watches: as many as it may.
const topicsOfPhone = 16

// phones are the connections over which everybody watches his place.
type phones struct {
	heard atomic.Int64 // frames
	conns []*websocket.Conn
	stop  func()
}

// watch lets everybody watch his place over a socket.
func (h *hall) watch() (*phones, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(h.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.app.Hub.Serve(w, r, func(string) error { return nil })
		}),
	}
	go func() { _ = server.Serve(l) }()
	p := &phones{stop: func() { _ = server.Close() }}
	var topics []string
	for _, r := range h.list {
		r.mu.Lock()
		for _, t := range r.seen.Tickets {
			topics = append(topics, "pos/"+t.AppointmentID)
		}
		r.mu.Unlock()
	}
	for some := range slices.Chunk(topics, topicsOfPhone) {
		if err := p.dial(h.ctx, "ws://"+l.Addr().String(), some); err != nil {
			p.close()
			return nil, err
		}
	}
	h.say("%s: %d people watch over %d connections", h.engine, len(topics), len(p.conns))
	return p, h.until(func() (bool, error) { return int(p.heard.Load()) >= len(topics), nil })
}

// dial opens one connection and counts what comes.
func (p *phones) dial(ctx context.Context, url string, topics []string) error {
	c, response, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	_ = response.Body.Close()
	p.conns = append(p.conns, c)
	type sub struct {
		Q string `json:"q"`
	}
	hello := struct {
		T   string `json:"t"`
		Sub []sub  `json:"sub"`
	}{T: "hello"}
	for _, topic := range topics {
		hello.Sub = append(hello.Sub, sub{topic})
	}
	if err := c.WriteJSON(hello); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	go func() {
		for {
			_, text, err := c.ReadMessage()
			if err != nil {
				return
			}
			if len(text) > 8 && string(text[:8]) == `{"t":"s"` {
				p.heard.Add(1)
			}
		}
	}()
	return nil
}

func (p *phones) close() {
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.stop()
}
