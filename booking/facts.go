package booking

import (
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
)

// emit writes a fact about an appointment.
func emit(tx Tx, kind houzhen.EventKind, a Appointment, data any) error {
	return write(tx, kind, a.ID, a.Version, a.SessionID, data)
}

// emitSession writes a fact about a session at the version it has after the
// change.
func emitSession(tx Tx, kind houzhen.EventKind, s Session, data any) error {
	return write(tx, kind, s.ID, s.Version, s.ID, data)
}

func write(tx Tx, kind houzhen.EventKind, subject string, version int64, session string, data any) error {
	e, err := fact(tx, kind, subject, version, session, data)
	if err != nil {
		return err
	}
	if err := tx.Emit(e); err != nil {
		return fmt.Errorf("emit fact: %w", err)
	}
	return nil
}

// fact makes a fact of this transaction.
func fact(tx Tx, kind houzhen.EventKind, subject string, version int64, session string, data any) (houzhen.Event, error) {
	e := houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: subject, Version: version, Session: session, At: tx.Now()}
	if data != nil {
		b, err := json.Marshal(data)
		if err != nil {
			return e, fmt.Errorf("encode fact: %w", err)
		}
		e.Data = b
	}
	return e, nil
}

func bookedData(a Appointment) houzhen.BookedData {
	return houzhen.BookedData{Slot: a.SlotNo, Patient: a.PatientID, Day: a.Day}
}

func cancelledData(a Appointment) houzhen.CancelledData {
	return houzhen.CancelledData{Slot: a.SlotNo, Patient: a.PatientID, By: a.By, Reason: a.Reason}
}
