package houzhen

import (
	"errors"
	"strings"
)

// Code says what went wrong, for programs. A code is stable: it is part of the
// JSON API, of the words in templates/ and of every test, and never reused.
type Code string

// Every code there is. api/problem.go maps each to an HTTP status and
// templates/ puts each into words; tests hold both tables complete.
const (
	CodeInternal         Code = "internal"               // a fault of ours; details are logged, never shown
	CodeUnavailable      Code = "unavailable"            // a part we need is away; try again
	CodeInvalid          Code = "invalid"                // a field has a value that cannot be taken
	CodeMissing          Code = "missing"                // a field that is needed was not given
	CodeMalformed        Code = "malformed"              // the body is not what its content type says
	CodeMediaType        Code = "media_type"             // the content type is not taken here
	CodeTooLarge         Code = "too_large"              // the body is over the limit
	CodeEncoding         Code = "encoding"               // text is not valid UTF-8
	CodeNotFound         Code = "not_found"              // there is no such thing
	CodeConflict         Code = "conflict"               // somebody changed it meanwhile; load again
	CodeKeyReused        Code = "idempotency_key_reused" // the same key came with another request
	CodeKeyMissing       Code = "idempotency_key_missing"
	CodeRateLimited      Code = "rate_limited"
	CodeSignIn           Code = "sign_in"   // nobody is signed in
	CodeForbidden        Code = "forbidden" // signed in, but not allowed
	CodeBadCredentials   Code = "bad_credentials"
	CodeBadCode          Code = "bad_code"       // a sign-in code that is wrong or too old
	CodeIDNumber         Code = "id_number"      // a document number fails its own check
	CodePhone            Code = "phone"          // not a mainland mobile number
	CodePatientExists    Code = "patient_exists" // that document is already registered
	CodeConsent          Code = "consent"        // the patient has not agreed to be booked for
	CodeSlotUnknown      Code = "slot_unknown"
	CodeSlotTaken        Code = "slot_taken" // lost the race; alternatives are given
	CodeSlotPast         Code = "slot_past"
	CodeSlotWithheld     Code = "slot_withheld"
	CodeNotReleased      Code = "not_released" // bookable from a later instant
	CodeDrawClosed       Code = "draw_closed"  // the window for requests is over
	CodeDrawUnsound      Code = "draw_unsound" // a published draw is not what its seed and requests give
	CodeSessionFull      Code = "session_full"
	CodeNotFull          Code = "not_full" // nobody waits for what he could simply book
	CodeSessionClosed    Code = "session_closed"
	CodeSessionSuspended Code = "session_suspended"
	CodeAlreadyBooked    Code = "already_booked" // one per patient, doctor and day
	CodeQuota            Code = "quota"          // the place is kept for another channel or group
	CodeBarred           Code = "barred"         // a person has barred the account from booking online
	CodeLimit            Code = "limit"          // a person's limit per department, day or week
	CodeState            Code = "state"          // not possible in the state it is in
	CodeHoldExpired      Code = "hold_expired"
	CodeNoticesFull      Code = "notices_full"  // as many notices stand in the zone as are read
	CodeNoticeNumber     Code = "notice_number" // a notice or a note holds what may be somebody's number
	CodeFeeDiffers       Code = "fee_differs"   // a paid place is not moved to one of another price
	CodeVoucher          Code = "voucher"       // no appointment of today has that voucher or ID tail
	CodeAmbiguous        Code = "ambiguous"
	CodeNotToday         Code = "not_today"
	CodeQueueEmpty       Code = "queue_empty"
	CodePaused           Code = "paused"
	CodeInConsult        Code = "in_consult" // a patient is in the room; finish first
	CodePatientsRemain   Code = "patients_remain"
	CodeTooSoon          Code = "too_soon"      // a recall or a miss before its minimum gap
	CodeRoster           Code = "roster"        // a roster has faulty lines
	CodeSecondPerson     Code = "second_person" // whoever asked does not approve
	CodeSubstitute       Code = "substitute"    // that doctor may not stand in
	CodeHours            Code = "hours"         // new hours of a session are over, or of another day
	CodeSessionBegun     Code = "session_begun" // too late to change its hours
	CodeDoctorBusy       Code = "doctor_busy"   // the doctor sits elsewhere then
	CodeRoomBusy         Code = "room_busy"     // somebody else sits in the room then

	CodeCredit      Code = "credit"       // online booking is closed to this person; the desk is open
	CodeCreditRules Code = "credit_rules" // rules that cannot be published
	CodeAppealed    Code = "appealed"     // a mark is appealed against once
	CodeAppealLate  Code = "appeal_late"  // the time to appeal is over
	CodeTooYoung    Code = "too_young"    // the department does not see patients of that age
	CodeTooOld      Code = "too_old"
	CodeWrongSex    Code = "wrong_sex"
	CodeGuardian    Code = "guardian"   // a child is booked for by a guardian
	CodeFamilyFull  Code = "family"     // an account books for enough others
	CodeOverlap     Code = "overlap"    // too near to another visit of the same patient
	CodeIncomplete  Code = "incomplete" // a document must be shown first
	CodeSwap        Code = "swap"       // the place can no longer go to another of the family
)

// Error is the one error type that crosses package borders. Message is for
// developers and holds no personal data; people read the words that
// templates/ has for Code and Args.
type Error struct {
	Code    Code
	Field   string            // the input field that is to blame, as the API names it
	Args    map[string]string // values for the words; never personal data
	Message string
	Detail  any // machine-readable help, such as nearest free alternatives
	Err     error
}

// E makes a coded error. Message says what happened in lower case.
func E(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// On names the field that is to blame.
func (e *Error) On(field string) *Error { e.Field = field; return e }

// With adds one value for the words that people read.
func (e *Error) With(key, value string) *Error {
	if e.Args == nil {
		e.Args = map[string]string{}
	}
	e.Args[key] = value
	return e
}

// WithDetail adds machine-readable help.
func (e *Error) WithDetail(detail any) *Error { e.Detail = detail; return e }

// Because keeps the cause.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// Error gives code, field and message, for logs.
func (e *Error) Error() string {
	parts := []string{string(e.Code)}
	for _, p := range []string{e.Field, e.Message} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf finds the code in a chain of errors: "" for nil, CodeInternal for an
// error without one.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
