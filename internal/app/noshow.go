package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/directory"
)

// How far forecasts look.
const (
	memory      = 400 // days of a patient's visits that are looked at
	daysAhead   = 3   // of upcoming visits that are estimated each hour
	firstLesson = 60  // days that a new model learns from at most
)

// model loads what was learned; a state of an older version starts anew.
func (a *App) model(ctx context.Context, tx everything) (*noshow.Model, error) {
	m := noshow.New()
	body, err := tx.NoShowModel(ctx)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	if err := json.Unmarshal(body, m); houzhen.CodeOf(err) == houzhen.CodeConflict {
		return noshow.New(), nil
	} else if err != nil {
		return nil, err
	}
	return m, nil
}

// learnNoShows lets the model learn from the days that have closed since it
// last did, a day after the other. The model names the last day it knows, so a
// run that was missed is made up for, and none is learned twice.
func (a *App) learnNoShows(ctx context.Context, _ time.Time) error {
	for {
		l, err := a.lessonsOfDay(ctx)
		if err != nil || l == nil {
			return err
		}
		if err := a.inTx(ctx, func(tx everything) error { return a.saveLessons(ctx, tx, l) }); err != nil {
			return err
		}
	}
}

// learned is what one day has taught. It is worked out beside the others' work
// and kept in one short transaction.
type learned struct {
	before    houzhen.Date // up to which the model knew
	model     *noshow.Model
	histories map[string]noshow.History
}

// lessonsOfDay takes the outcomes of the first day that the model does not know
// into it and into what is remembered of its patients; nil when it knows all.
// Who was exempted by no fault of his teaches nothing: his appointment was
// cancelled or his session suspended.
func (a *App) lessonsOfDay(ctx context.Context) (l *learned, err error) {
	err = a.view(ctx, func(tx everything) error {
		m, err := a.model(ctx, tx)
		if err != nil {
			return err
		}
		day, yesterday := m.Learned().AddDays(1), a.Today().AddDays(-1)
		if first := yesterday.AddDays(1 - firstLesson); m.Learned().IsZero() || day.Before(first) {
			day = first
		}
		if yesterday.Before(day) {
			return nil
		}
		over, err := tx.Appointments(ctx, booking.AppointmentFilter{
			From: day, To: day, Purpose: booking.PurposeVisit, States: []booking.State{booking.CheckedIn, booking.Fulfilled, booking.NoShow},
		})
		if err != nil {
			return fmt.Errorf("load appointments: %w", err)
		}
		visits, histories, err := a.visits(ctx, tx, over)
		if err != nil {
			return err
		}
		l = &learned{before: m.Learned(), model: m, histories: map[string]noshow.History{}}
		lessons := make([]noshow.Lesson, len(over))
		for i, at := range over {
			lessons[i] = noshow.Lesson{Outcome: noshow.Outcome{Visit: visits[i], NoShow: at.State == booking.NoShow}, History: histories[at.PatientID]}
		}
		m.Learn(day, lessons)
		slices.SortStableFunc(lessons, func(a, b noshow.Lesson) int { return cmp.Or(a.BookedAt.Compare(b.BookedAt), cmp.Compare(a.ID, b.ID)) })
		for _, o := range lessons {
			h, ok := l.histories[o.Patient]
			if !ok {
				if h = histories[o.Patient]; !h.LastDay.Before(day) {
					continue // known from an earlier state of the model
				}
			}
			l.histories[o.Patient] = h.After(o.Outcome)
		}
		return nil
	})
	return l, err
}

// saveLessons keeps what a day has taught, unless somebody else has learned it
// meanwhile.
func (a *App) saveLessons(ctx context.Context, tx everything, l *learned) error {
	now, err := a.model(ctx, tx)
	if err != nil || now.Learned() != l.before {
		return err
	}
	if err := tx.SaveHistories(ctx, l.histories); err != nil {
		return err
	}
	body, err := json.Marshal(l.model)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return tx.SaveNoShowModel(ctx, body)
}

