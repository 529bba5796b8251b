package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/houzhen/houzhen"
)

// How long a cookie session lasts: a shift for staff, a month for patients.
const (
	StaffSession   = 12 * time.Hour
	PatientSession = 30 * 24 * time.Hour
)

// ScreenCookie holds the token of a paired screen, whose browser cannot send a
// header when it opens a WebSocket.
const ScreenCookie = "houzhen_screen"

const principalField = "principal"

// SessionOptions configure NewSessions.
type SessionOptions struct {
	Store   scs.CtxStore
	Secure  bool // the site is reached by TLS
	OnError OnError
}

// NewSessions makes the manager of cookie sessions. Its deadlines are on the
// machine's time whatever clock the hospital runs on, because scs reads the
// machine's clock and browsers forget cookies by theirs: the store must compare
// them with real time too. The store sees hashes of tokens only.
func NewSessions(opt SessionOptions) *scs.SessionManager {
	sm := scs.New()
	sm.Store = opt.Store
	sm.Codec = codec{}
	sm.HashTokenInStore = true
	sm.Lifetime = StaffSession
	sm.Cookie.Name = "houzhen"
	if opt.Secure {
		sm.Cookie.Name = "__Host-houzhen" // browsers then insist on Secure, this host and this path
	}
	sm.Cookie.Secure = opt.Secure
	sm.Cookie.HttpOnly = true
	sm.Cookie.SameSite = http.SameSiteLaxMode
	sm.Cookie.Path = "/"
	sm.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		opt.OnError(w, r, houzhen.E(houzhen.CodeUnavailable, "sessions are not available").Because(err))
	}
	return sm
}

// Enter starts a session of p under a new token. now is the machine's time.
func Enter(ctx context.Context, sm *scs.SessionManager, p Principal, now time.Time) error {
	if err := sm.RenewToken(ctx); err != nil { // a token known before signing in is worth nothing after
		return fmt.Errorf("renew session: %w", err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode principal: %w", err)
	}
	sm.Put(ctx, principalField, string(b))
	if p.Is(Patient) {
		sm.SetDeadline(ctx, now.Add(PatientSession))
	}
	return nil
}

// Leave ends the session.
func Leave(ctx context.Context, sm *scs.SessionManager) error {
	if err := sm.Destroy(ctx); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Identity tells who asks, from the session's cookie or a screen's token.
type Identity struct {
	Sessions *scs.SessionManager
	// Screen finds a paired screen by the hash of its token, or CodeNotFound.
	Screen func(ctx context.Context, tokenHash string) (Principal, error)
	// Machine finds a machine by the hash of its token, or CodeNotFound.
	Machine func(ctx context.Context, tokenHash string) (Principal, error)
	// Refresh, if given, looks whether a session's principal still has its
	// rights and gives it as it is now; CodeSignIn or CodeNotFound ends the
	// session.
	Refresh func(ctx context.Context, p Principal) (Principal, error)
	OnError OnError
}

// Middleware loads the session and puts the Principal into the context.
func (i Identity) Middleware(next http.Handler) http.Handler {
	return i.Sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := i.who(r)
		if err != nil {
			i.OnError(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), p)))
	}))
}

func (i Identity) who(r *http.Request) (Principal, error) {
	if p, err := i.session(r.Context()); err != nil || !p.Is(Anonymous) {
		return p, err
	}
	token := screenToken(r)
	if strings.HasPrefix(token, TokenPrefix) {
		return i.machine(r.Context(), token)
	}
	if token == "" || i.Screen == nil {
		return Principal{}, nil
	}
	p, err := i.Screen(r.Context(), HashToken(token))
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return Principal{}, nil
	}
	if err != nil {
		return Principal{}, fmt.Errorf("load screen: %w", err)
	}
	p.Role = Screen // a screen's token opens nothing else, whatever the table says
	return p, nil
}

// machine tells which machine holds a token. Nobody does to one that is over.
func (i Identity) machine(ctx context.Context, token string) (Principal, error) {
	if i.Machine == nil {
		return Principal{}, nil
	}
	p, err := i.Machine(ctx, HashToken(token))
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return Principal{}, nil
	}
	if err != nil {
		return Principal{}, fmt.Errorf("load machine: %w", err)
	}
	p.Role = Machinery // a machine's token opens nothing else
	return p, nil
}

func (i Identity) session(ctx context.Context) (Principal, error) {
	text := i.Sessions.GetString(ctx, principalField)
	if text == "" {
		return Principal{}, nil
	}
	var p Principal
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Principal{}, fmt.Errorf("decode principal: %w", err)
	}
	if i.Refresh == nil {
		return p, nil
	}
	fresh, err := i.Refresh(ctx, p)
	switch houzhen.CodeOf(err) {
	case "":
		return fresh, nil
	case houzhen.CodeSignIn, houzhen.CodeNotFound:
		return Principal{}, Leave(ctx, i.Sessions)
	default:
		return Principal{}, fmt.Errorf("look up principal: %w", err)
	}
}

// screenToken takes a token from the Authorization header or the cookie.
func screenToken(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	if c, err := r.Cookie(ScreenCookie); err == nil {
		return c.Value
	}
	return ""
}
