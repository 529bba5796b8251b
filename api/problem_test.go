package api_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/templates"
)

// codes reads every code out of the vocabulary's source.
func codes(t *testing.T) []houzhen.Code {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []houzhen.Code
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "Code") || len(v.Values) == 0 {
			return true
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok {
			s, _ := strconv.Unquote(lit.Value)
			list = append(list, houzhen.Code(s))
		}
		return true
	})
	return list
}

func TestEveryCodeHasAStatusAndWords(t *testing.T) {
	t.Parallel()
	list := codes(t)
	if len(list) < 30 {
		t.Fatalf("found %d codes only", len(list))
	}
	for _, code := range list {
		if got := api.StatusOf(code); got == http.StatusInternalServerError && code != houzhen.CodeInternal {
			t.Errorf("%s has no status of its own", code)
		}
		for _, lang := range templates.Langs() {
			if p := api.ProblemOf(houzhen.E(code, "x"), lang, time.UTC); p.Title == string(code) || p.Detail == "" {
				t.Errorf("%s has no words in %s", code, lang)
			}
		}
	}
}

func TestAFaultOfOursTellsNothing(t *testing.T) {
	t.Parallel()
	secret := errors.New("pq: password of 13800000000 at /srv/x.go:17")
	for _, err := range []error{secret, fmt.Errorf("load: %w", secret), houzhen.E(houzhen.CodeInternal, "x").Because(secret).With("who", "Zhang")} {
		p := api.ProblemOf(err, houzhen.English, time.UTC)
		text := fmt.Sprintf("%+v", p)
		for _, leak := range []string{"138", "x.go", "password", "Zhang", "load"} {
			if strings.Contains(text, leak) {
				t.Errorf("%v leaks %q: %s", err, leak, text)
			}
		}
		if p.Status != http.StatusInternalServerError {
			t.Errorf("status %d, want 500", p.Status)
		}
	}
}

func TestTheMessageForDevelopersStaysInside(t *testing.T) {
	t.Parallel()
	p := api.ProblemOf(fmt.Errorf("book: %w", houzhen.E(houzhen.CodeSlotTaken, "row 17 of slots").On("slot").WithDetail([]int{1})), houzhen.English, time.UTC)
	if strings.Contains(p.Detail, "row 17") || p.Field != "slot" || p.Alternatives == nil {
		t.Errorf("got %+v", p)
	}
}

// Whoever comes too early is told when to come, by the hospital's clock.
func TestWhatIsNotOpenYetSaysWhenItOpens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code houzhen.Code
		at   string
		lang houzhen.Lang
		says string
	}{
		{houzhen.CodeNotReleased, "2026-03-02T23:00:00Z", houzhen.English, "; it opens on Tue 3 Mar 07:00. "},
		{houzhen.CodeNotReleased, "2026-03-02T23:00:25Z", houzhen.Chinese, " 07:00:25"},
		{houzhen.CodeQuota, "2026-03-02T10:00:00Z", houzhen.English, " until Mon 2 Mar 18:00. "},
		{houzhen.CodeNotReleased, "soon", houzhen.English, "has not opened. Please"},
	} {
		p := api.ProblemOf(houzhen.E(tt.code, "x").With("at", tt.at), tt.lang, apitest.Shanghai())
		if !strings.Contains(p.Detail, tt.says) {
			t.Errorf("%v at %s: got %q, want %q in it", tt.code, tt.at, p.Detail, tt.says)
		}
		if got, want := p.Args, map[string]string{"at": tt.at}; !maps.Equal(got, want) {
			t.Errorf("arguments for programs: got %v, want %v", got, want)
		}
	}
}

func TestLanguageOfAnAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, accept, cookie string
		want                 houzhen.Lang
	}{
		{"/", "", "", houzhen.Chinese},
		{"/", "en-GB,en;q=0.9", "", houzhen.English},
		{"/", "fr, en;q=0.5", "", houzhen.English},
		{"/", "zh-Hans-CN, en", "", houzhen.Chinese},
		{"/?lang=en", "zh", "zh-CN", houzhen.English},
		{"/", "zh", "en", houzhen.English},
		{"/?lang=xx", "en", "", houzhen.Chinese},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, nil)
		r.Header.Set("Accept-Language", tt.accept)
		if tt.cookie != "" {
			r.AddCookie(&http.Cookie{Name: api.LangCookie, Value: tt.cookie})
		}
		if got := api.LangOf(r); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}

func TestBadBodiesEachHaveTheirCode(t *testing.T) {
	t.Parallel()
	h := as(t, newAPI(apitest.New()), patient)
	for name, tt := range map[string]struct {
		body, kind string
		status     int
		code       houzhen.Code
		field      string
	}{
		"malformed":     {`{"patient_id":`, "application/json", 400, houzhen.CodeMalformed, ""},
		"two values":    {`{}{}`, "application/json", 400, houzhen.CodeMalformed, ""},
		"too large":     {`{"patient_id":"` + strings.Repeat("x", api.MaxBody) + `"}`, "application/json", 413, houzhen.CodeTooLarge, ""},
		"content type":  {`<a/>`, "text/xml", 415, houzhen.CodeMediaType, ""},
		"no type":       {`{}`, "", 415, houzhen.CodeMediaType, ""},
		"encoding":      {"{\"patient_id\":\"\xff\xfe\"}", "application/json", 400, houzhen.CodeEncoding, ""},
		"missing field": {`{"patient_id":"p1"}`, "application/json", 422, houzhen.CodeMissing, "session_id"},
		"wrong kind":    {`{"patient_id":7,"session_id":"s1"}`, "application/json", 422, houzhen.CodeInvalid, "patient_id"},
		"below":         {`{"patient_id":"p1","session_id":"s1","slot":-1}`, "application/json", 422, houzhen.CodeInvalid, "slot"},
		"empty":         {``, "application/json", 400, houzhen.CodeMalformed, ""},
		"an array":      {`[]`, "application/json", 422, houzhen.CodeInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := do(t, h, http.MethodPost, "/api/v1/appointments", tt.body, "Content-Type", tt.kind)
			p := problemOf(t, w)
			if w.Code != tt.status || p.Code != tt.code || p.Field != tt.field {
				t.Errorf("got %d %s %q, want %d %s %q", w.Code, p.Code, p.Field, tt.status, tt.code, tt.field)
			}
		})
	}
}

func TestWaitingTimesGoIntoTheHeader(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Fail["ask-code"] = houzhen.E(houzhen.CodeRateLimited, "often").With("retry_seconds", "60")
	w := do(t, as(t, newAPI(c), nobody), http.MethodPost, "/api/v1/sign-in/code", `{"phone":"13800000000"}`)
	if got := w.Header().Get("Retry-After"); w.Code != http.StatusTooManyRequests || got != "60" {
		t.Errorf("got %d, Retry-After %q", w.Code, got)
	}
}
