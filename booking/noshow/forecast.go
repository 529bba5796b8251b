package noshow

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// Forecast is an estimate of an upcoming visit, as it is kept.
type Forecast struct {
	AppointmentID string
	SessionID     string
	Day           houzhen.Date
	P             float64  // chance that the visit is missed
	Because       []Reason // its main terms, strongest first
	MadeAt        time.Time
	Version       int64 // of the appointment that was estimated
}

// Tx is what the forecasts ask of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time

	NoShowModel(ctx context.Context) ([]byte, error)
	SaveNoShowModel(ctx context.Context, body []byte) error
	Histories(ctx context.Context, patientIDs []string) (map[string]History, error)
	SaveHistories(ctx context.Context, h map[string]History) error

	Forecast(ctx context.Context, appointmentID string) (Forecast, error)
	ForecastsOf(ctx context.Context, from, to houzhen.Date) ([]Forecast, error) // inclusive, by appointment
	SaveForecasts(ctx context.Context, f ...Forecast) error
}

// Chance gives the kept estimate of an appointment; known is false when there
// is none, and then the caller falls back to what it does without one.
func Chance(ctx context.Context, tx Tx, appointmentID string) (p float64, known bool, err error) {
	f, err := tx.Forecast(ctx, appointmentID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("load forecast: %w", err)
	}
	return f.P, true, nil
}
