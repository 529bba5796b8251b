package forecast

import (
	"time"

	"github.com/houzhen/houzhen/queue"
)

// Walk is a session that is over, lived through once more without looking
// ahead.
type Walk struct {
	Session
	From  time.Time     // of the first forecast
	Every time.Duration // of the others, to the last start
	Line  int           // how many are forecast each time; 0 is all
	Home  bool          // those too who were expected and had not come yet
}

// unknown is the length of a consultation that is over.
const unknown = queue.NoLength

// Live forecasts all of a past session who were here and had not been called
// yet, again and again, in the order in which they were called; only what was
// known at the time is used, and with Home that somebody would come. each is
// told every forecast, with when it was made and what it came to.
func (m *Model) Live(w Walk, each func(f *Forecast, now, called time.Time)) {
	held := w.Held
	if len(held) == 0 || w.Every <= 0 {
		return
	}
	desk := Desk{Session: w.Session}
	past := make([]Held, len(held))
	line, called := make([]Person, 0, len(held)), make([]time.Time, 0, len(held))
	var forecasts []Forecast
	last := held[len(held)-1].Start
	for now, n := w.From, 0; !now.After(last); now = now.Add(w.Every) {
		for n < len(held) && !held[n].Start.After(now) {
			n++
		}
		desk.Held = asOf(past, held[:n], now)
		line, called = line[:0], called[:0]
		for i := n; i < len(held) && (w.Line <= 0 || len(line) < w.Line); i++ {
			if !held[i].Here.After(now) || w.Home && !held[i].Sudden && !held[i].Results {
				line, called = append(line, Person{Visit: held[i].Visit, Show: 1}), append(called, held[i].Start)
			}
		}
		desk.More = float64(len(held) - n - len(line))
		forecasts = m.Calls(forecasts[:0], line, &desk, now)
		for i := range forecasts {
			each(&forecasts[i], now, called[i])
		}
	}
}

// asOf copies those who had started by now, without what came out later.
func asOf(dst, held []Held, now time.Time) []Held {
	copy(dst, held)
	for i := range held {
		switch h := &dst[i]; {
		case h.Length > 0 && h.Start.Add(h.Length).After(now), i == len(held)-1 && h.Length <= 0:
			h.Length = 0 // he is in the room: for how long is not known
		case h.Length == 0:
			h.Length = unknown
		}
	}
	return dst[:len(held)]
}

// Score takes in what a forecast came to. It counts from the next Settle on.
func (m *Model) Score(f *Forecast, called time.Time) {
	r := f.Range()
	m.calibrated[f.group].add(f.score(called), r.holds(called))
}

// Settle makes ranges anew from the scores taken in, at the end of a session.
func (m *Model) Settle() {
	for _, c := range m.calibrated {
		c.settle()
	}
}

// Rehearse lives through a past session, scores what would have been forecast
// and learns from it: how a model comes to know a clinic's past.
func (m *Model) Rehearse(w Walk, each func(f *Forecast, now, called time.Time)) {
	m.Live(w, func(f *Forecast, now, called time.Time) {
		if each != nil {
			each(f, now, called)
		}
		m.Score(f, called)
	})
	m.Settle()
	m.Learn(w.Session)
}
