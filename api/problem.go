package api

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// statuses is the only table from error code to HTTP status. A test holds it
// complete.
func statuses() map[houzhen.Code]int { //nolint:funlen // a table
	return map[houzhen.Code]int{
		houzhen.CodeInternal:         http.StatusInternalServerError,
		houzhen.CodeUnavailable:      http.StatusServiceUnavailable,
		houzhen.CodeInvalid:          http.StatusUnprocessableEntity,
		houzhen.CodeMissing:          http.StatusUnprocessableEntity,
		houzhen.CodeMalformed:        http.StatusBadRequest,
		houzhen.CodeMediaType:        http.StatusUnsupportedMediaType,
		houzhen.CodeTooLarge:         http.StatusRequestEntityTooLarge,
		houzhen.CodeEncoding:         http.StatusBadRequest,
		houzhen.CodeNotFound:         http.StatusNotFound,
		houzhen.CodeConflict:         http.StatusConflict,
		houzhen.CodeKeyReused:        http.StatusUnprocessableEntity,
		houzhen.CodeKeyMissing:       http.StatusBadRequest,
		houzhen.CodeRateLimited:      http.StatusTooManyRequests,
		houzhen.CodeSignIn:           http.StatusUnauthorized,
		houzhen.CodeForbidden:        http.StatusForbidden,
		houzhen.CodeBadCredentials:   http.StatusUnauthorized,
		houzhen.CodeBadCode:          http.StatusUnauthorized,
		houzhen.CodeIDNumber:         http.StatusUnprocessableEntity,
		houzhen.CodePhone:            http.StatusUnprocessableEntity,
		houzhen.CodePatientExists:    http.StatusConflict,
		houzhen.CodeConsent:          http.StatusForbidden,
		houzhen.CodeSlotUnknown:      http.StatusNotFound,
		houzhen.CodeSlotTaken:        http.StatusConflict,
		houzhen.CodeSlotPast:         http.StatusUnprocessableEntity,
		houzhen.CodeSlotWithheld:     http.StatusUnprocessableEntity,
		houzhen.CodeNotReleased:      http.StatusUnprocessableEntity,
		houzhen.CodeDrawClosed:       http.StatusUnprocessableEntity,
		houzhen.CodeDrawUnsound:      http.StatusUnprocessableEntity,
		houzhen.CodeBarred:           http.StatusForbidden,
		houzhen.CodeSessionFull:      http.StatusConflict,
		houzhen.CodeNotFull:          http.StatusConflict,
		houzhen.CodeSessionClosed:    http.StatusUnprocessableEntity,
		houzhen.CodeSessionSuspended: http.StatusUnprocessableEntity,
		houzhen.CodeAlreadyBooked:    http.StatusConflict,
		houzhen.CodeQuota:            http.StatusUnprocessableEntity,
		houzhen.CodeLimit:            http.StatusUnprocessableEntity,
		houzhen.CodeState:            http.StatusConflict,
		houzhen.CodeHoldExpired:      http.StatusConflict,
		houzhen.CodeFeeDiffers:       http.StatusConflict,
		houzhen.CodeNoticesFull:      http.StatusConflict,
		houzhen.CodeNoticeNumber:     http.StatusUnprocessableEntity,
		houzhen.CodeVoucher:          http.StatusNotFound,
		houzhen.CodeAmbiguous:        http.StatusConflict,
		houzhen.CodeNotToday:         http.StatusUnprocessableEntity,
		houzhen.CodeQueueEmpty:       http.StatusConflict,
		houzhen.CodePaused:           http.StatusConflict,
		houzhen.CodeInConsult:        http.StatusConflict,
		houzhen.CodePatientsRemain:   http.StatusConflict,
		houzhen.CodeTooSoon:          http.StatusConflict,
		houzhen.CodeRoster:           http.StatusUnprocessableEntity,
		houzhen.CodeSecondPerson:     http.StatusForbidden,
		houzhen.CodeCredit:           http.StatusForbidden,
		houzhen.CodeCreditRules:      http.StatusUnprocessableEntity,
		houzhen.CodeAppealed:         http.StatusConflict,
		houzhen.CodeAppealLate:       http.StatusConflict,
		houzhen.CodeSubstitute:       http.StatusUnprocessableEntity,
		houzhen.CodeHours:            http.StatusUnprocessableEntity,
		houzhen.CodeSessionBegun:     http.StatusConflict,
		houzhen.CodeDoctorBusy:       http.StatusConflict,
		houzhen.CodeRoomBusy:         http.StatusConflict,
		houzhen.CodeTooYoung:         http.StatusUnprocessableEntity,
		houzhen.CodeTooOld:           http.StatusUnprocessableEntity,
		houzhen.CodeWrongSex:         http.StatusUnprocessableEntity,
		houzhen.CodeGuardian:         http.StatusForbidden,
		houzhen.CodeFamilyFull:       http.StatusConflict,
		houzhen.CodeOverlap:          http.StatusConflict,
		houzhen.CodeIncomplete:       http.StatusConflict,
		houzhen.CodeSwap:             http.StatusConflict,
	}
}

