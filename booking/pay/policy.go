package pay

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Terms say what a place costs and when that is paid. An empty department or
// class is any; the first terms that fit count.
type Terms struct {
	Department string           `yaml:"department"`
	Class      booking.RegClass `yaml:"class"`
	Fen        int64            `yaml:"fen"`
	Prepaid    bool             `yaml:"prepaid"` // before the place is booked, at the hospital otherwise
}

// Policy holds what a hospital decides about payments.
type Policy struct {
	Terms []Terms `yaml:"terms"`
	// Equal lets a payment that came after its hold buy another place of the
	// same slice when its own is gone.
	Equal bool `yaml:"equal"`
	// AtHospital are the channels whose patients pay at the hospital whatever
	// the terms say.
	AtHospital []string `yaml:"at_hospital"`

	Poll     time.Duration `yaml:"poll"`     // an open order is asked about this often
	Lease    time.Duration `yaml:"lease"`    // an answer that has not come by then is asked for
	BackOff  time.Duration `yaml:"back_off"` // before the second try of a refund; doubled for each further one
	MaxOff   time.Duration `yaml:"max_off"`  // and never more
	Refunds  int           `yaml:"refunds"`  // tries of a refund before a person is asked
	Silences int           `yaml:"silences"` // calls in a row without an answer before an order counts as closed, or a person is asked about a refund
	Sweep    int           `yaml:"sweep"`    // payments that a sweep takes at most
}

//go:embed policy.yaml
var defaults []byte

// DefaultPolicy gives the published default: everybody pays at the hospital.
func DefaultPolicy() Policy {
	p, err := ParsePolicy(defaults)
	if err != nil {
		panic("pay: " + err.Error()) // the file is part of the program
	}
	return p
}

// ParsePolicy reads a policy from YAML; what it leaves out is as in the default.
func ParsePolicy(text []byte) (Policy, error) {
	var p Policy
	if err := yaml.Unmarshal(defaults, &p); err != nil {
		return p, fmt.Errorf("read default policy: %w", err)
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		return p, houzhen.E(houzhen.CodeInvalid, "the table of fees cannot be read").On("fees").Because(err)
	}
	return p, p.Validate()
}

// maxFee bounds a fee: ten thousand yuan.
const maxFee = 1_000_000

// Validate says which value cannot be.
func (p Policy) Validate() error {
	for _, t := range p.Terms {
		if t.Fen < 0 || t.Fen > maxFee || t.Prepaid && t.Fen == 0 {
			return houzhen.E(houzhen.CodeInvalid, "fee out of range").On("terms")
		}
	}
	for _, c := range []struct {
		field string
		ok    bool
	}{
		{"poll", p.Poll >= time.Second},
		{"lease", p.Lease >= time.Second},
		{"back_off", p.BackOff > 0},
		{"max_off", p.MaxOff >= p.BackOff},
		{"refunds", p.Refunds >= 1},
		{"silences", p.Silences >= 1},
		{"sweep", p.Sweep >= 1},
	} {
		if !c.ok {
			return houzhen.E(houzhen.CodeInvalid, "policy value out of range").On(c.field)
		}
	}
	return nil
}

// Of gives the terms of a session; without any it costs nothing that we know of.
func (p Policy) Of(s booking.Session) Terms {
	for _, t := range p.Terms {
		if (t.Department == "" || t.Department == s.DepartmentID) && (t.Class == "" || t.Class == s.Class) {
			return t
		}
	}
	return Terms{}
}

// Prepaid reports whether anything is paid in advance.
func (p Policy) Prepaid() bool {
	return slices.ContainsFunc(p.Terms, func(t Terms) bool { return t.Prepaid })
}

// Before reports whether a place of s is paid for before it is booked through
// a channel.
func (p Policy) Before(s booking.Session, channel string) bool {
	return p.Of(s).Prepaid && !slices.Contains(p.AtHospital, channel)
}

// later gives the pause after so many tries of a refund.
func (p Policy) later(attempts int) time.Duration {
	pause := p.BackOff
	for range min(attempts-1, 32) {
		if pause *= 2; pause >= p.MaxOff {
			return p.MaxOff
		}
	}
	return pause
}
