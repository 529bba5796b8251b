package jobs

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// parseSpec reads a cron spec; its ticks are in loc and given in UTC.
func parseSpec(spec string, loc *time.Location) (cron.Schedule, error) {
	parser := cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	s, err := parser.Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("read spec: %w", err)
	}
	if every, ok := s.(cron.ConstantDelaySchedule); ok {
		return aligned{every.Delay}, nil
	}
	z := zoned{s, loc}
	if z.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("spec %q never fires", spec)
	}
	return z, nil
}

// zoned asks a spec in the hospital's zone.
type zoned struct {
	spec cron.Schedule
	loc  *time.Location
}

// Next gives the first tick after t.
func (z zoned) Next(t time.Time) time.Time {
	next := z.spec.Next(t.In(z.loc))
	if next.IsZero() {
		return next
	}
	return next.UTC()
}

// aligned ticks at multiples of its period, so that all nodes tick together;
// cron's own "@every" counts from whenever it was asked.
type aligned struct{ every time.Duration }

// Next gives the first tick after t.
func (a aligned) Next(t time.Time) time.Time { return t.Truncate(a.every).Add(a.every).UTC() }

// latest gives the last tick in (after, until]. It looks into ever longer
// windows before until, so that a long gap costs no more than a short one;
// after the longest, a leap year's tick, it gives up.
func latest(spec cron.Schedule, after, until time.Time) (time.Time, bool) {
	for window := time.Minute; ; window *= 8 {
		from := until.Add(-window)
		last := window > 9*366*24*time.Hour
		if from.Before(after) {
			from, last = after, true
		}
		tick := spec.Next(from)
		if !tick.IsZero() && !tick.After(until) {
			for next := spec.Next(tick); !next.IsZero() && !next.After(until); next = spec.Next(next) {
				tick = next
			}
			return tick, true
		}
		if last {
			return time.Time{}, false
		}
	}
}
