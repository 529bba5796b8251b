package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/roster"
	"github.com/houzhen/houzhen/internal/store"
)

// channel gives other systems what pages do not need (api.Channel).
type channel struct{ *App }

// Person gives the person of a document, registered if he is new.
func (c channel) Person(ctx context.Context, n directory.NewPatient) (directory.Patient, error) {
	return c.Directory.EnsurePatient(ctx, n)
}

// Known finds the person of a document.
func (c channel) Known(ctx context.Context, t directory.DocType, number string) (directory.Patient, error) {
	return c.Directory.PatientOf(ctx, t, number)
}

// Confirm books a place that is held.
func (c channel) Confirm(ctx context.Context, id string) (booking.Appointment, error) {
	return c.Booking.Confirm(ctx, id)
}

// SetQuotas says for whom the places of a session are kept.
func (c channel) SetQuotas(ctx context.Context, sessionID string, q booking.Quotas) ([]booking.QuotaUse, error) {
	return c.Booking.SetQuotas(ctx, sessionID, q)
}

// Bring takes a roster in, as booking.Service.Bring does.
func (c channel) Bring(ctx context.Context, format string, body []byte, dry bool) ([]booking.BroughtLine, []api.RosterFault, error) {
	index, err := c.Directory.Index(ctx)
	if err != nil {
		return nil, nil, err
	}
	p := roster.Parse(bytes.NewReader(body), roster.Format(strings.ToLower(format)), index)
	if len(p.Faults) > 0 {
		var faults []api.RosterFault
		for _, f := range p.Faults {
			faults = append(faults, api.RosterFault{Line: f.Line, Field: f.Field, Code: f.Code, Args: f.Args})
		}
		return nil, faults, nil
	}
	lines, err := c.Booking.Bring(ctx, booking.BringRequest{Rosters: p.Rosters, Exceptions: p.Exceptions, Dry: dry, Peers: index.Peers})
	return lines, nil, err
}

// ResultsReady notes that results of a visit are there. A second time it says
// so again, which changes nothing for whoever reads state.
func (c channel) ResultsReady(ctx context.Context, appointmentID string) error {
	return c.inTx(ctx, func(tx everything) error {
		at, err := tx.Appointment(ctx, appointmentID)
		if err != nil {
			return err
		}
		return tx.Emit(houzhen.Event{
			ID: tx.NewID(), Kind: houzhen.PatientResultsReady, Subject: at.ID, Version: at.Version, Session: at.SessionID, At: tx.Now(),
		})
	})
}

// Elsewhere notes where in the house a patient is; no place says that he left.
func (c channel) Elsewhere(ctx context.Context, patientID, place string, until time.Time) error {
	return c.inTx(ctx, func(tx everything) error {
		w := store.Whereabouts{PatientID: patientID, Place: place, Since: tx.Now(), Until: until}
		if place == "" {
			old, err := tx.Whereabouts(ctx, patientID)
			if houzhen.CodeOf(err) == houzhen.CodeNotFound {
				return nil
			}
			if err != nil {
				return err
			}
			w.Since, w.Until = old.Since, tx.Now()
		}
		w, err := tx.SaveWhereabouts(ctx, w)
		if err != nil {
			return err
		}
		return emitPatient(tx, houzhen.PatientElsewhere, patientID, w.Version, houzhen.ElsewhereData{Place: place, Until: w.Until})
	})
}

// Notice notes that a patient was admitted or died.
func (c channel) Notice(ctx context.Context, patientID string, kind houzhen.EventKind) error {
	return c.inTx(ctx, func(tx everything) error { return emitPatient(tx, kind, patientID, 1, nil) })
}

func emitPatient(tx everything, kind houzhen.EventKind, id string, version int64, data any) error {
	e := houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: id, Version: version, At: tx.Now()}
	if data != nil {
		text, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("write fact: %w", err)
		}
		e.Data = text
	}
	return tx.Emit(e)
}

// keptInHouse reports whether another service point had the patient while his
// slice ran, so that he is not late (domain rule §7 case 38).
func keptInHouse(ctx context.Context, tx everything, at booking.Appointment) (bool, error) {
	w, err := tx.Whereabouts(ctx, at.PatientID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("load whereabouts: %w", err)
	}
	return overlaps(w, at.Start, at.End), nil
}

// longestStay bounds a stay of which nobody said that it ended.
const longestStay = 4 * time.Hour

func overlaps(w store.Whereabouts, start, end time.Time) bool {
	until := w.Until
	if until.IsZero() {
		until = w.Since.Add(longestStay)
	}
	return !w.Since.After(end) && !until.Before(start)
}
