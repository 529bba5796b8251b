package auth

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	rememberFor  = 2 * time.Minute // how long a patient's session is believed without asking
	mostSessions = 100_000
)

// Remember keeps the sessions of patients in memory in front of a store, so
// that somebody who looks at a page and books does not have his session read
// for each request. What this node writes or ends counts at once; a session
// ended on another node is believed here for at most two minutes more. Sessions
// of staff, which are short, are read every time.
func Remember(store scs.CtxStore, now func() time.Time) scs.CtxStore {
	return &remembered{CtxStore: store, now: now, of: map[string]recalled{}}
}

type remembered struct {
	scs.CtxStore

	now func() time.Time
	mu  sync.Mutex
	gen int // raised by each write, so that an older answer is not kept
	of  map[string]recalled
}

type recalled struct {
	data  []byte
	until time.Time
}

// FindCtx gives the data of a session.
func (r *remembered) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	now := r.now()
	r.mu.Lock()
	known, ok := r.of[token]
	gen := r.gen
	r.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.data, true, nil
	}
	data, found, err := r.CtxStore.FindCtx(ctx, token)
	if err == nil && found {
		if deadline, _, err := (codec{}).Decode(data); err == nil {
			r.keep(token, data, deadline, gen)
		}
	}
	return data, found, err
}

// CommitCtx stores a session, and remembers it.
func (r *remembered) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	gen := r.forget(token)
	err := r.CtxStore.CommitCtx(ctx, token, b, expiry)
	if err == nil {
		r.keep(token, b, expiry, gen)
	}
	return err
}

// DeleteCtx ends a session.
func (r *remembered) DeleteCtx(ctx context.Context, token string) error {
	defer r.forget(token) // also what somebody read meanwhile
	r.forget(token)
	return r.CtxStore.DeleteCtx(ctx, token)
}

func (r *remembered) forget(token string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, token)
	r.gen++
	return r.gen
}

// keep remembers the session of somebody who is signed in for longer than
// staff ever are, unless something was written since gen.
func (r *remembered) keep(token string, data []byte, deadline time.Time, gen int) {
	now := r.now()
	if deadline.Sub(now) <= StaffSession {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if gen != r.gen {
		return
	}
	if len(r.of) >= mostSessions {
		clear(r.of)
	}
	r.of[token] = recalled{data, now.Add(rememberFor)}
}

// codec writes sessions as JSON, which is read several times faster than gob.
// It still reads those that were written as gob.
type codec struct{}

type encoded struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode implements scs.Codec.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(encoded{deadline, values})
}

// Decode implements scs.Codec.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) == 0 || b[0] != '{' {
		return scs.GobCodec{}.Decode(b)
	}
	var e encoded
	err := json.Unmarshal(b, &e)
	return e.Deadline, e.Values, err
}
