package sim

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
)

// Replay lives through real appointments: it books at each ScheduledDay,
// changes what the chances say, lets those come who came, and leaves the rest
// to the sweeps. It is a caller like any other; its own notes are only about
// what each row was answered.
type Replay struct {
	App      *app.App
	Clock    *clock.Step
	Rows     []Row
	Chances  Chances
	Progress func(done int) // rows that were booked or refused; may be nil

	plan     plan
	line     timeline
	sessions map[sessionKey]booking.Session
	byPlace  map[string][]booking.Session
	mu       sync.Mutex
	answers  map[string]answer // by row
	done     int
}

// answer is what a row was told when it asked for a place.
type answer struct {
	appointment string
	refused     houzhen.Code
}

// changeHours are when people change their minds: whatever happens in between
// waits for the next of them, and the house is calm then.
var changeHours = []int{9, 13, 18}

// Run lives through all rows. The application must be driven (App.Drive).
func (r *Replay) Run(ctx context.Context) error {
	if err := r.Chances.Validate(); err != nil {
		return err
	}
	r.plan = newPlan(r.Rows, r.Chances, r.App.Location())
	r.answers = make(map[string]answer, len(r.Rows))
	r.sessions, r.byPlace = map[sessionKey]booking.Session{}, map[string][]booking.Session{}
	if len(r.Rows) == 0 {
		return nil
	}
	first := slices.MinFunc(r.Rows, func(a, b Row) int { return a.Scheduled.Compare(b.Scheduled) })
	r.Clock.Set(first.Scheduled.Add(-time.Hour))
	if err := r.setUp(ctx); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	r.schedule(ctx)
	var calm time.Time
	for s, ok := r.line.next(); ok; s, ok = r.line.next() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		group := r.line.company(s, window)
		if s.calm && !s.at.Equal(calm) { // what one change causes is nobody else's
			if err := r.App.Drain(ctx); err != nil {
				return err
			}
			calm = s.at
		}
		if last := group[len(group)-1].at; last.After(r.Clock.Now()) {
			r.Clock.Set(last)
		}
		if err := together(group); err != nil {
			return err
		}
	}
	return r.tick(ctx)
}

// window is how much of the past happens at one instant: people of different
// sessions act side by side, as callers do, up to this much late.
const window = 10 * time.Minute

// hands is how many act at one time.
const hands = 16

