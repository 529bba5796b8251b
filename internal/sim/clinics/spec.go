package clinics

import (
	"bytes"
	_ "embed" // clinics.yaml
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
)

//go:embed clinics.yaml
var usual []byte

// MaxSpecFile is the largest file of clinics that is read, in bytes.
const MaxSpecFile = 64 << 10

// Span is drawn from, evenly.
type Span [2]float64

// Spec is what clinics are made from; clinics.yaml says what each field means
// and in which unit it is.
type Spec struct {
	Session struct {
		Start       string  `yaml:"start"`
		Minutes     float64 `yaml:"minutes"`
		SlotMinutes Span    `yaml:"slot_minutes"`
		Booked      Span    `yaml:"booked"`
	} `yaml:"session"`
	Consultation struct {
		Slots           Span    `yaml:"slots"`
		LogSD           float64 `yaml:"log_sd"`
		DoctorSpread    Span    `yaml:"doctor_spread"`
		FirstVisits     Span    `yaml:"first_visits"`
		FirstVisitTimes float64 `yaml:"first_visit_times"`
		HabitSD         float64 `yaml:"habit_sd"`
		DaySD           float64 `yaml:"day_sd"`
		LoadPower       float64 `yaml:"load_power"`
		LoadWithin      Span    `yaml:"load_within"`
		Overrun         float64 `yaml:"overrun"`
		OverrunTimes    float64 `yaml:"overrun_times"`
	} `yaml:"consultation"`
	Doctor struct {
		LateMean            Span `yaml:"late_mean"`
		LateSD              Span `yaml:"late_sd"`
		Tea                 Span `yaml:"tea"`
		TeaMinutes          Span `yaml:"tea_minutes"`
		Interrupted         Span `yaml:"interrupted"`
		InterruptionMinutes Span `yaml:"interruption_minutes"`
		ChangeSeconds       Span `yaml:"change_seconds"`
	} `yaml:"doctor"`
	Patient struct {
		NoShow         []float64 `yaml:"no_show"`
		LateShare      float64   `yaml:"late_share"`
		EarlyMean      float64   `yaml:"early_mean"`
		EarlySD        float64   `yaml:"early_sd"`
		LateMean       float64   `yaml:"late_mean"`
		LateSD         float64   `yaml:"late_sd"`
		WalkIns        Span      `yaml:"walk_ins"`
		Urgent         Span      `yaml:"urgent"`
		Tests          Span      `yaml:"tests"`
		TestsMinutes   float64   `yaml:"tests_minutes"`
		TestsLogSD     float64   `yaml:"tests_log_sd"`
		BackLength     float64   `yaml:"back_length"`
		Wanders        float64   `yaml:"wanders"`
		WandersMinutes Span      `yaml:"wanders_minutes"`
		EnterSeconds   Span      `yaml:"enter_seconds"`
		WayMinutes     Span      `yaml:"way_minutes"`
		WaySpread      float64   `yaml:"way_spread"`
		SaysSetOut     float64   `yaml:"says_set_out"`
		SaysMinutes    Span      `yaml:"says_minutes"`
		Regulars       int       `yaml:"regulars"`
	} `yaml:"patient"`
}

// Usual gives the clinics that the program comes with.
func Usual() (Spec, error) { return ParseSpec(usual) }

// UsualFile gives their file, to begin one's own with.
func UsualFile() []byte { return bytes.Clone(usual) }

// ParseSpec reads a file of clinics (YAML). It must have every field; one that
// no clinic has is refused with its line, and a value that cannot be by the
// field's name (CodeInvalid).
func ParseSpec(text []byte) (Spec, error) {
	if len(text) > MaxSpecFile {
		return Spec{}, houzhen.E(houzhen.CodeTooLarge, "the file of clinics is too large").On("file")
	}
	s := unset()
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return Spec{}, houzhen.E(houzhen.CodeInvalid, "the file of clinics cannot be read: "+err.Error()).On("file")
	}
	return s, s.Validate()
}

// unset is a spec in which every number is missing, so that a file that leaves
// one out is refused instead of having a nought there.
func unset() Spec {
	var s Spec
	for _, r := range s.rules() {
		for i := range r.values {
			*r.values[i] = math.NaN()
		}
	}
	return s
}

// rule bounds the values of one field.
type rule struct {
	field         string
	values        []*float64
	least, atMost float64
}