// StatusOf gives the HTTP status of a code; one without an entry is a fault of
// ours.
func StatusOf(code houzhen.Code) int {
	if s, ok := statuses()[code]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Problem is an RFC 9457 problem document. It holds words for the person and
// codes for the program, and never the text of an error.
type Problem struct {
	Type         string            `json:"type" doc:"A name for the kind of problem"`
	Title        string            `json:"title"`
	Status       int               `json:"status"`
	Detail       string            `json:"detail"`
	Code         houzhen.Code      `json:"code" doc:"Stable, for programs"`
	Field        string            `json:"field,omitempty" doc:"The input that is to blame"`
	Instance     string            `json:"instance,omitempty" doc:"The request's id, for support"`
	Args         map[string]string `json:"args,omitempty"`
	Alternatives any               `json:"alternatives,omitempty" doc:"Nearest free places"`
}

// ProblemType is the prefix of a problem's type; the code follows.
const ProblemType = "urn:houzhen:problem:"

// ProblemOf puts an error into words, with instants in the hospital's zone.
// Whatever is not a coded error is a fault of ours, of which the person learns
// nothing more.
func ProblemOf(err error, lang houzhen.Lang, loc *time.Location) Problem {
	var e *houzhen.Error
	if !errors.As(err, &e) {
		e = houzhen.E(houzhen.CodeInternal, "")
	}
	status := StatusOf(e.Code)
	p := Problem{Type: ProblemType + string(e.Code), Status: status, Code: e.Code}
	if status == http.StatusInternalServerError {
		p.Title, p.Detail = templates.Problem(e.Code, lang, nil)
		return p
	}
	p.Title, p.Detail = templates.Problem(e.Code, lang, withOpens(e.Args, lang, loc))
	p.Field, p.Args, p.Alternatives = e.Field, e.Args, e.Detail
	return p
}

// withOpens adds ${opens} to what words may say: the instant of "at" as people
// of the hospital read it, to the second where it is not a full minute.
func withOpens(args map[string]string, lang houzhen.Lang, loc *time.Location) map[string]string {
	at, err := time.Parse(time.RFC3339, args["at"])
	if err != nil {
		return args
	}
	args = maps.Clone(args)
	args["opens"] = templates.Instant(at, lang, loc)
	return args
}

// Error makes a Problem an error that knows its status.
func (p *Problem) Error() string { return string(p.Code) }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (*Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError: how long to wait, where it is known.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	for _, key := range []string{"retry_seconds", "seconds"} {
		if s := p.Args[key]; s != "" && (p.Status == http.StatusTooManyRequests || p.Code == houzhen.CodeTooSoon) {
			h.Set("Retry-After", s)
		}
	}
	return h
}

// LangOf tells in which language to answer: ?lang, then the cookie, then
// Accept-Language; Chinese is the default.
func LangOf(r *http.Request) houzhen.Lang {
	if q := r.URL.Query().Get("lang"); q != "" {
		return houzhen.ParseLang(q)
	}
	if c, err := r.Cookie(LangCookie); err == nil {
		return houzhen.ParseLang(c.Value)
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base {
		case "zh":
			return houzhen.Chinese
		case "en":
			return houzhen.English
		}
	}
	return houzhen.Chinese
}

// LangCookie keeps the language a person chose.
const LangCookie = "houzhen_lang"

// WriteProblem answers with a problem document. It is an auth.OnError once a
// log is given.
func WriteProblem(log *slog.Logger, loc *time.Location) func(w http.ResponseWriter, r *http.Request, err error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		p := ProblemOf(err, LangOf(r), loc)
		logFault(r.Context(), log, &p, err)
		maps.Copy(w.Header(), p.GetHeaders())
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(p.Status)
		_ = encodeTo(w, p)
	}
}

func logFault(ctx context.Context, log *slog.Logger, p *Problem, err error) {
	if p.Status >= http.StatusInternalServerError {
		log.ErrorContext(ctx, "request failed", "code", string(p.Code), "error", err.Error())
	}
}
