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
)

// Why a session is not changed although the roster says otherwise.
const (
	ProtectedBooked    = "booked"    // somebody holds or held a place of it
	ProtectedSuspended = "suspended" // it is being settled
	ProtectedBegun     = "begun"     // its half-day has begun or is over
)

// BroughtLine is one session that a roster makes other than it is.
type BroughtLine struct {
	SessionID string          `json:"session_id"`
	DoctorID  string          `json:"doctor_id"`
	Date      string          `json:"date"`
	Part      houzhen.DayPart `json:"part"`
	Change    string          `json:"change" enum:"add,change,remove"`
	Fields    []string        `json:"fields" doc:"What would be other"`
	Protected string          `json:"protected,omitempty" enum:"booked,suspended,begun" doc:"Why it stays as it is"`
	Booked    int             `json:"booked" doc:"Places that are taken"`

	planned planned
}

// BringRequest is a roster from outside. Lines are known again by their ids;
// lines that are not mentioned stay.
type BringRequest struct {
	Rosters    []Roster
	Exceptions []Exception
	Dry        bool // only say what would be
}

// Bring takes a roster in and makes the coming sessions of the doctors in it
// follow, from tomorrow to the horizon, all in one transaction. A session with
// bookings is never changed or deleted; its line says so, and whoever wants it
// otherwise suspends or resizes it. The same roster again changes nothing.
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
		return s.follow(ctx, tx, lines)
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
	rosters = merged(rosters, r.Rosters, func(x Roster) string { return x.ID })
	exceptions = merged(exceptions, r.Exceptions, func(x Exception) string { return x.ID })
	doctors := concerned(r)
	want := map[string]planned{}
	for d := from; !to.Before(d); d = d.AddDays(1) {
		for _, o := range plan(rosters, exceptions, d, s.loc, s.policy, rules...) {
			if o.ID = sessionID(o.Session); doctors(o.DoctorID) {
				want[sessionKey(o.Session)] = o
			}
		}
	}
	known = slices.DeleteFunc(known, func(o Session) bool { return !doctors(o.DoctorID) })
	lines := compare(known, want)
	for i := range lines {
		if err := protect(ctx, tx, &lines[i], known); err != nil {
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
// changed of a session after it was made (who attends, its status) is not the
// roster's.
func compare(known []Session, want map[string]planned) []BroughtLine {
	var lines []BroughtLine
	exists := map[string]bool{}
	for _, o := range known {
		key := sessionKey(o)
		exists[key] = true
		w, planned := want[key]
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

// protect says why a session must stay as it is.
func protect(ctx context.Context, tx Tx, line *BroughtLine, known []Session) error {
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
	case len(held) > 0:
		line.Protected = ProtectedBooked
	}
	return nil
}

// follow does what the lines say. A place that was taken since they were
// written protects its session now.
func (s *Service) follow(ctx context.Context, tx Tx, lines []BroughtLine) error {
	for i := range lines {
		line := &lines[i]
		if line.Protected != "" {
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
	return nil
}
