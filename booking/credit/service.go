package credit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Tx is what credit asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	booking.Tx

	RuleSets(ctx context.Context) ([]RuleSet, error)   // by version
	AddRuleSet(ctx context.Context, s RuleSet) error   // CodeConflict when the version exists
	AddMark(ctx context.Context, m Mark) (bool, error) // false: the appointment has one of that cause
	Mark(ctx context.Context, id string) (Mark, error)
	UpdateMark(ctx context.Context, m *Mark) error                     // by Version, raised by one: CodeConflict
	MarksOf(ctx context.Context, patientIDs ...string) ([]Mark, error) // by time
	MarksSince(ctx context.Context, since time.Time) ([]Mark, error)   // of everybody, by time
	Outages(ctx context.Context, from, to time.Time) ([]booking.Outage, error)
	AddShield(ctx context.Context, s Shield) error
	Shields(ctx context.Context, from, to time.Time) ([]Shield, error) // that overlap
	AddAttempt(ctx context.Context, a Attempt) error
	Attempts(ctx context.Context, appointmentID string) ([]Attempt, error) // by time
	AddAppeal(ctx context.Context, a Appeal) error                         // CodeAppealed when the mark has one
	Appeal(ctx context.Context, id string) (Appeal, error)
	UpdateAppeal(ctx context.Context, a *Appeal) error // by Version: CodeConflict
	AppealsOf(ctx context.Context, patientIDs ...string) ([]Appeal, error)
	AppealsOpen(ctx context.Context, limit int) ([]Appeal, error) // the one due first comes first
}

// Service runs the verbs of credit within transactions that are given to it.
type Service struct{ loc *time.Location }

// NewService makes the service for a hospital in a zone.
func NewService(loc *time.Location) *Service { return &Service{loc: loc} }

// Publish adds a version of the rules; it must take effect later than now.
func (s *Service) Publish(ctx context.Context, tx Tx, set RuleSet, by string) (RuleSet, error) {
	sets, err := tx.RuleSets(ctx)
	if err != nil {
		return set, fmt.Errorf("load rules: %w", err)
	}
	set.ID, set.Version, set.PublishedAt, set.PublishedBy = tx.NewID(), 1, tx.Now(), by
	if n := len(sets); n > 0 {
		set.Version = sets[n-1].Version + 1
		if set.ValidFrom.Before(sets[n-1].ValidFrom) {
			return set, houzhen.E(houzhen.CodeCreditRules, "a later version takes effect before this one").On("valid_from")
		}
	}
	if err := set.Validate(); err != nil {
		return set, err
	}
	if err := tx.AddRuleSet(ctx, set); err != nil {
		return set, fmt.Errorf("publish rules: %w", err)
	}
	return set, emit(tx, houzhen.CreditRulesPublished, set.ID, set.Version, "", nil)
}

// Note marks an appointment for a cause, at the instant when it happened.
// Noting the same again changes nothing. It tells whether the mark counts.
func (s *Service) Note(ctx context.Context, tx Tx, a booking.Appointment, cause Cause, at time.Time) error {
	sets, err := tx.RuleSets(ctx)
	if err != nil {
		return fmt.Errorf("load rules: %w", err)
	}
	session, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	m := Mark{
		ID: tx.NewID(), PatientID: a.PatientID, AppointmentID: a.ID, Cause: cause, At: at, Day: a.Day, State: Counted, Version: 1,
	}
	set, ok := InForce(sets, at)
	if !ok || !set.counts(cause) {
		return nil // nothing that was published is about it
	}
	m.RuleSet = set.Version
	from, to := span(a, session, at)
	shields, err := excuses(ctx, tx, from, to)
	if err != nil {
		return err
	}
	place, err := tx.Slot(ctx, a.SessionID, a.SlotNo)
	if err != nil {
		return fmt.Errorf("load place: %w", err)
	}
	if m.Why = Exemption(a, session, place, shields, at); m.Why != "" {
		m.State = Exempt
	}
	added, err := tx.AddMark(ctx, m)
	if err != nil || !added {
		return err
	}
	if err := emit(tx, houzhen.CreditMarked, m.ID, m.Version, a.SessionID, markedData(m)); err != nil {
		return err
	}
	return s.tellLimit(ctx, tx, sets, m)
}

// excuses loads the times that excuse: those that people declared, and those in
// which the system was found to be down.
func excuses(ctx context.Context, tx Tx, from, to time.Time) ([]Shield, error) {
	shields, err := tx.Shields(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("load exemptions: %w", err)
	}
	down, err := tx.Outages(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("load outages: %w", err)
	}
	for _, o := range down {
		shields = append(shields, Shield{Kind: WhyFault, From: o.From, To: o.To})
	}
	return shields, nil
}

