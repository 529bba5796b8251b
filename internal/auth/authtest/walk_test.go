package authtest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/houzhen/houzhen/internal/auth"
)

// A walk that cannot fail is worth nothing: here is each way to be wrong.
func TestTheWalkNoticesAWrongAnswer(t *testing.T) {
	rule := auth.Rule{Method: "GET", Pattern: "/desk", Roles: []auth.Role{auth.Nurse}}
	for _, c := range []struct {
		role auth.Role
		code int
		fine bool
	}{
		{auth.Nurse, http.StatusOK, true},
		{auth.Nurse, http.StatusNotFound, true},
		{auth.Nurse, http.StatusForbidden, false},
		{auth.Nurse, http.StatusUnauthorized, false},
		{auth.Patient, http.StatusForbidden, true},
		{auth.Patient, http.StatusOK, false},
		{auth.Patient, http.StatusUnauthorized, false},
		{auth.Anonymous, http.StatusUnauthorized, true},
		{auth.Anonymous, http.StatusForbidden, false},
		{auth.Anonymous, http.StatusSeeOther, false},
	} {
		t.Run(fmt.Sprint(c.role, c.code), func(t *testing.T) {
			if got := wrong(rule, c.role, c.code); (got == "") != c.fine {
				t.Errorf("got %q, want a complaint: %v", got, !c.fine)
			}
		})
	}
}
