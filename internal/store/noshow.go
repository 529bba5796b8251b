package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/noshow"
)

// millionth is the unit in which chances are stored.
const millionth = 1e6

func millionths(p float64) int64 { return int64(math.Round(p * millionth)) }

// chance reads one that is stored in millionths.
type chance float64

// Scan implements sql.Scanner.
func (c *chance) Scan(src any) error {
	var n number
	err := n.Scan(src)
	*c = chance(float64(n) / millionth)
	return err
}

// NoShowModel gives the model as it was last saved.
func (tx *Tx) NoShowModel(ctx context.Context) ([]byte, error) {
	body, err := one(ctx, tx, missing("no-show model"), idInto, `SELECT body FROM noshow_model WHERE id = $1`, "clinic")
	return []byte(body), err
}

// SaveNoShowModel stores the model in the place of the one before.
func (tx *Tx) SaveNoShowModel(ctx context.Context, body []byte) error {
	return tx.save(ctx, "noshow_model", "id, body, made_at", "clinic", string(body), micros(tx.now))
}

// historyRow is what is remembered of one patient.
type historyRow struct {
	patient string
	noshow.History
}

func historyInto(h *historyRow) []any {
	return []any{
		&h.patient, (*number)(&h.Visits), (*number)(&h.Missed), (*number)(&h.Ahead), (*number)(&h.Away), (*flag)(&h.Last), (*day)(&h.LastDay),
	}
}

// Histories gives what is remembered of patients; who has none is not in it.
func (tx *Tx) Histories(ctx context.Context, patientIDs []string) (map[string]noshow.History, error) {
	out := map[string]noshow.History{}
	err := chunks(patientIDs, 1, func(list string, args []any) error {
		rows, err := all(ctx, tx, historyInto, `SELECT `+historyColumns+` FROM noshow_history WHERE patient_id IN (`+list+`)`, args...)
		for _, r := range rows {
			out[r.patient] = r.History
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read histories: %w", err)
	}
	return out, nil
}

const historyColumns = `patient_id, visits, missed, ahead, away, last_missed, last_day`

// SaveHistories stores what is remembered of patients.
func (tx *Tx) SaveHistories(ctx context.Context, histories map[string]noshow.History) error {
	if len(histories) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(histories))
	for _, patient := range slices.Sorted(maps.Keys(histories)) {
		h := histories[patient]
		rows = append(rows, []any{patient, int64(h.Visits), int64(h.Missed), int64(h.Ahead), int64(h.Away), bit(h.Last), dateNumber(h.LastDay)})
	}
	return tx.renew(ctx, "noshow_history", historyColumns, rows, theNew)
}

const forecastColumns = `appointment_id, session_id, day, p, because, version, made_at`

type forecastRow struct {
	noshow.Forecast
	because reasons
}

// reasons is JSON text.
type reasons []noshow.Reason

// Scan reads JSON text.
func (r *reasons) Scan(src any) error {
	*r = nil
	return fromJSON(src, (*[]noshow.Reason)(r))
}

func forecastInto(f *forecastRow) []any {
	return []any{&f.AppointmentID, &f.SessionID, (*day)(&f.Day), (*chance)(&f.P), &f.because, &f.Version, (*instant)(&f.MadeAt)}
}

func (f forecastRow) forecast() noshow.Forecast {
	f.Because = f.because
	return f.Forecast
}

// Forecast finds the estimate of an appointment.
func (tx *Tx) Forecast(ctx context.Context, appointmentID string) (noshow.Forecast, error) {
	r, err := one(ctx, tx, missing("forecast"), forecastInto, `SELECT `+forecastColumns+` FROM noshow_forecast WHERE appointment_id = $1`, appointmentID)
	return r.forecast(), err
}

// ForecastsOf lists the estimates of days, both included, by appointment.
func (tx *Tx) ForecastsOf(ctx context.Context, from, to houzhen.Date) ([]noshow.Forecast, error) {
	rows, err := all(ctx, tx, forecastInto, `SELECT `+forecastColumns+` FROM noshow_forecast
 WHERE day >= $1 AND day <= $2 ORDER BY appointment_id`, dateNumber(from), dateNumber(to))
	if err != nil {
		return nil, fmt.Errorf("list forecasts: %w", err)
	}
	out := make([]noshow.Forecast, len(rows))
	for i, r := range rows {
		out[i] = r.forecast()
	}
	return out, nil
}

// SaveForecasts stores estimates in the place of earlier ones; of two for one
// appointment the last.
func (tx *Tx) SaveForecasts(ctx context.Context, forecasts ...noshow.Forecast) error {
	of := make(map[string][]any, len(forecasts))
	for _, f := range forecasts {
		because := []byte{}
		if len(f.Because) > 0 {
			var err error
			if because, err = json.Marshal(f.Because); err != nil {
				return fmt.Errorf("write reasons: %w", err)
			}
		}
		of[f.AppointmentID] = []any{
			f.AppointmentID, f.SessionID, dateNumber(f.Day), millionths(f.P), string(because), f.Version, micros(f.MadeAt),
		}
	}
	rows := make([][]any, 0, len(of))
	for _, id := range slices.Sorted(maps.Keys(of)) {
		rows = append(rows, of[id])
	}
	return tx.renew(ctx, "noshow_forecast", forecastColumns, rows, theNew)
}
