package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// boards builds what screens and phones are shown: the queue's order, the
// forecast's ranges and the directory's public names, with people masked.
type boards struct {
	view   func(ctx context.Context, f func(everything) error) error
	house  func(ctx context.Context) (*directory.Index, error)
	policy func(zoneID string) queue.Policy
	now    func() time.Time
	shown  *ranges
	models *models
	before *beforehand
	here   func(zoneID string, now time.Time) string // the code that a zone's screen shows
}

// window is how long before its start and after its end a session is shown.
const window = time.Hour

// place is one session on a board with everything around it.
type place struct {
	q       queue.Queue
	session booking.Session
	order   map[string]standing
	picks   []string // ticket ids in the order in which they will be called
	names   map[string]houzhen.Name
	index   *directory.Index
	now     time.Time
	policy  queue.Policy
	alike   map[string]bool           // masked like somebody else of the zone
	changes map[string][]board.Reason // why positions are others than before
}

// Zone builds a waiting area's screen.
func (b *boards) Zone(ctx context.Context, zoneID string) (board.Zone, error) {
	z := board.Zone{ID: zoneID, Rows: []board.Row{}, Missed: []string{}}
	err := b.zonePlaces(ctx, zoneID, func(index *directory.Index, places []place) {
		zone := index.ZoneOf(zoneID)
		z.Zone = zone.Name
		if b.policy(zoneID).Allows(queue.AtZoneQR) {
			z.Here = b.here(zoneID, b.now())
		}
		for _, p := range places {
			if len(p.q.Tickets) == 0 && p.q.Desk == queue.DeskEnded {
				continue
			}
			z.Rows = append(z.Rows, p.row(zone.Mask))
			z.Missed = append(z.Missed, p.missed()...)
			z.Call = newer(z.Call, p.call(zone.Mask))
		}
	})
	z.At = b.now().UnixMilli()
	return z, err
}

// Door builds the screen beside a room's door: the session that is on there
// now, or the next one.
func (b *boards) Door(ctx context.Context, roomID string) (board.Door, error) {
	d := board.Door{RoomID: roomID, Missed: []string{}}
	index, err := b.house(ctx)
	if err != nil {
		return d, err
	}
	room, ok := index.Room(roomID)
	if !ok {
		return d, houzhen.E(houzhen.CodeNotFound, "no such room").On("room")
	}
	d.Room, d.Ready = room.Name.Zh, []board.Person{}
	err = b.zonePlaces(ctx, room.ZoneID, func(index *directory.Index, places []place) {
		for _, p := range places {
			if p.q.RoomID != roomID || d.Session != "" && p.q.Desk == queue.DeskEnded {
				continue
			}
			mask := index.ZoneOf(room.ZoneID).Mask
			department := index.DepartmentOf(p.session.DepartmentID)
			d.Row, d.Department, d.Missed, d.Call = p.row(mask), department.Name, p.missed(), p.call(mask)
			if department.Sensitive {
				d.Department = department.Alias
			}
		}
	})
	d.At = b.now().UnixMilli()
	return d, err
}

// Desk builds the nurse's page of one zone.
func (b *boards) Desk(ctx context.Context, zoneID string) (board.Desk, error) {
	d := board.Desk{ID: zoneID, Queues: []board.DeskQueue{}, Absent: []board.Line{}}
	err := b.zonePlaces(ctx, zoneID, func(index *directory.Index, places []place) {
		d.Zone = index.ZoneOf(zoneID).Name
		names := sameNames(places)
		for _, p := range places {
			lines := p.lines(names)
			d.Queues = append(d.Queues, board.DeskQueue{
				Session: p.q.SessionID, Doctor: p.doctor().Name, Room: p.room(), Desk: p.desk(), Until: milli(p.q.PausedUntil),
				Start: milli(p.q.Start), End: milli(p.q.End), Wizard: p.q.WizardDue(p.policy, p.now), Tickets: lines,
			})
			for _, l := range lines {
				if l.State == string(queue.NotCheckedIn) {
					d.Absent = append(d.Absent, l)
				}
			}
		}
	})
	slices.SortStableFunc(d.Absent, func(a, b board.Line) int { return cmp.Compare(a.SliceStart, b.SliceStart) })
	d.At = b.now().UnixMilli()
	return d, err
}

// Strip builds the doctor's narrow page.
func (b *boards) Strip(ctx context.Context, sessionID string) (board.Strip, error) {
	var s board.Strip
	err := b.view(ctx, func(tx everything) error {
		p, err := b.place(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		zone, err := b.neighbours(ctx, tx, p)
		if err != nil {
			return err
		}
		s = p.strip(sameNames(zone))
		return nil
	})
	s.At = b.now().UnixMilli()
	return s, err
}

// Position builds one patient's place in the queue.
func (b *boards) Position(ctx context.Context, appointmentID string) (board.Position, error) {
	var pos board.Position
	err := b.view(ctx, func(tx everything) error {
		t, err := tx.TicketByAppointment(ctx, appointmentID)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			pos, err = b.notYet(ctx, tx, appointmentID)
			return err
		}
		if err != nil {
			return err
		}
		q, err := tx.Queue(ctx, t.SessionID)
		if err != nil {
			return err
		}
		p, err := b.standing(ctx, tx, q)
		if err != nil {
			return err
		}
		pos = p.position(t)
		return nil
	})
	return pos, err
}

