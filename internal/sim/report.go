package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Report is what a replay came to. Every row has exactly one outcome: Bad,
// Refused, ended by Cancelled or Suspended, CheckedIn or NoShows.
type Report struct {
	Rows        int                  `json:"rows"`
	Bad         int                  `json:"bad"`
	Booked      int                  `json:"booked"`
	Refused     map[houzhen.Code]int `json:"refused"`
	Cancelled   int                  `json:"cancelled"`
	Moved       int                  `json:"moved"`
	Suspended   int                  `json:"suspended"`
	Reminded    int                  `json:"reminded"`
	Suppressed  int                  `json:"suppressed"`
	CheckedIn   int                  `json:"checked_in"`
	NoShows     int                  `json:"no_shows"`
	Released    int                  `json:"released"`
	Reused      int                  `json:"reused"`
	Oversold    int                  `json:"oversold"`
	Duplicates  int                  `json:"duplicates"`
	AfterCancel int                  `json:"after_cancel"`
	WallSeconds float64              `json:"wall_seconds"`
	PerSecond   float64              `json:"per_second"`
	Fdatasync   float64              `json:"fdatasync_per_second"`
	Store       string               `json:"store"`
	Redis       string               `json:"redis"`
	BadRows     []BadRow             `json:"bad_rows,omitempty"`
	Unsettled   []string             `json:"unsettled,omitempty"` // rows without exactly one outcome
}

// Report settles every row and joins what the audit found.
func (r *Replay) Report(ctx context.Context, bad []BadRow, u *Audit, wall time.Duration) (Report, error) {
	rep := Report{
		Rows: len(r.Rows) + len(bad), Bad: len(bad), BadRows: bad, Refused: map[houzhen.Code]int{},
		Moved: u.Facts[houzhen.AppointmentMoved], Released: u.Facts[houzhen.PlaceReleased], Reused: u.Reused,
		Reminded: u.Reminded, Suppressed: u.Suppressed, Oversold: u.Oversold, Duplicates: u.Duplicates, AfterCancel: u.AfterCancel,
		WallSeconds: wall.Seconds(), PerSecond: float64(len(r.Rows)+len(bad)) / wall.Seconds(), Store: r.App.Store.Engine(),
	}
	last, err := r.settle(ctx)
	if err != nil {
		return rep, err
	}
	for _, row := range r.Rows {
		a, asked := r.answers[row.ID]
		switch {
		case !asked:
			rep.Unsettled = append(rep.Unsettled, row.ID)
		case a.refused != "":
			rep.Refused[a.refused]++
		default:
			rep.Booked++
			rep.settle(row.ID, last[a.appointment])
		}
	}
	if len(rep.Unsettled) > 0 {
		return rep, houzhen.E(houzhen.CodeInternal, fmt.Sprintf("%d rows have no single outcome", len(rep.Unsettled)))
	}
	return rep, nil
}

// settle counts the outcome of a booked row.
func (rep *Report) settle(row string, a booking.Appointment) {
	switch {
	case a.State == booking.CheckedIn || a.State == booking.Fulfilled:
		rep.CheckedIn++
	case a.State == booking.NoShow:
		rep.NoShows++
	case a.State == booking.Cancelled && a.By == booking.ByHospital:
		rep.Suspended++
	case a.State == booking.Cancelled:
		rep.Cancelled++
	default:
		rep.Unsettled = append(rep.Unsettled, row)
	}
}

// settle gives by first appointment the one that counts in the end: after a
// suspension the chosen one, else itself.
func (r *Replay) settle(ctx context.Context) (map[string]booking.Appointment, error) {
	byID, follow := map[string]booking.Appointment{}, map[string]string{}
	for after := ""; ; {
		page, err := r.page(ctx, after)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			after = a.ID
			byID[a.ID] = a
			if a.OriginID != "" && a.Purpose == booking.PurposeVisit && !a.Trace() {
				follow[a.OriginID] = a.ID
			}
		}
	}
	last := map[string]booking.Appointment{}
	for id := range byID {
		end := id
		for next, ok := follow[end]; ok; next, ok = follow[end] {
			end = next
		}
		last[id] = byID[end]
	}
	return last, nil
}

func (r *Replay) page(ctx context.Context, after string) (list []booking.Appointment, err error) {
	err = r.App.Store.Booking().View(ctx, func(tx booking.Tx) error {
		list, err = tx.Appointments(ctx, booking.AppointmentFilter{AfterID: after, Limit: 2000})
		return err
	})
	return list, err
}
