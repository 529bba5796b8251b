package jobs

import (
	"net/http"

	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"
)

// dashboardPolicy keeps asynqmon's page from fetching fonts from other sites,
// which would tell them of us and, where they cannot be reached, hold up the
// page. Its own scripts stand in its HTML.
const dashboardPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Dashboard is asynqmon, for staff, under rootPath such as "/admin/jobs". It
// only shows: whatever would change something is refused.
func (p *Pipeline) Dashboard(rootPath string) http.Handler {
	mon := asynqmon.New(asynqmon.Options{RootPath: rootPath, RedisConnOpt: shared{p.opt.Redis}, ReadOnly: true})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Security-Policy", dashboardPolicy)
		mon.ServeHTTP(w, r)
	})
}

// shared lends our client to asynqmon, which is never closed.
type shared struct{ client redis.UniversalClient }

// MakeRedisClient gives the client.
func (s shared) MakeRedisClient() any { return s.client }
