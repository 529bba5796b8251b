package forecast

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/houzhen/houzhen/queue"
)

// Spread of consultations, on the log scale where that matters.
const (
	variation     = 0.465 // coefficient of variation of one consultation
	doctorSpread  = 0.17  // between doctors of a clinic, relative
	daySpread     = 0.15  // between days of a doctor: pace 0.10, and he speeds up with a long list
	doctorWeight  = 8     // about (0.48/0.17)^2
	dayWeight     = 23    // about (0.48/0.10)^2: only the pace can be learned
	priorWeight   = 10
	priorMean     = 10 * time.Minute
	shortest      = 20 * time.Second // shorter and longer ones are presses of a
	longest       = 40 * time.Minute // button forgotten or made twice
	doctorSample  = 200
	clinicSample  = 500
	doctorHistory = 90 * 24 * time.Hour
	clinicHistory = 30 * 24 * time.Hour
)

// Pace is how long a doctor's consultations take.
type Pace struct {
	Mean  time.Duration // of one consultation
	Doubt float64       // relative standard deviation of that mean
}

// PaceOf estimates a doctor's pace from his finished consultations and the
// clinic's; today separates those of the present session from the past.
func PaceOf(doctor, clinic []queue.Consultation, today time.Time) Pace {
	all := sample{float64(priorWeight) * priorMean.Seconds(), priorWeight}
	for _, c := range clinic {
		all.add(c.Length)
	}
	var past, day sample
	for _, c := range doctor {
		if c.Start.Before(today) {
			past.add(c.Length)
		} else {
			day.add(c.Length)
		}
	}
	mean := day.shrink(past.shrink(all.mean(), doctorWeight), dayWeight)
	variance := doctorSpread*doctorSpread*doctorWeight/(past.n+doctorWeight) +
		daySpread*daySpread*dayWeight/(day.n+dayWeight)
	return Pace{Mean: seconds(mean), Doubt: math.Sqrt(variance)}
}

// Load reads what PaceOf needs for a queue's doctor.
func Load(ctx context.Context, tx queue.Tx, q queue.Queue) (Pace, error) {
	now := tx.Now()
	doctor, err := tx.Consultations(ctx, q.DoctorID, now.Add(-doctorHistory), doctorSample)
	if err != nil {
		return Pace{}, fmt.Errorf("load doctor's consultations: %w", err)
	}
	clinic, err := tx.Consultations(ctx, "", now.Add(-clinicHistory), clinicSample)
	if err != nil {
		return Pace{}, fmt.Errorf("load clinic's consultations: %w", err)
	}
	return PaceOf(doctor, clinic, q.Start.Add(-time.Hour)), nil
}

// sample is a sum of seconds and a count.
type sample struct{ sum, n float64 }

func (s *sample) add(length time.Duration) {
	if length < shortest || length > longest {
		return
	}
	s.sum += length.Seconds()
	s.n++
}

func (s *sample) mean() float64 { return s.sum / s.n }

// shrink draws the mean towards another one that counts as weight samples.
func (s *sample) shrink(to, weight float64) float64 {
	return (s.sum + weight*to) / (s.n + weight)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