// notYet is the place of a booking whose session has not opened.
func (b *boards) notYet(ctx context.Context, tx everything, appointmentID string) (board.Position, error) {
	a, err := tx.Appointment(ctx, appointmentID)
	if err != nil {
		return board.Position{}, err
	}
	session, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return board.Position{}, err
	}
	index, err := b.house(ctx)
	if err != nil {
		return board.Position{}, err
	}
	p := place{
		q:     queue.Queue{SessionID: session.ID, ZoneID: session.ZoneID, RoomID: session.RoomID, DoctorID: session.AttendingID, Desk: queue.DeskIdle},
		index: index, session: session, now: b.now(),
	}
	return p.position(queue.Ticket{
		AppointmentID: a.ID, No: a.SlotNo, Label: queue.Label(session.Prefix, a.SlotNo), State: queue.NotCheckedIn,
		SliceStart: a.Start, SliceEnd: a.End, RoomID: session.RoomID,
	}), nil
}

// zonePlaces loads the sessions that a zone shows now and hands them over in
// the order of rooms.
func (b *boards) zonePlaces(ctx context.Context, zoneID string, use func(*directory.Index, []place)) error {
	index, err := b.house(ctx)
	if err != nil {
		return fmt.Errorf("load house: %w", err)
	}
	if _, ok := index.Zone(zoneID); !ok {
		return houzhen.E(houzhen.CodeNotFound, "no such zone").On("zone")
	}
	return b.view(ctx, func(tx everything) error {
		places, err := b.zone(ctx, tx, zoneID)
		if err != nil {
			return err
		}
		use(index, places)
		return nil
	})
}

func (b *boards) zone(ctx context.Context, tx everything, zoneID string) ([]place, error) {
	now := b.now()
	queues, err := tx.Queues(ctx, zoneID, now.Add(-12*time.Hour), now.Add(window))
	if err != nil {
		return nil, fmt.Errorf("load queues: %w", err)
	}
	var places []place
	for _, q := range queues {
		if now.After(q.End.Add(window)) && !busy(q) {
			continue
		}
		p, err := b.around(ctx, tx, q)
		if err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	names := sameNames(places)
	for i := range places {
		places[i].alike = map[string]bool{}
		for id, name := range places[i].names {
			places[i].alike[id] = names.alike(name)
		}
	}
	slices.SortStableFunc(places, func(x, y place) int {
		return cmp.Or(cmp.Compare(len(x.room()), len(y.room())), cmp.Compare(x.room(), y.room()), x.q.Start.Compare(y.q.Start))
	})
	return places, nil
}

// busy reports whether somebody still waits for a session past its end.
func busy(q queue.Queue) bool {
	return q.Desk != queue.DeskEnded && slices.ContainsFunc(q.Tickets, func(t queue.Ticket) bool {
		return t.State == queue.Waiting || t.State == queue.Ready || t.State == queue.Called || t.State == queue.InConsult
	})
}

func (b *boards) place(ctx context.Context, tx everything, sessionID string) (place, error) {
	q, err := tx.Queue(ctx, sessionID)
	if err != nil {
		return place{}, err
	}
	return b.around(ctx, tx, q)
}

// neighbours are the other sessions of the zone, for names that look alike.
func (b *boards) neighbours(ctx context.Context, tx everything, p place) ([]place, error) {
	places, err := b.zone(ctx, tx, p.q.ZoneID)
	if err != nil || slices.ContainsFunc(places, func(o place) bool { return o.q.SessionID == p.q.SessionID }) {
		return places, err
	}
	return append(places, p), nil
}

// around is standing with everybody's name.
func (b *boards) around(ctx context.Context, tx everything, q queue.Queue) (place, error) {
	p, err := b.standing(ctx, tx, q)
	if err != nil {
		return p, err
	}
	var ids []string
	for _, t := range q.Tickets {
		if t.State != queue.Done && t.State != queue.Dropped {
			ids = append(ids, t.PatientID)
		}
	}
	names, err := tx.PatientNames(ctx, ids)
	if err != nil {
		return place{}, fmt.Errorf("load names: %w", err)
	}
	for _, t := range q.Tickets {
		if name, known := names[t.PatientID]; known && t.State != queue.Done && t.State != queue.Dropped {
			p.names[t.ID] = name
		}
	}
	return p, nil
}

// standing is a session with where everybody stands, and nobody's name.
func (b *boards) standing(ctx context.Context, tx everything, q queue.Queue) (place, error) {
	session, err := tx.Session(ctx, q.SessionID)
	if err != nil {
		return place{}, fmt.Errorf("load session: %w", err)
	}
	now := b.now()
	model, err := b.models.get(ctx, tx, q, b.policy(q.ZoneID), now)
	if err != nil {
		return place{}, err
	}
	return b.placed(ctx, q, session, model, now)
}

// placed is standing from what is at hand.
func (b *boards) placed(ctx context.Context, q queue.Queue, session booking.Session, model *forecast.Model, now time.Time) (place, error) {
	index, err := b.house(ctx)
	if err != nil {
		return place{}, fmt.Errorf("load house: %w", err)
	}
	p := place{q: q, session: session, index: index, names: map[string]houzhen.Name{}, now: now, policy: b.policy(q.ZoneID)}
	p.changes = b.before.changes(q, p.policy, now)
	p.order, p.picks = b.stand(q, model, now)
	return p, nil
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
