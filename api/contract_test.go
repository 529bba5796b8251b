package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
)

func document(c *apitest.Clinic) *huma.OpenAPI {
	return api.Document(api.Deps{Services: c.Services(), Now: apitest.Now, Log: slog.New(slog.DiscardHandler), Version: "test"})
}

func operation(doc *huma.OpenAPI, method, path string) *huma.Operation {
	item, ok := doc.Paths[path]
	if !ok {
		return nil
	}
	return map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete}[method]
}

// plainRoutes have no JSON contract.
var plainRoutes = []string{
	"/healthz", "/readyz", "/ws", "/v/{file}", "/callbacks/aliyun/{token}/sms-report", "/api/v1/stats.csv",
	"/callbacks/aliyun/{token}/sms-up", "/callbacks/aliyun/{token}/voice-report", "/callbacks/wechat", "/callbacks/pay",
}

func TestEveryRouteIsInTheDocumentAndNothingElse(t *testing.T) {
	t.Parallel()
	doc := document(apitest.New())
	routes := map[string]bool{}
	for _, r := range api.Routes() {
		if strings.HasPrefix(r.Pattern, "/api/openapi") || slices.Contains(plainRoutes, r.Pattern) {
			continue
		}
		routes[r.String()] = true
		if operation(doc, r.Method, r.Pattern) == nil {
			t.Errorf("%s is not in the document", r)
		}
	}
	ids := map[string]bool{}
	for path := range doc.Paths {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			op := operation(doc, method, path)
			if op == nil {
				continue
			}
			if !routes[method+" "+path] {
				t.Errorf("the document has %s %s, which is no route", method, path)
			}
			if ids[op.OperationID] || op.Summary == "" {
				t.Errorf("%s %s: its id %q is there twice, or it has no summary", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
		}
	}
}

// pattern finds the route of an address.
func pattern(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	mux := http.NewServeMux()
	for _, r := range api.Routes() {
		mux.Handle(r.String(), http.NotFoundHandler())
	}
	request, err := http.NewRequest(method, path, http.NoBody)
	if err != nil {
		return ""
	}
	_, found := mux.Handler(request)
	_, route, _ := strings.Cut(found, " ")
	return route
}

// conforms checks an answer against the document: its status is there, its
// type is the one of that status, and its body fits the schema.
func conforms(t *testing.T, doc *huma.OpenAPI, method, path string, status int, contentType string, body []byte) {
	t.Helper()
	op := operation(doc, method, pattern(method, path))
	if op == nil {
		return // without a contract
	}
	response, documented := op.Responses[strconv.Itoa(status)]
	if !documented && status >= 400 {
		response, documented = op.Responses["default"]
	}
	if !documented {
		t.Errorf("%s %s: status %d is not in the document", method, path, status)
		return
	}
	if len(response.Content) == 0 {
		if len(body) > 0 {
			t.Errorf("%s %s: status %d has a body that is not in the document: %s", method, path, status, body)
		}
		return
	}
	kind, _, _ := strings.Cut(contentType, ";")
	media, ok := response.Content[kind]
	if !ok {
		t.Errorf("%s %s: status %d is %q, which is not in the document", method, path, status, contentType)
		return
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return
	}
	result := &huma.ValidateResult{}
	huma.Validate(doc.Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, result)
	for _, err := range result.Errors {
		t.Errorf("%s %s: status %d does not fit its schema: %v in %s", method, path, status, err, body)
	}
}

// TestEveryAnswerFitsTheDocument answers every route: as it should be, from a
// clinic without the thing, with a body that is wrong and when all is broken.
func TestEveryAnswerFitsTheDocument(t *testing.T) {
	t.Parallel()
	doc := document(apitest.New())
	broken := apitest.New()
	broken.Err = http.ErrHandlerTimeout
	shared, fails := newAPI(apitest.New()), newAPI(broken) // an API is dear to make; refusals leave no trace
	for _, x := range exercises() {
		for name, ask := range map[string]struct {
			api        http.Handler
			path, body string
		}{
			"good": {newAPI(apitest.New()), x.path, x.body}, "lost": {shared, x.lost, x.body},
			"wrong": {shared, x.path, `{"doc":7,"nothing":[]}`}, "broken": {fails, x.path, x.body},
		} {
			if ask.path == "" || name == "wrong" && x.body == "" {
				continue
			}
			w := do(t, as(t, ask.api, x.as), x.method, ask.path, ask.body)
			if name == "good" && w.Code >= 400 {
				t.Errorf("%s: got %d %s", x.name(), w.Code, w.Body)
			}
			conforms(t, doc, x.method, ask.path, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes())
		}
	}
}