// together runs a group: each lane in order, the lanes side by side.
func together(group []step) error {
	if len(group) == 1 {
		return group[0].do()
	}
	lanes := map[string][]step{}
	for _, s := range group {
		lanes[s.lane] = append(lanes[s.lane], s)
	}
	var g errgroup.Group
	g.SetLimit(hands)
	for _, lane := range lanes {
		g.Go(func() error {
			for _, s := range lane {
				if err := s.do(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// setUp saves the house, the people and the sessions.
func (r *Replay) setUp(ctx context.Context) error {
	if err := r.App.Directory.SaveHouse(ctx, r.plan.house); err != nil {
		return err
	}
	people := make([]directory.Patient, 0, len(r.plan.people))
	for _, p := range r.plan.people {
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b directory.Patient) int { return cmp.Compare(a.ID, b.ID) })
	for batch := range slices.Chunk(people, 500) {
		err := r.App.Store.Directory().InTx(ctx, func(tx directory.Tx) error {
			for _, p := range batch {
				if err := tx.AddPatient(ctx, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(r.plan.sessions, 100) {
		err := r.App.Store.Booking().InTx(ctx, func(tx booking.Tx) error {
			for _, s := range batch {
				if err := tx.AddSession(ctx, s, slotsOf(s, r.plan.places[s.ID])); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, s := range r.plan.sessions {
		r.byPlace[s.DepartmentID] = append(r.byPlace[s.DepartmentID], s)
	}
	return nil
}

// schedule lays out what is known beforehand: bookings, suspensions, ticks.
func (r *Replay) schedule(ctx context.Context) {
	byID := map[string]booking.Session{}
	for _, s := range r.plan.sessions {
		byID[s.ID] = s
		eve := s.Date.AddDays(-1).At(18, 0, r.App.Location())
		if Rand(r.Chances.Seed, "suspend "+s.ID).Float64() < r.Chances.Suspend {
			r.line.add(step{at: eve, key: "suspend " + s.ID, calm: true, do: func() error { return r.suspend(ctx, s) }})
		}
	}
	clinicDays, days := map[houzhen.Date]bool{}, map[houzhen.Date]bool{}
	for _, row := range r.Rows {
		r.sessions[keyOf(row)] = byID[keyOf(row).id()]
		r.line.add(step{at: row.Scheduled, key: "book " + row.ID, lane: keyOf(row).id(), do: func() error { return r.book(ctx, row) }})
		clinicDays[row.Day], days[row.Day] = true, true
		days[row.Day.AddDays(-1)] = true
		days[houzhen.DateOf(row.Scheduled, r.App.Location())] = true
	}
	for day := range days {
		for _, at := range ticksOf(day, clinicDays[day], r.App.Location()) {
			r.line.add(step{at: at, key: "tick", do: func() error { return r.tick(ctx) }})
		}
	}
}

// ticksOf gives when the house is let do what is due: every half hour of a
// clinic day, a quarter past each slice's end, and a few times on other days.
func ticksOf(day houzhen.Date, clinic bool, loc *time.Location) []time.Time {
	var ticks []time.Time
	for _, hour := range []int{7, 10, 15, 20} {
		ticks = append(ticks, day.At(hour, 0, loc))
	}
	for m := 6*60 + 45; clinic && m <= 17*60+15; m += 30 {
		ticks = append(ticks, day.At(0, 0, loc).Add(time.Duration(m)*time.Minute))
	}
	return ticks
}

// tick fires what is due and waits until the house is calm.
func (r *Replay) tick(ctx context.Context) error {
	if err := r.App.Fire(ctx); err != nil {
		return fmt.Errorf("fire: %w", err)
	}
	if err := r.App.Sweep(ctx); err != nil {
		return err
	}
	return r.App.Drain(ctx)
}

func (r *Replay) book(ctx context.Context, row Row) error {
	defer r.progress()
	s := r.sessions[keyOf(row)]
	a, err := r.App.Booking.Book(ctx, booking.BookRequest{
		Caller: "replay", Key: row.ID, SessionID: s.ID, PatientID: "patient-" + row.Patient, Channel: booking.DeskChannel,
	})
	if code := houzhen.CodeOf(err); code != "" {
		if code == houzhen.CodeInternal || code == houzhen.CodeUnavailable {
			return fmt.Errorf("book row %d: %w", row.Line, err)
		}
		r.note(row, answer{refused: code})
		return nil
	}
	r.note(row, answer{appointment: a.ID})
	chance := Rand(r.Chances.Seed, "row "+row.ID)
	switch luck := chance.Float64(); {
	case luck < r.Chances.Cancel:
		r.later(ctx, a, chance, func() error { return r.cancel(ctx, a.ID) })
	case luck < r.Chances.Cancel+r.Chances.Move:
		r.later(ctx, a, chance, func() error { return r.move(ctx, row, a.ID, chance) })
	}
	if !row.NoShow {
		r.arrive(ctx, a, chance)
	}
	return nil
}

func (r *Replay) note(row Row, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[row.ID] = a
}

func (r *Replay) progress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.Progress != nil {
		r.Progress(r.done)
	}
}

// later changes a booking at one of the hours of change before its slice; a
// booking that is too near is left as it is.
func (r *Replay) later(_ context.Context, a booking.Appointment, chance *rand.Rand, do func() error) {
	left := a.Start.Add(-time.Hour).Sub(a.BookedAt)
	if left <= 0 {
		return
	}
	at := nextChange(a.BookedAt.Add(time.Duration(chance.Int64N(int64(left)))), r.App.Location())
	if at.Before(a.Start.Add(-time.Hour)) {
		r.line.add(step{at: at, key: "change " + a.ID, calm: true, do: do})
	}
}

func nextChange(t time.Time, loc *time.Location) time.Time {
	day := houzhen.DateOf(t, loc)
	for _, hour := range changeHours {
		if at := day.At(hour, 0, loc); at.After(t) {
			return at
		}
	}
	return day.AddDays(1).At(changeHours[0], 0, loc)
}

// arrive lets the patient come: four of five up to half an hour before the
// slice, the others up to a quarter of an hour into it, nobody before booking.
func (r *Replay) arrive(ctx context.Context, a booking.Appointment, chance *rand.Rand) {
	at := a.Start.Add(-time.Duration(chance.IntN(30)) * time.Minute)
	if chance.Float64() < 0.2 {
		at = a.Start.Add(time.Duration(chance.IntN(15)) * time.Minute)
	}
	if earliest := r.Clock.Now().Add(time.Minute); at.Before(earliest) {
		at = earliest
	}
	version := a.Version
	r.line.add(step{at: at, key: "come " + a.ID, lane: a.SessionID, do: func() error { return r.checkIn(ctx, a.ID, version) }})
}