// tellLimit emits the fact of a limit that a mark has just brought.
func (s *Service) tellLimit(ctx context.Context, tx Tx, sets []RuleSet, m Mark) error {
	if m.State != Counted {
		return nil
	}
	record, err := s.record(ctx, tx, sets, m.PatientID)
	if err != nil {
		return err
	}
	limit, ok := Restriction(sets, record, tx.Now(), s.loc)
	if !ok || limit.MarkID != m.ID {
		return nil
	}
	return emit(tx, houzhen.CreditLimited, m.ID, m.Version, "", markedData(m))
}

func markedData(m Mark) houzhen.MarkedData {
	return houzhen.MarkedData{Patient: m.PatientID, Appointment: m.AppointmentID, Cause: string(m.Cause), State: string(m.State)}
}

// record loads what is known of a patient.
func (s *Service) record(ctx context.Context, tx Tx, sets []RuleSet, patientID string) (Record, error) {
	records, err := s.records(ctx, tx, sets, []string{patientID})
	return records[patientID], err
}

// records loads what is known of patients; who has no mark is not in it.
func (s *Service) records(ctx context.Context, tx Tx, sets []RuleSet, patientIDs []string) (map[string]Record, error) {
	out := map[string]Record{}
	marks, err := tx.MarksOf(ctx, patientIDs...)
	if err != nil {
		return out, fmt.Errorf("load marks: %w", err)
	}
	for _, m := range marks {
		r := out[m.PatientID]
		r.Marks = append(r.Marks, m)
		out[m.PatientID] = r
	}
	if len(out) == 0 || !inARow(sets) {
		return out, nil
	}
	marked := make([]string, 0, len(out))
	for id := range out {
		marked = append(marked, id)
	}
	kept, err := tx.Appointments(ctx, booking.AppointmentFilter{PatientIDs: marked, States: []booking.State{booking.CheckedIn, booking.Fulfilled}})
	if err != nil {
		return out, fmt.Errorf("load visits: %w", err)
	}
	for _, a := range kept {
		r := out[a.PatientID]
		r.Came = append(r.Came, a.CheckedInAt)
		out[a.PatientID] = r
	}
	return out, nil
}

// inARow reports whether any version counts marks in a row.
func inARow(sets []RuleSet) bool {
	for _, set := range sets {
		for _, r := range set.Rules {
			if r.Window.Kind == Consecutive {
				return true
			}
		}
	}
	return false
}

// Restrictions gives the limits of those patients who have one at the
// transaction's instant. Who has no mark costs nothing but the look.
func (s *Service) Restrictions(ctx context.Context, tx Tx, patientIDs ...string) (map[string]Limit, error) {
	out := map[string]Limit{}
	if len(patientIDs) == 0 {
		return out, nil
	}
	records, err := s.records(ctx, tx, nil, patientIDs)
	if err != nil || len(records) == 0 {
		return out, err
	}
	sets, err := tx.RuleSets(ctx)
	if err != nil {
		return out, fmt.Errorf("load rules: %w", err)
	}
	if inARow(sets) {
		if records, err = s.records(ctx, tx, sets, patientIDs); err != nil {
			return out, err
		}
	}
	for id, r := range records {
		if l, ok := Restriction(sets, r, tx.Now(), s.loc); ok {
			out[id] = l
		}
	}
	return out, nil
}

// Judge implements booking.Rule: online channels are closed to whoever is
// restricted, and nothing else is.
func (s *Service) Judge(ctx context.Context, tx booking.Tx, asks []booking.Ask) ([]error, error) {
	verdicts := make([]error, len(asks))
	var online []string
	for _, ask := range asks {
		if Online(ask.Request.Channel) {
			online = append(online, ask.Request.PatientID)
		}
	}
	own, ok := tx.(Tx)
	if len(online) == 0 || !ok {
		return verdicts, nil
	}
	limits, err := s.Restrictions(ctx, own, online...)
	if err != nil {
		return nil, err
	}
	for i, ask := range asks {
		if l, ok := limits[ask.Request.PatientID]; ok && Online(ask.Request.Channel) {
			verdicts[i] = houzhen.E(houzhen.CodeCredit, "online booking is closed to this person").With("until", l.Last.String())
		}
	}
	return verdicts, nil
}

func emit(tx Tx, kind houzhen.EventKind, subject string, version int64, session string, data any) error {
	e := houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: subject, Version: version, Session: session, At: tx.Now()}
	if data != nil {
		b, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("encode fact: %w", err)
		}
		e.Data = b
	}
	if err := tx.Emit(e); err != nil {
		return fmt.Errorf("emit fact: %w", err)
	}
	return nil
}
