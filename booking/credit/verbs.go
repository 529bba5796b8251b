package credit

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// mostWords is the longest word of a patient or of whoever decides, in
// characters.
const mostWords = 500

// Appeal notes a patient's word against a mark, in one step: the evidence is
// already filled in. Whether the caller may speak for the patient is asked
// before.
func (s *Service) Appeal(ctx context.Context, tx Tx, markID, words string, evidence []Evidence) (Appeal, error) {
	if utf8.RuneCountInString(words) > mostWords {
		return Appeal{}, houzhen.E(houzhen.CodeTooLarge, "words are over the limit").On("words")
	}
	m, err := tx.Mark(ctx, markID)
	if err != nil {
		return Appeal{}, fmt.Errorf("load mark: %w", err)
	}
	sets, err := tx.RuleSets(ctx)
	if err != nil {
		return Appeal{}, fmt.Errorf("load rules: %w", err)
	}
	set, _ := InForce(sets, m.At)
	if err := m.Appealable(set, false, tx.Now()); err != nil {
		return Appeal{}, err
	}
	a := m.appeal(tx.NewID(), words, evidence, set, tx.Now())
	if err := tx.AddAppeal(ctx, a); err != nil {
		return Appeal{}, err
	}
	return a, emit(tx, houzhen.CreditAppealed, a.ID, a.Version, "", nil)
}

// Decide ends an appeal; granting it lifts the mark.
func (s *Service) Decide(ctx context.Context, tx Tx, appealID string, grant bool, by, note string) (Appeal, error) {
	if utf8.RuneCountInString(note) > mostWords {
		return Appeal{}, houzhen.E(houzhen.CodeTooLarge, "words are over the limit").On("note")
	}
	a, err := tx.Appeal(ctx, appealID)
	if err != nil {
		return a, fmt.Errorf("load appeal: %w", err)
	}
	if a, err = a.decide(grant, by, note, tx.Now()); err != nil {
		return a, err
	}
	return s.end(ctx, tx, a, WhyAppeal)
}

// end saves a decided appeal, lifts its mark unless refused, and tells.
func (s *Service) end(ctx context.Context, tx Tx, a Appeal, why string) (Appeal, error) {
	if err := tx.UpdateAppeal(ctx, &a); err != nil {
		return a, fmt.Errorf("save appeal: %w", err)
	}
	if a.State != Refused {
		if err := s.lift(ctx, tx, a.MarkID, why); err != nil {
			return a, err
		}
	}
	return a, emit(tx, houzhen.CreditDecided, a.ID, a.Version, "", nil)
}

func (s *Service) lift(ctx context.Context, tx Tx, markID, why string) error {
	m, err := tx.Mark(ctx, markID)
	if err != nil {
		return fmt.Errorf("load mark: %w", err)
	}
	if m.State != Counted {
		return nil
	}
	m.State, m.Why = Lifted, why
	if err := tx.UpdateMark(ctx, &m); err != nil {
		return fmt.Errorf("lift mark: %w", err)
	}
	return emit(tx, houzhen.CreditLifted, m.ID, m.Version, "", markedData(m))
}

// LapseAppeals lifts the marks of appeals that nobody decided in time, at most
// limit, and says how many.
func (s *Service) LapseAppeals(ctx context.Context, tx Tx, limit int) (int, error) {
	open, err := tx.AppealsOpen(ctx, limit)
	if err != nil {
		return 0, fmt.Errorf("load appeals: %w", err)
	}
	n := 0
	for _, a := range open {
		a, over := a.lapse(tx.Now())
		if !over {
			break // they come by the time they are due
		}
		if _, err := s.end(ctx, tx, a, WhyUnheard); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Protect declares a time in which nothing is anybody's fault, and lifts the
// marks that fell into it. It gives how many were lifted.
func (s *Service) Protect(ctx context.Context, tx Tx, shield Shield) (int, error) {
	if err := shield.validate(); err != nil {
		return 0, err
	}
	shield.ID = tx.NewID()
	if err := tx.AddShield(ctx, shield); err != nil {
		return 0, fmt.Errorf("add exemption: %w", err)
	}
	marks, err := s.reach(ctx, tx, shield)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range marks {
		covered, err := s.covered(ctx, tx, m, shield)
		if err != nil {
			return n, err
		}
		if m.State != Counted || !covered {
			continue
		}
		if err := s.lift(ctx, tx, m.ID, shield.Kind); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s Shield) validate() error {
	switch {
	case s.Kind != WhyFault && s.Kind != WhyInpatient && s.Kind != WhyDeath && s.Kind != WhyEmergency:
		return houzhen.E(houzhen.CodeInvalid, "no such kind of exemption").On("kind")
	case s.Kind != WhyFault && s.PatientID == "":
		return houzhen.E(houzhen.CodeMissing, "an exemption of that kind is of one patient").On("patient_id")
	case !s.To.After(s.From):
		return houzhen.E(houzhen.CodeInvalid, "the time ends before it begins").On("to")
	case s.Note == "":
		return houzhen.E(houzhen.CodeMissing, "an exemption says why").On("note")
	}
	return nil
}

func (s *Service) reach(ctx context.Context, tx Tx, shield Shield) (marks []Mark, err error) {
	if shield.PatientID != "" {
		marks, err = tx.MarksOf(ctx, shield.PatientID)
	} else {
		marks, err = tx.MarksSince(ctx, shield.From)
	}
	if err != nil {
		return nil, fmt.Errorf("load marks: %w", err)
	}
	return marks, nil
}

func (s *Service) covered(ctx context.Context, tx Tx, m Mark, shield Shield) (bool, error) {
	a, err := tx.Appointment(ctx, m.AppointmentID)
	if err != nil {
		return false, fmt.Errorf("load appointment: %w", err)
	}
	session, err := tx.Session(ctx, a.SessionID)
	if err != nil {
		return false, fmt.Errorf("load session: %w", err)
	}
	from, to := span(a, session, m.At)
	return shield.covers(m.PatientID, from, to), nil
}
