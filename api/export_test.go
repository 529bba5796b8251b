package api

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Document gives the contract that New serves.
func Document(d Deps) *huma.OpenAPI {
	a := &API{Deps: d, problem: WriteProblem(d.Log, time.UTC)}
	mux := http.NewServeMux()
	api := a.mount(mux)
	for _, r := range a.routes() {
		r.register(api, mux)
	}
	return api.OpenAPI()
}
