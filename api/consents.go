package api

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

func (a *API) consentRoutes(patient []auth.Role) []route {
	return []route{
		verb(a, "GET", "/api/v1/consents", "Whom the account books for, and who books for its own people", patient, a.consents),
		keyed(verb(a, "POST", "/api/v1/consents/give", "Agree that another account books for somebody of this phone", patient, a.giveConsent)),
		keyed(verb(a, "POST", "/api/v1/consents/withdraw", "Take that back, or give somebody up", patient, a.withdrawConsent)),
	}
}

type relativeView struct {
	PatientID string     `json:"patient_id"`
	Name      string     `json:"name" doc:"Masked until the person agrees"`
	Relation  string     `json:"relation"`
	Agreed    bool       `json:"agreed"`
	AgreedAt  *time.Time `json:"agreed_at,omitempty"`
}

type agreementView struct {
	AccountID string     `json:"account_id"`
	PatientID string     `json:"patient_id"`
	Name      string     `json:"name"`
	Phone     string     `json:"phone" doc:"Of the account, masked"`
	Relation  string     `json:"relation"`
	AgreedAt  *time.Time `json:"agreed_at,omitempty" doc:"Left out while nobody has agreed"`
}

type consentsOut struct {
	Body struct {
		Mine   []relativeView  `json:"mine" doc:"Whom the account has registered"`
		Theirs []agreementView `json:"theirs" doc:"Other accounts that book, or want to, for people of this phone"`
		Most   int             `json:"most" doc:"For so many others one account books"`
	}
}

func instantOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// consents lists both sides of who may book for whom.
func (a *API) consents(ctx context.Context, _ *struct{}) (*consentsOut, error) {
	family, err := a.Directory.Family(ctx, who(ctx).AccountID)
	if err != nil {
		return nil, fmt.Errorf("load family: %w", err)
	}
	theirs, err := a.Directory.Agreements(ctx, who(ctx).AccountID)
	if err != nil {
		return nil, fmt.Errorf("load agreements: %w", err)
	}
	out := &consentsOut{}
	out.Body.Mine, out.Body.Theirs, out.Body.Most = []relativeView{}, []agreementView{}, directory.MostRelatives
	for _, r := range family {
		out.Body.Mine = append(out.Body.Mine, relativeView{r.Patient.ID, r.Patient.Name.String(), r.Relation, r.Agreed(), instantOf(r.ConsentAt)})
	}
	for _, t := range theirs {
		out.Body.Theirs = append(out.Body.Theirs, agreementView{
			t.AccountID, t.PatientID, t.Name.String(), t.By.String(), t.Relation, instantOf(t.ConsentAt),
		})
	}
	return out, nil
}

type consentIn struct {
	Body struct {
		AccountID string `json:"account_id,omitempty" doc:"The account that books; this one if left out"`
		PatientID string `json:"patient_id" minLength:"1"`
	}
}

func (a *API) giveConsent(ctx context.Context, in *consentIn) (*struct{}, error) {
	return nil, a.Consent(ctx, who(ctx), in.Body.AccountID, in.Body.PatientID, true)
}

func (a *API) withdrawConsent(ctx context.Context, in *consentIn) (*struct{}, error) {
	return nil, a.Consent(ctx, who(ctx), in.Body.AccountID, in.Body.PatientID, false)
}

// Consent lets whoever holds a person's own phone agree that an account books
// for him, or takes that back; "" is the account that asks. It is recorded.
func (s Services) Consent(ctx context.Context, p auth.Principal, accountID, patientID string, agree bool) error {
	if patientID == "" {
		return houzhen.E(houzhen.CodeMissing, "patient is missing").On("patient_id")
	}
	if accountID == "" {
		accountID = p.AccountID
	}
	do, action := s.Directory.WithdrawConsent, "consent.withdrawn"
	if agree {
		do, action = s.Directory.GiveConsent, "consent.given"
	}
	if err := do(ctx, p.AccountID, accountID, patientID); err != nil {
		return err
	}
	return s.Audit.Record(ctx, callerOf(p), action, patientID)
}
