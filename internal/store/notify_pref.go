package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

var _ notify.PrefTx = (*Tx)(nil)

type prefRow struct {
	notify.Prefs
	off string
}

func prefInto(r *prefRow) []any {
	return []any{&r.Patient, (*string)(&r.Prefers), (*flag)(&r.Voice), &r.off, &r.Version}
}

// MessagePrefs gives what patients want; those who never chose are left out.
func (tx *Tx) MessagePrefs(ctx context.Context, patients []string) (map[string]notify.Prefs, error) {
	out := map[string]notify.Prefs{}
	const columns = `patient_id, prefers, voice, off, version`
	err := tx.lookup("message_pref", columns, "patient_id", patients, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, prefInto, `SELECT `+columns+` FROM `+from, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := json.Unmarshal([]byte(r.off), &r.Off); err != nil {
				return fmt.Errorf("read what is off: %w", err)
			}
			out[r.Patient] = r.Prefs
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load wishes: %w", err)
	}
	return out, nil
}

// SaveMessagePrefs stores what a patient wants by Version, which it raises.
func (tx *Tx) SaveMessagePrefs(ctx context.Context, p *notify.Prefs) error {
	off, err := json.Marshal(append([]notify.Off{}, p.Off...))
	if err != nil {
		return fmt.Errorf("write what is off: %w", err)
	}
	n, err := tx.exec(ctx, `INSERT INTO message_pref (patient_id, prefers, voice, off, version) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (patient_id) DO UPDATE SET prefers = excluded.prefers, voice = excluded.voice, off = excluded.off, version = excluded.version
  WHERE message_pref.version = $6`, p.Patient, string(p.Prefers), bit(p.Voice), string(off), p.Version+1, p.Version)
	if err := tx.changed(n, err, "wishes"); err != nil {
		return err
	}
	p.Version++
	return nil
}

// Silenced gives those of patients whose present phone was reported as not
// theirs.
func (tx *Tx) Silenced(ctx context.Context, patients []string) (map[string]bool, error) {
	out := map[string]bool{}
	err := tx.lookup("message_silence", "patient_id, phone_index", "patient_id", patients, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, idInto, `SELECT patient_id FROM `+from+`
 AND phone_index = (SELECT p.phone_index FROM patient p WHERE p.id = message_silence.patient_id)`, args...)
		for _, id := range rows {
			out[id] = true
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find silenced phones: %w", err)
	}
	return out, nil
}

// Silence reports the present phone of a patient as not his.
func (tx *Tx) Silence(ctx context.Context, s notify.Silence) error {
	_, err := tx.exec(ctx, `INSERT INTO message_silence (patient_id, phone_index, at, by_id)
 SELECT id, phone_index, $1, $2 FROM patient WHERE id = $3 AND phone_index <> '' ON CONFLICT DO NOTHING`, micros(s.At), s.By, s.Patient)
	if err != nil {
		return fmt.Errorf("silence phone: %w", err)
	}
	return nil
}

// EndSilence takes the report about a patient's present phone back.
func (tx *Tx) EndSilence(ctx context.Context, patient string) error {
	_, err := tx.exec(ctx, `DELETE FROM message_silence WHERE patient_id = $1
 AND phone_index = (SELECT phone_index FROM patient WHERE id = $2)`, patient, patient)
	if err != nil {
		return fmt.Errorf("end silence: %w", err)
	}
	return nil
}

type pair struct{ one, other string }

func pairInto(p *pair) []any { return []any{&p.one, &p.other} }

// Households gives for each of patients, who are given with their phones, the
// others with the same one.
func (tx *Tx) Households(ctx context.Context, patients map[string]houzhen.Phone) (map[string][]string, error) {
	by := map[string][]string{} // patients asked about, by phone
	for id, phone := range patients {
		if index := tx.phoneIndex(phone); index != "" {
			by[index] = append(by[index], id)
		}
	}
	out := map[string][]string{}
	phones := slices.Sorted(maps.Keys(by))
	err := tx.lookup("patient", "id, phone_index", "phone_index <> '' AND phone_index", phones, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, pairInto, `SELECT id, phone_index FROM `+from+` ORDER BY id`, args...)
		for _, p := range rows {
			for _, one := range by[p.other] {
				if one != p.one {
					out[one] = append(out[one], p.one)
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find households: %w", err)
	}
	return out, nil
}

// Pauses lists what is held back.
func (tx *Tx) Pauses(ctx context.Context) ([]notify.Pause, error) {
	out, err := all(ctx, tx, func(p *notify.Pause) []any {
		return []any{(*string)(&p.Scope), &p.Target, (*instant)(&p.At), &p.By, &p.Reason}
	}, `SELECT scope, target, at, by_id, reason FROM message_pause ORDER BY scope, target`)
	if err != nil {
		return nil, fmt.Errorf("list pauses: %w", err)
	}
	return out, nil
}

// Pause holds messages back; one that is on stays as it is.
func (tx *Tx) Pause(ctx context.Context, p notify.Pause) error {
	_, err := tx.exec(ctx, `INSERT INTO message_pause (scope, target, at, by_id, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		string(p.Scope), p.Target, micros(p.At), p.By, p.Reason)
	if err != nil {
		return fmt.Errorf("pause messages: %w", err)
	}
	return nil
}

// Resume ends a pause; CodeNotFound when it is not on.
func (tx *Tx) Resume(ctx context.Context, scope notify.PauseScope, target string) error {
	n, err := tx.exec(ctx, `DELETE FROM message_pause WHERE scope = $1 AND target = $2`, string(scope), target)
	if err != nil {
		return fmt.Errorf("resume messages: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeNotFound, "nothing of that kind is paused")
	}
	return nil
}

// Follow notes that a patient wants to hear of a doctor's extra sessions; on
// false he does not any more.
func (tx *Tx) Follow(ctx context.Context, patient, doctor string, on bool) error {
	text, args := `DELETE FROM doctor_follow WHERE doctor_id = $1 AND patient_id = $2`, []any{doctor, patient}
	if on {
		text = `INSERT INTO doctor_follow (doctor_id, patient_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
		args = append(args, micros(tx.now))
	}
	if _, err := tx.exec(ctx, text, args...); err != nil {
		return fmt.Errorf("follow doctor: %w", err)
	}
	return nil
}

// Followers lists who follows a doctor, by id, after one.
func (tx *Tx) Followers(ctx context.Context, doctor, after string, limit int) ([]string, error) {
	ids, err := all(ctx, tx, idInto, `SELECT patient_id FROM doctor_follow WHERE doctor_id = $1 AND patient_id > $2 ORDER BY patient_id LIMIT $3`,
		doctor, after, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list followers: %w", err)
	}
	return ids, nil
}

// Followed lists the doctors whom a patient follows, by id.
func (tx *Tx) Followed(ctx context.Context, patient string) ([]string, error) {
	ids, err := all(ctx, tx, idInto, `SELECT doctor_id FROM doctor_follow WHERE patient_id = $1 ORDER BY doctor_id`, patient)
	if err != nil {
		return nil, fmt.Errorf("list followed doctors: %w", err)
	}
	return ids, nil
}
