// Package person decides whom a department sees and who may book for whom: age
// and sex (domain rule §7.21), and children under guard (§2.9).
//
// It refuses online. Whoever stands at the desk or is on the telephone is
// talked to by staff, who are warned and decide.
package person

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Traits are what the rules ask of a patient. What is not known is zero and
// holds against nobody.
type Traits struct {
	Birth houzhen.Date
	Sex   string // M or F
}

// Bounds say whom a department sees.
type Bounds struct {
	MinAge, MaxAge int // whole years, inclusive; 0 is no limit
	Sex            string
}

// Policy holds the numbers that a hospital may set.
type Policy struct {
	GuardedAge int      // younger ones are booked for by a guardian's account; 0: by anybody's
	Staffed    []string // channels on which staff talk to the person: warned there, not refused
	Block      bool     // age and sex refuse there too
}

// DefaultPolicy gives the published default: guarded under 14 (domain rule
// §2.9), warned at the desk and on the telephone.
func DefaultPolicy() Policy {
	return Policy{GuardedAge: 14, Staffed: []string{booking.DeskChannel, "phone", "telephone"}}
}

// Ward is a patient for whom an account has been registered as guardian.
type Ward struct{ AccountID, PatientID string }

// Tx is what the rule asks of a transaction.
type Tx interface {
	// PatientTraits gives what is known of patients; those unknown are left out.
	PatientTraits(ctx context.Context, ids []string) (map[string]Traits, error)
	// Wards lists the patients whose guardians accounts are, with consent.
	Wards(ctx context.Context, accountIDs []string) ([]Ward, error)
}

// Age gives whole years on a day; 0 before birth.
func Age(birth, on houzhen.Date) int {
	years := on.Year - birth.Year
	if on.Month < birth.Month || on.Month == birth.Month && on.Day < birth.Day {
		years--
	}
	return max(years, 0)
}

// Sees says what a department has against a patient on a day: CodeTooYoung,
// CodeTooOld or CodeWrongSex, or nil.
func (b Bounds) Sees(t Traits, on houzhen.Date) error {
	if !t.Birth.IsZero() {
		age := Age(t.Birth, on)
		switch {
		case age < b.MinAge:
			return houzhen.E(houzhen.CodeTooYoung, "department sees older patients").On("patient_id").With("age", strconv.Itoa(b.MinAge))
		case b.MaxAge > 0 && age > b.MaxAge:
			return houzhen.E(houzhen.CodeTooOld, "department sees younger patients").On("patient_id").With("age", strconv.Itoa(b.MaxAge))
		}
	}
	if b.Sex != "" && t.Sex != "" && b.Sex != t.Sex {
		return houzhen.E(houzhen.CodeWrongSex, "department sees the other sex").On("patient_id")
	}
	return nil
}

// Rule judges bookings by age, sex and guardian.
type Rule struct {
	Policy Policy
	Bounds func(ctx context.Context, departmentID string) (Bounds, error)
}

// Judge implements booking.Rule; tx must be a person.Tx too. It reads the
// patients of all asks at once, and guardians only where children are asked for.
func (r Rule) Judge(ctx context.Context, tx booking.Tx, asks []booking.Ask) ([]error, error) {
	verdicts := make([]error, len(asks))
	own, ok := tx.(Tx)
	if !ok {
		return nil, houzhen.E(houzhen.CodeInternal, "transaction has no patients")
	}
	var ids []string
	for _, a := range asks {
		if r.refuses(a) {
			ids = append(ids, a.Request.PatientID)
		}
	}
	if len(ids) == 0 {
		return verdicts, nil
	}
	traits, err := own.PatientTraits(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load traits: %w", err)
	}
	guarded := map[int]bool{}
	for i, a := range asks {
		t, known := traits[a.Request.PatientID]
		if !known || !r.refuses(a) {
			continue
		}
		bounds, err := r.Bounds(ctx, a.Session.DepartmentID)
		if err != nil {
			return nil, fmt.Errorf("load department: %w", err)
		}
		verdicts[i] = bounds.Sees(t, a.Session.Date)
		guarded[i] = verdicts[i] == nil && !r.staffed(a) && !t.Birth.IsZero() && Age(t.Birth, a.Session.Date) < r.Policy.GuardedAge
	}
	return verdicts, r.guard(ctx, own, asks, guarded, verdicts)
}

// refuses reports whether age and sex may refuse an ask; whom staff warn is
// judged by nothing, whoever else is asked about with him.
func (r Rule) refuses(a booking.Ask) bool { return r.Policy.Block || !r.staffed(a) }

func (r Rule) staffed(a booking.Ask) bool {
	return slices.Contains(r.Policy.Staffed, a.Request.Channel)
}

// guard refuses children whose account is not their guardian's.
func (r Rule) guard(ctx context.Context, tx Tx, asks []booking.Ask, guarded map[int]bool, verdicts []error) error {
	var accounts []string
	for i, a := range asks {
		if guarded[i] && a.Request.AccountID != "" {
			accounts = append(accounts, a.Request.AccountID)
		}
	}
	var wards []Ward
	if len(accounts) > 0 {
		var err error
		if wards, err = tx.Wards(ctx, accounts); err != nil {
			return fmt.Errorf("load wards: %w", err)
		}
	}
	for i, a := range asks {
		if guarded[i] && !slices.Contains(wards, Ward{a.Request.AccountID, a.Request.PatientID}) {
			verdicts[i] = houzhen.E(houzhen.CodeGuardian, "a child is booked for by a guardian").On("patient_id").
				With("age", strconv.Itoa(r.Policy.GuardedAge))
		}
	}
	return nil
}
