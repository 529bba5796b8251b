package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// What becomes of a session when a roster is brought again.
const (
	BringAdd    = "add"
	BringChange = "change"
	BringRemove = "remove"
	BringHours  = "hours" // it takes place at other hours; whoever has a place goes along
)

// Why a session is not changed although the roster says otherwise.
const (
	ProtectedBooked    = "booked"    // somebody holds or held a place of it
	ProtectedSuspended = "suspended" // it is being settled
	ProtectedBegun     = "begun"     // its half-day has begun or is over
	ProtectedHours     = "hours"     // the doctor or the room is taken at the new hours, or they hold no slice
)

// BroughtLine is one session that a roster makes other than it is.
type BroughtLine struct {
	SessionID string          `json:"session_id"`
	DoctorID  string          `json:"doctor_id"`
	Date      string          `json:"date"`
	Part      houzhen.DayPart `json:"part"`
	Change    string          `json:"change" enum:"add,change,remove,hours"`
	Fields    []string        `json:"fields" doc:"What would be other"`
	Protected string          `json:"protected,omitempty" enum:"booked,suspended,begun,hours" doc:"Why it stays as it is"`
	Booked    int             `json:"booked" doc:"Places that are taken"`
	Moved     int             `json:"moved,omitempty" doc:"Of hours: patients who get another time"`
	Displaced int             `json:"displaced,omitempty" doc:"Of hours: patients who must be found another place"`

	planned planned
}

// BringRequest is a roster from outside. Lines are known again by their ids;
// lines that are not mentioned stay.
type BringRequest struct {
	Rosters    []Roster
	Exceptions []Exception
	Dry        bool // only say what would be
	// Peers gives the doctors of the same grade, as in SuspendRequest; nil: none are known.
	Peers func(doctorID string) []string
}

// Bring takes a roster in and makes the coming sessions of the doctors in it
// follow, from tomorrow to the horizon, all in one transaction. A session with
// bookings is given other hours where the roster changes nothing else of it (see
// ChangeHours), and is never changed otherwise or deleted; its line says so, and
// whoever wants that suspends or resizes it. Hours that a manager has changed
// since stay until the roster itself says other ones than before. The same
// roster again changes nothing.
func (s *Service) Bring(ctx context.Context, r BringRequest) (lines []BroughtLine, err error) {
	horizon, err := s.Horizon(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		from := s.today(tx.Now()).AddDays(1)
		to := from.AddDays(horizon)
		if lines, err = s.bring(ctx, tx, r, from, to); err != nil || r.Dry {
			return err
		}
		for _, line := range r.Rosters {
			if err := tx.SaveRoster(ctx, line); err != nil {
				return fmt.Errorf("save roster: %w", err)
			}
		}
		for _, e := range r.Exceptions {
			if err := tx.SaveException(ctx, e); err != nil {
				return fmt.Errorf("save exception: %w", err)
			}
		}
		return s.follow(ctx, tx, r, lines)
	})
	return lines, err
}