func (s *Spec) rules() []rule {
	one := func(field string, v *float64, least, atMost float64) rule {
		return rule{field, []*float64{v}, least, atMost}
	}
	span := func(field string, v *Span, least, atMost float64) rule {
		return rule{field, []*float64{&v[0], &v[1]}, least, atMost}
	}
	c, d, p := &s.Consultation, &s.Doctor, &s.Patient
	return []rule{
		one("session.minutes", &s.Session.Minutes, 30, 720),
		span("session.slot_minutes", &s.Session.SlotMinutes, 2, 60),
		span("session.booked", &s.Session.Booked, 0, 1),
		span("consultation.slots", &c.Slots, 0.1, 3),
		one("consultation.log_sd", &c.LogSD, 0, 1.5),
		span("consultation.doctor_spread", &c.DoctorSpread, 0, 3),
		span("consultation.first_visits", &c.FirstVisits, 0, 1),
		one("consultation.first_visit_times", &c.FirstVisitTimes, 0.2, 5),
		one("consultation.habit_sd", &c.HabitSD, 0, 1),
		one("consultation.day_sd", &c.DaySD, 0, 1),
		one("consultation.load_power", &c.LoadPower, 0, 1),
		span("consultation.load_within", &c.LoadWithin, 0.1, 10),
		one("consultation.overrun", &c.Overrun, 0, 1),
		one("consultation.overrun_times", &c.OverrunTimes, 1, 10),
		span("doctor.late_mean", &d.LateMean, -60, 120),
		span("doctor.late_sd", &d.LateSD, 0, 60),
		span("doctor.tea", &d.Tea, 0, 1),
		span("doctor.tea_minutes", &d.TeaMinutes, 1, 60),
		span("doctor.interrupted", &d.Interrupted, 0, 1),
		span("doctor.interruption_minutes", &d.InterruptionMinutes, 0, 60),
		span("doctor.change_seconds", &d.ChangeSeconds, 1, 600),
		one("patient.late_share", &p.LateShare, 0, 1),
		one("patient.early_mean", &p.EarlyMean, -120, 120),
		one("patient.early_sd", &p.EarlySD, 0, 120),
		one("patient.late_mean", &p.LateMean, -120, 120),
		one("patient.late_sd", &p.LateSD, 0, 120),
		span("patient.walk_ins", &p.WalkIns, 0, 50),
		span("patient.urgent", &p.Urgent, 0, 10),
		span("patient.tests", &p.Tests, 0, 1),
		one("patient.tests_minutes", &p.TestsMinutes, 1, 240),
		one("patient.tests_log_sd", &p.TestsLogSD, 0, 1.5),
		one("patient.back_length", &p.BackLength, 0.05, 2),
		one("patient.wanders", &p.Wanders, 0, 1),
		span("patient.wanders_minutes", &p.WandersMinutes, 2, 120),
		span("patient.enter_seconds", &p.EnterSeconds, 1, 300),
		span("patient.way_minutes", &p.WayMinutes, 1, 240),
		one("patient.way_spread", &p.WaySpread, 0, 1),
		one("patient.says_set_out", &p.SaysSetOut, 0, 1),
		span("patient.says_minutes", &p.SaysMinutes, 0, 60),
	}
}

// Validate refuses what no clinic can be made from, naming the field.
func (s Spec) Validate() error {
	bad := func(field, what string) error { return houzhen.E(houzhen.CodeInvalid, what).On(field) }
	if _, err := houzhen.ParseTimeOfDay(s.Session.Start); err != nil {
		return bad("session.start", "give hours and minutes, such as 08:00")
	}
	for _, r := range s.rules() {
		last := math.Inf(-1)
		for _, v := range r.values {
			switch {
			case math.IsNaN(*v):
				return bad(r.field, "is missing")
			case !(*v >= r.least && *v <= r.atMost):
				return bad(r.field, fmt.Sprintf("is from %g to %g", r.least, r.atMost))
			case *v < last:
				return bad(r.field, "give the smaller number first")
			}
			last = *v
		}
	}
	if len(s.Patient.NoShow) == 0 {
		return bad("patient.no_show", "give at least one chance")
	}
	for _, chance := range s.Patient.NoShow {
		if !(chance >= 0 && chance <= 1) {
			return bad("patient.no_show", "a chance is from 0 to 1")
		}
	}
	most := s.Session.Minutes / s.Session.SlotMinutes[0]
	if float64(s.Patient.Regulars) < most || s.Patient.Regulars > 100_000 {
		return bad("patient.regulars", fmt.Sprintf("is from %g, which is a full session, to 100000", math.Ceil(most)))
	}
	return nil
}

func minutes(m float64) time.Duration {
	return time.Duration(m * float64(time.Minute)).Truncate(time.Second)
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Truncate(time.Second)
}
