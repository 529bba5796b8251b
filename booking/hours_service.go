package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// HoursRequest says when a session that exists takes place from now on: at
// hours of which a zero one stays as it is, or at its own moved by Shift.
type HoursRequest struct {
	SessionID  string
	Start, End time.Time
	Shift      time.Duration // later, or earlier where it is negative
	Reason     string
	Peers      []string // as in SuspendRequest
}

// hours gives the begin and end that are asked for.
func (r HoursRequest) hours(s Session) (start, end time.Time, err error) {
	start, end = s.Start.Add(r.Shift), s.End.Add(r.Shift)
	if r.Shift != 0 {
		if !r.Start.IsZero() || !r.End.IsZero() {
			err = houzhen.E(houzhen.CodeInvalid, "either new hours or by how much they move").On("shift_minutes")
		}
		return start, end, err
	}
	if r.Start.IsZero() && r.End.IsZero() {
		return start, end, houzhen.E(houzhen.CodeMissing, "new hours are missing").On("start")
	}
	if !r.Start.IsZero() {
		start = r.Start.UTC().Truncate(time.Minute)
	}
	if !r.End.IsZero() {
		end = r.End.UTC().Truncate(time.Minute)
	}
	return start, end, nil
}

// HoursResult says what became of everybody.
type HoursResult struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Moved     int       `json:"moved" doc:"Patients whose time is another; each is told once"`
	Displaced int       `json:"displaced" doc:"Patients whose time is no more; each is on the overflow list and told"`
	Kept      int       `json:"kept" doc:"Of them, with places kept in their name"`
	Ended     int       `json:"ended" doc:"Places that were only held at a time that is no more"`
	Opened    int       `json:"opened" doc:"Places at times that are new; the displaced and the waitlist go before the public"`
	Near      int       `json:"near" doc:"Of those moved, who have another visit too near to it now"`
}

// HoursPreview is what new hours would do at this moment.
type HoursPreview struct {
	HoursResult // Kept is not known beforehand

	Moving    []Appointment // with the time that they would have
	Displaced []Appointment // latest booked first
	NearOnes  []string      // appointments of Moving that would be too near to another visit
}

// ChangeHours gives a session that has not begun other hours, in one act. Who
// stands on a place goes along with it (see Session.retime), or is displaced as
// by a cut of capacity; nobody is dropped. It refuses hours in which the doctor
// sits elsewhere or somebody else in the room: CodeDoctorBusy,
// CodeRoomBusy. The same hours again change nothing.
func (s *Service) ChangeHours(ctx context.Context, r HoursRequest) (result HoursResult, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		result, err = s.ChangeHoursTx(ctx, tx, r)
		return err
	})
	return result, err
}

// ChangeHoursTx is ChangeHours inside a transaction.
func (s *Service) ChangeHoursTx(ctx context.Context, tx Tx, r HoursRequest) (HoursResult, error) {
	if r.Reason == "" {
		return HoursResult{}, houzhen.E(houzhen.CodeMissing, "reason is missing").On("reason")
	}
	rivals, err := rivalsOf(ctx, tx, r.SessionID)
	if err != nil {
		return HoursResult{}, err
	}
	for i, o := range rivals { // in the order of their ids
		if rivals[i], err = tx.LockSession(ctx, o.ID); err != nil {
			return HoursResult{}, fmt.Errorf("lock session: %w", err)
		}
	}
	z, old, err := s.retiming(ctx, tx, rivals, r, tx.LockAppointment)
	result := HoursResult{Start: z.session.Start, End: z.session.End}
	if err != nil || z.session == old {
		return result, err
	}
	near, err := s.nearOthers(ctx, tx, z)
	if err != nil {
		return result, err
	}
	result.Moved, result.Displaced, result.Ended, result.Near = len(z.told()), len(z.displaced), len(z.gone), len(near)
	if err := s.retimePlaces(ctx, tx, z); err != nil {
		return result, err
	}
	homeless, err := s.retimePeople(ctx, tx, z)
	if err != nil {
		return result, err
	}
	if result.Kept, err = s.keepOptions(ctx, tx, old, homeless, SuspendRequest{Peers: r.Peers}); err != nil {
		return result, err
	}
	if result.Opened, err = s.openHours(ctx, tx, z); err != nil {
		return result, err
	}
	return result, tellHours(tx, old, z)
}