// bring compares what is with what the roster would make.
func (s *Service) bring(ctx context.Context, tx Tx, r BringRequest, from, to houzhen.Date) ([]BroughtLine, error) {
	rosters, err := tx.Rosters(ctx)
	if err != nil {
		return nil, fmt.Errorf("load rosters: %w", err)
	}
	exceptions, err := tx.Exceptions(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("load exceptions: %w", err)
	}
	rules, err := tx.ReleaseRules(ctx)
	if err != nil {
		return nil, fmt.Errorf("load release rules: %w", err)
	}
	known, err := tx.Sessions(ctx, SessionFilter{From: from, To: to})
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	doctors := concerned(r)
	made := func(rosters []Roster, exceptions []Exception) map[string]planned {
		all := map[string]planned{}
		for d := from; !to.Before(d); d = d.AddDays(1) {
			for _, o := range plan(rosters, exceptions, d, s.loc, s.policy, rules...) {
				if o.ID = sessionID(o.Session); doctors(o.DoctorID) {
					all[sessionKey(o.Session)] = o
				}
			}
		}
		return all
	}
	was := made(rosters, exceptions)
	want := made(merged(rosters, r.Rosters, func(x Roster) string { return x.ID }), merged(exceptions, r.Exceptions, func(x Exception) string { return x.ID }))
	known = slices.DeleteFunc(known, func(o Session) bool { return !doctors(o.DoctorID) })
	lines := compare(known, was, want)
	for i := range lines {
		if err := s.protect(ctx, tx, &lines[i], known); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// merged gives old lines with those of the same id replaced and new ones added.
func merged[T any](old, fresh []T, id func(T) string) []T {
	list := slices.Clone(old)
	for _, f := range fresh {
		if i := slices.IndexFunc(list, func(x T) bool { return id(x) == id(f) }); i >= 0 {
			list[i] = f
		} else {
			list = append(list, f)
		}
	}
	return list
}

// concerned tells whose sessions a roster speaks of; an exception of the whole
// hospital speaks of all.
func concerned(r BringRequest) func(doctorID string) bool {
	ids, all := map[string]bool{}, false
	for _, x := range r.Rosters {
		ids[x.DoctorID] = true
	}
	for _, e := range r.Exceptions {
		all = all || e.DoctorID == "" && e.Kind != ExceptionExtra
		ids[e.DoctorID], ids[e.Extra.DoctorID] = true, true
	}
	return func(id string) bool { return all || ids[id] }
}

// compare lists what is other, by date, half-day and doctor. What the manager
// changed of a session after it was made (who attends, its status, its hours) is
// not the roster's.
func compare(known []Session, was, want map[string]planned) []BroughtLine {
	var lines []BroughtLine
	exists := map[string]bool{}
	for _, o := range known {
		key := sessionKey(o)
		exists[key] = true
		w, planned := want[key]
		if before, had := was[key]; had && planned && before.Start.Equal(w.Start) && before.End.Equal(w.End) {
			w.Start, w.End, w.Deadline = o.Start, o.End, o.Deadline
		}
		switch fields := differing(o, w.Session); {
		case !planned:
			lines = append(lines, lineOf(o, BringRemove, nil))
		case len(fields) > 0:
			line := lineOf(o, BringChange, fields)
			line.planned = w
			lines = append(lines, line)
		}
	}
	for key, w := range want {
		if !exists[key] {
			line := lineOf(w.Session, BringAdd, nil)
			line.planned = w
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b BroughtLine) int {
		return cmp.Or(strings.Compare(a.Date, b.Date), strings.Compare(string(a.Part), string(b.Part)), strings.Compare(a.DoctorID, b.DoctorID))
	})
	return lines
}

func lineOf(o Session, change string, fields []string) BroughtLine {
	if fields == nil {
		fields = []string{}
	}
	return BroughtLine{SessionID: o.ID, DoctorID: o.DoctorID, Date: o.Date.String(), Part: o.Part, Change: change, Fields: fields}
}

func differing(is, want Session) (fields []string) {
	for _, f := range []struct {
		name  string
		other bool
	}{
		{"department", is.DepartmentID != want.DepartmentID},
		{"zone", is.ZoneID != want.ZoneID},
		{"room", is.RoomID != want.RoomID},
		{"start", !is.Start.Equal(want.Start)},
		{"end", !is.End.Equal(want.End)},
		{"slice_minutes", is.SliceMinutes != want.SliceMinutes},
		{"slice_capacity", is.SliceCapacity != want.SliceCapacity},
		{"class", is.Class != want.Class},
		{"prefix", is.Prefix != want.Prefix},
	} {
		if f.other {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// protect says why a session must stay as it is, or that its hours alone change.
func (s *Service) protect(ctx context.Context, tx Tx, line *BroughtLine, known []Session) error {
	i := slices.IndexFunc(known, func(o Session) bool { return o.ID == line.SessionID })
	if i < 0 {
		return nil
	}
	held, err := tx.Appointments(ctx, AppointmentFilter{SessionID: line.SessionID})
	if err != nil {
		return fmt.Errorf("load appointments: %w", err)
	}
	for _, a := range held {
		if a.Active() {
			line.Booked++
		}
	}
	switch {
	case known[i].Status == SessionSuspended:
		line.Protected = ProtectedSuspended
	case known[i].Status != SessionPlanned:
		line.Protected = ProtectedBegun
	case len(held) == 0:
	case line.Change != BringChange || slices.ContainsFunc(line.Fields, func(f string) bool { return f != "start" && f != "end" }):
		line.Protected = ProtectedBooked
	default:
		return s.protectHours(ctx, tx, line)
	}
	return nil
}

// protectHours says what the new hours of a session with bookings would do.
func (s *Service) protectHours(ctx context.Context, tx Tx, line *BroughtLine) error {
	line.Change = BringHours
	rivals, err := rivalsOf(ctx, tx, line.SessionID)
	if err != nil {
		return err
	}
	z, _, err := s.retiming(ctx, tx, rivals, line.hours(BringRequest{}), nil)
	switch {
	case noSuchHours(err):
		line.Protected = ProtectedHours
	case err != nil:
		return err
	}
	line.Moved, line.Displaced = len(z.told()), len(z.displaced)
	return nil
}

func (l BroughtLine) hours(r BringRequest) HoursRequest {
	h := HoursRequest{SessionID: l.SessionID, Start: l.planned.Start, End: l.planned.End, Reason: "roster"}
	if r.Peers != nil {
		h.Peers = r.Peers(l.DoctorID)
	}
	return h
}

// noSuchHours reports whether a session cannot have the hours that were asked
// for; nothing was changed then.
func noSuchHours(err error) bool {
	return slices.Contains([]houzhen.Code{
		houzhen.CodeDoctorBusy, houzhen.CodeRoomBusy, houzhen.CodeHours, houzhen.CodeSessionBegun, houzhen.CodeInvalid,
	}, houzhen.CodeOf(err))
}

// retimeLines gives sessions with bookings their hours. One that waits for
// another's to be free is tried again after the others.
func (s *Service) retimeLines(ctx context.Context, tx Tx, r BringRequest, lines []BroughtLine) error {
	for range 2 {
		for i := range lines {
			line := &lines[i]
			if line.Change != BringHours || line.Protected != "" && line.Protected != ProtectedHours {
				continue
			}
			result, err := s.ChangeHoursTx(ctx, tx, line.hours(r))
			switch {
			case noSuchHours(err):
				line.Protected = ProtectedHours
				continue
			case err != nil:
				return err
			}
			line.Protected = ""
			if result.Moved+result.Displaced > 0 {
				line.Moved, line.Displaced = result.Moved, result.Displaced
			}
		}
	}
	return nil
}

// follow does what the lines say. A place that was taken since they were
// written protects its session now.
func (s *Service) follow(ctx context.Context, tx Tx, r BringRequest, lines []BroughtLine) error {
	for i := range lines {
		line := &lines[i]
		if line.Protected != "" || line.Change == BringHours {
			continue
		}
		if line.Change != BringAdd {
			switch err := tx.DropSession(ctx, line.SessionID); {
			case houzhen.CodeOf(err) == houzhen.CodeState:
				line.Protected = ProtectedBooked
				continue
			case err != nil:
				return fmt.Errorf("drop empty session: %w", err)
			}
		}
		if o := line.planned; line.Change != BringRemove {
			if err := s.addSession(ctx, tx, o.Session, LayOut(o.Session, o.quotas), o.extra); err != nil {
				return fmt.Errorf("add session: %w", err)
			}
		}
	}
	return s.retimeLines(ctx, tx, r, lines) // last: whoever is displaced may be kept a place in what is new
}
