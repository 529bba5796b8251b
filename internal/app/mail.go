package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// mail gives API and pages what they ask about the sending of messages
// (api.Mail). Whatever it changes is in the audit.
type mail struct{ *App }

// Outlook tells how sending fares.
func (m mail) Outlook(ctx context.Context, since time.Time) (notify.Outlook, error) {
	o, err := m.Notify.Outlook(ctx, since)
	if err == nil && m.accounts != nil {
		o.Accounts = m.accounts.Health(ctx)
	}
	return o, err
}

// Pause holds messages back, or lets them go again.
func (m mail) Pause(ctx context.Context, by string, p notify.Pause, on bool) error {
	if p.Scope == notify.PauseAll {
		p.Target = ""
	} else if p.Target == "" {
		return houzhen.E(houzhen.CodeMissing, "target of a pause is missing").On("target")
	}
	action := "messages.resume"
	if on {
		action = "messages.pause"
	}
	return m.inTx(ctx, func(tx everything) error {
		p.At, p.By = tx.Now(), by
		var err error
		if on {
			err = tx.Pause(ctx, p)
		} else {
			err = tx.Resume(ctx, p.Scope, p.Target)
		}
		if err != nil {
			return err
		}
		return tx.Append(ctx, by, action, string(p.Scope)+" "+p.Target, p.Reason)
	})
}

// Calls is the desk's telephone list, oldest first.
func (m mail) Calls(ctx context.Context) (list []notify.Message, err error) {
	err = m.view(ctx, func(tx everything) error {
		list, err = tx.OpenCalls(ctx, callsShown)
		return err
	})
	return list, err
}

// callsShown bounds the telephone list.
const callsShown = 200

// Call notes what came of telephoning somebody; a wrong number is silenced for
// him.
func (m mail) Call(ctx context.Context, by, id string, o notify.CallOutcome) error {
	if err := m.Notify.Called(ctx, id, o, by); err != nil {
		return err
	}
	return m.inTx(ctx, func(tx everything) error {
		if o == notify.CallWrong {
			row, err := tx.Message(ctx, id)
			if err != nil {
				return err
			}
			if err := tx.Silence(ctx, notify.Silence{Patient: row.Recipient, At: tx.Now(), By: by}); err != nil {
				return err
			}
		}
		return tx.Append(ctx, by, "messages.call", id, string(o))
	})
}

// Redrive plans a message again that failed.
func (m mail) Redrive(ctx context.Context, by, id string) (notify.Message, error) {
	row, err := m.Notify.Redrive(ctx, id)
	if err != nil {
		return row, err
	}
	m.mail.Add(row.Urgency, row.ID)
	return row, m.record(ctx, by, "messages.redrive", id, "")
}

// Announce tells those whose visit is near that the systems are down, or that
// they work again; it gives how many.
func (m mail) Announce(ctx context.Context, by string, over bool, since time.Time) (int, error) {
	n, err := m.App.Announce(ctx, over, since)
	if err != nil {
		return n, err
	}
	return n, m.record(ctx, by, "messages.announce", since.UTC().Format(time.RFC3339), fmt.Sprintf("over=%t told=%d", over, n))
}

// Prefs gives what a patient wants.
func (m mail) Prefs(ctx context.Context, patientID string) (p notify.Prefs, err error) {
	err = m.view(ctx, func(tx everything) error {
		all, err := tx.MessagePrefs(ctx, []string{patientID})
		p = all[patientID]
		p.Patient = patientID
		return err
	})
	return p, err
}

// SetPrefs stores what a patient wants. What is critical cannot be switched
// off: CodeInvalid.
func (m mail) SetPrefs(ctx context.Context, p notify.Prefs) (notify.Prefs, error) {
	for _, o := range p.Off {
		if o.Class == notify.ClassCritical || !slices.Contains(notify.Channels(), o.Channel) {
			return p, houzhen.E(houzhen.CodeInvalid, "that cannot be switched off").On("off")
		}
	}
	if p.Prefers != "" && !slices.Contains(notify.Channels(), p.Prefers) || p.Prefers == notify.Desk || p.Prefers == notify.Voice {
		return p, houzhen.E(houzhen.CodeInvalid, "nobody can prefer that channel").On("prefers")
	}
	err := m.inTx(ctx, func(tx everything) error { return tx.SaveMessagePrefs(ctx, &p) })
	return p, err
}

// NotMe notes that a patient's phone is somebody else's, or takes that back.
func (m mail) NotMe(ctx context.Context, by, patientID string, on bool) error {
	return m.inTx(ctx, func(tx everything) error {
		if _, err := tx.Patient(ctx, patientID); err != nil {
			return err
		}
		err := tx.EndSilence(ctx, patientID)
		if on {
			err = tx.Silence(ctx, notify.Silence{Patient: patientID, At: tx.Now(), By: by})
		}
		if err != nil {
			return err
		}
		return tx.Append(ctx, by, "messages.not_me", patientID, fmt.Sprintf("on=%t", on))
	})
}

// Follow notes whether a patient wants to hear of a doctor's extra sessions.
func (m mail) Follow(ctx context.Context, patientID, doctorID string, on bool) error {
	return m.inTx(ctx, func(tx everything) error { return tx.Follow(ctx, patientID, doctorID, on) })
}

// Extra tells those who follow its doctor of an extra session.
func (m mail) Extra(ctx context.Context, by, sessionID string) (int, error) {
	n, err := m.AnnounceExtra(ctx, sessionID)
	if err != nil {
		return n, err
	}
	return n, m.record(ctx, by, "messages.extra", sessionID, fmt.Sprintf("told=%d", n))
}

// Followed lists the doctors whose extra sessions a patient wants to hear of.
func (m mail) Followed(ctx context.Context, patientID string) (ids []string, err error) {
	err = m.view(ctx, func(tx everything) error {
		ids, err = tx.Followed(ctx, patientID)
		return err
	})
	return ids, err
}

// SetLang keeps the language of a patient's messages.
func (m mail) SetLang(ctx context.Context, patientID string, lang houzhen.Lang) error {
	return m.Directory.UpdateLang(ctx, patientID, lang)
}