// visits describes appointments as the model sees them, in their order, with
// what is remembered of their patients.
func (a *App) visits(ctx context.Context, tx everything, list []booking.Appointment) ([]noshow.Visit, map[string]noshow.History, error) {
	if len(list) == 0 {
		return nil, map[string]noshow.History{}, nil
	}
	var ids, held []string
	for _, at := range list {
		ids, held = append(ids, at.PatientID), append(held, at.SessionID)
	}
	ids = distinct(ids)
	histories, err := tx.Histories(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	others, err := a.othersOf(ctx, tx, ids, list[0].Day)
	if err != nil {
		return nil, nil, err
	}
	people, err := tx.PatientsByID(ctx, ids) // of a record that was removed nothing is known
	if err != nil {
		return nil, nil, fmt.Errorf("load patients: %w", err)
	}
	sessions, err := sessionsByID(ctx, tx, held)
	if err != nil {
		return nil, nil, fmt.Errorf("load sessions: %w", err)
	}
	out := make([]noshow.Visit, len(list))
	for i, at := range list {
		out[i] = noshow.Among(a.visit(at, sessions[at.SessionID], people[at.PatientID]), others[at.PatientID])
	}
	return out, histories, nil
}

// othersOf lists the visits of patients around a day, for counting them.
func (a *App) othersOf(ctx context.Context, tx everything, ids []string, day houzhen.Date) (map[string][]noshow.Visit, error) {
	out := map[string][]noshow.Visit{}
	for part := range slices.Chunk(ids, 100) {
		list, err := tx.Appointments(ctx, booking.AppointmentFilter{
			PatientIDs: part, From: day.AddDays(-memory), To: day.AddDays(daysAhead), Purpose: booking.PurposeVisit,
			States: []booking.State{booking.Booked, booking.CheckedIn, booking.Fulfilled, booking.NoShow},
		})
		if err != nil {
			return nil, fmt.Errorf("load visits: %w", err)
		}
		for _, at := range list {
			out[at.PatientID] = append(out[at.PatientID], noshow.Visit{ID: at.ID, BookedAt: at.BookedAt.In(a.loc), Day: at.Day})
		}
	}
	return out, nil
}

// visit is one appointment with what is known of its patient.
func (a *App) visit(at booking.Appointment, s booking.Session, p directory.Patient) noshow.Visit {
	v := noshow.Visit{
		ID: at.ID, Patient: at.PatientID, BookedAt: at.BookedAt.In(a.loc), Day: at.Day, Age: -1, Place: s.DepartmentID, Reminded: noshow.No,
	}
	if !p.Birth.IsZero() {
		v.Age = at.Day.Year - p.Birth.Year
		if at.Day.Month < p.Birth.Month || at.Day.Month == p.Birth.Month && at.Day.Day < p.Birth.Day {
			v.Age--
		}
	}
	switch p.Sex {
	case directory.Female:
		v.Sex = noshow.Female
	case directory.Male:
		v.Sex = noshow.Male
	case directory.SexUnknown:
	}
	if hour := at.Day.AddDays(-1).Clock(a.policy.RemindAt, a.loc); !p.Phone.IsZero() && !at.BookedAt.After(hour) {
		v.Reminded = noshow.Yes
	}
	return v
}

// forecastVisits estimates every visit of today and the coming days anew. The
// run after the last day was learned is the estimate of the evening before.
func (a *App) forecastVisits(ctx context.Context, _ time.Time) error {
	today := a.Today()
	f := booking.AppointmentFilter{Purpose: booking.PurposeVisit, States: []booking.State{booking.Booked}}
	for d := range daysAhead + 1 {
		err := a.bySessions(ctx, today.AddDays(d), f, func(ctx context.Context, f booking.AppointmentFilter) error {
			return a.inTx(ctx, func(tx everything) error {
				list, err := tx.Appointments(ctx, f)
				if err != nil || len(list) == 0 {
					return err
				}
				return a.forecast(ctx, tx, list)
			})
		})
		if err != nil {
			return fmt.Errorf("forecast: %w", err)
		}
	}
	return nil
}

// forecastBooked estimates a visit of the same day at its booking.
func (a *App) forecastBooked(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := tx.Appointment(ctx, e.Subject)
	if err != nil || at.State != booking.Booked || at.Purpose != booking.PurposeVisit || at.Day != a.Today() {
		return err
	}
	return a.forecast(ctx, tx, []booking.Appointment{at})
}

// forecast estimates appointments of one day and keeps the estimates.
func (a *App) forecast(ctx context.Context, tx everything, list []booking.Appointment) error {
	m, err := a.model(ctx, tx)
	if err != nil {
		return err
	}
	visits, histories, err := a.visits(ctx, tx, list)
	if err != nil {
		return err
	}
	forecasts := make([]noshow.Forecast, len(list))
	for i, at := range list {
		h := histories[at.PatientID]
		forecasts[i] = noshow.Forecast{
			AppointmentID: at.ID, SessionID: at.SessionID, Day: at.Day, P: m.Estimate(visits[i], h), Because: m.Explain(visits[i], h),
			MadeAt: tx.Now(), Version: at.Version,
		}
	}
	return tx.SaveForecasts(ctx, forecasts...)
}