// PreviewHours says what ChangeHours would do, and changes nothing.
func (s *Service) PreviewHours(ctx context.Context, r HoursRequest) (p HoursPreview, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		rivals, err := rivalsOf(ctx, tx, r.SessionID)
		if err != nil {
			return err
		}
		z, _, err := s.retiming(ctx, tx, rivals, r, nil)
		if err != nil {
			return err
		}
		if p.NearOnes, err = s.nearOthers(ctx, tx, z); err != nil {
			return err
		}
		p.Moving, p.Displaced = z.told(), z.displaced
		p.HoursResult = HoursResult{
			Start: z.session.Start, End: z.session.End, Moved: len(p.Moving), Displaced: len(z.displaced), Ended: len(z.gone),
			Opened: len(z.add), Near: len(p.NearOnes),
		}
		for _, slot := range z.slots {
			if z.back[slot.No] && !slot.Taken {
				p.Opened++
			}
		}
		return nil
	})
	return p, err
}

// rivalsOf gives a session and those of its day that its doctor or room might
// have to be in at the same time, by id.
func rivalsOf(ctx context.Context, tx Tx, sessionID string) ([]Session, error) {
	x, err := tx.Session(ctx, sessionID)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	day, err := tx.Sessions(ctx, SessionFilter{From: x.Date, To: x.Date, Status: []SessionStatus{SessionPlanned, SessionOpen}})
	if err != nil {
		return nil, fmt.Errorf("load sessions of the day: %w", err)
	}
	list := append(slices.DeleteFunc(day, func(o Session) bool {
		return o.ID == x.ID || o.AttendingID != x.AttendingID && o.RoomID != x.RoomID
	}), x)
	slices.SortFunc(list, func(a, b Session) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// retiming decides; lock is nil where nothing is to be changed. A session that
// has these hours already is given as it is.
func (s *Service) retiming(ctx context.Context, tx Tx, rivals []Session, r HoursRequest,
	lock func(context.Context, string) (Appointment, error),
) (z retiming, old Session, err error) {
	old = rivals[slices.IndexFunc(rivals, func(o Session) bool { return o.ID == r.SessionID })]
	z.session = old
	start, end, err := r.hours(old)
	if err == nil {
		err = old.mayRetime(start, end, tx.Now(), s.loc)
	}
	if err != nil || start.Equal(old.Start) && end.Equal(old.End) {
		return z, old, err
	}
	for _, o := range rivals {
		if err := old.inTheWay(o, start, end); err != nil {
			return z, old, err
		}
	}
	slots, err := tx.Slots(ctx, old.ID)
	if err != nil {
		return z, old, fmt.Errorf("load slots: %w", err)
	}
	standing, err := standingOn(ctx, tx, old, lock)
	if err != nil {
		return z, old, err
	}
	if z, err = old.retime(start, end, slots, standing, r.Reason, tx.Now()); err != nil {
		return z, old, err
	}
	if own := s.policy.deadline(old, s.loc); old.Deadline.Equal(own) {
		z.session.Deadline = s.policy.deadline(z.session, s.loc)
	} else { // set by hand
		z.session.Deadline = old.Deadline.Add(end.Sub(old.End))
	}
	return z, old, nil
}

// standingOn gives who stands on a session. One whose visit is over means that
// it has begun, whatever the clock says.
func standingOn(ctx context.Context, tx Tx, session Session, lock func(context.Context, string) (Appointment, error)) ([]Appointment, error) {
	all, err := tx.Appointments(ctx, AppointmentFilter{SessionID: session.ID, States: []State{Held, Booked, CheckedIn, Fulfilled}})
	if err != nil {
		return nil, fmt.Errorf("load appointments: %w", err)
	}
	list := make([]Appointment, 0, len(all))
	for _, a := range all {
		if lock != nil {
			if a, err = lock(ctx, a.ID); err != nil {
				return nil, fmt.Errorf("lock appointment: %w", err)
			}
		}
		switch {
		case a.State == Fulfilled:
			return nil, sessionBegun()
		case a.Active() && a.SessionID == session.ID:
			list = append(list, a)
		}
	}
	return list, nil
}

// nearOthers gives the appointments that would be too near to another visit of
// their patients.
func (s *Service) nearOthers(ctx context.Context, tx Tx, z retiming) ([]string, error) {
	told := z.told()
	patients := make([]string, 0, len(told))
	for _, a := range told {
		patients = append(patients, a.PatientID)
	}
	if len(patients) == 0 || s.policy.Gap < 0 {
		return nil, nil
	}
	of, err := visitsOf(ctx, tx, patients, z.session.Date, z.session.Date)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, a := range told {
		if slices.ContainsFunc(of[a.PatientID], func(v Visit) bool {
			return v.DoctorID != a.DoctorID && s.policy.near(Ask{Start: a.Start, End: a.End}, v)
		}) {
			list = append(list, a.ID)
		}
	}
	return list, nil
}
