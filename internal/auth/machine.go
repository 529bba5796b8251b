package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// How long tokens of machines live.
const (
	TokenLife    = 365 * 24 * time.Hour // if nothing else is asked for
	MaxTokenLife = 3 * 365 * 24 * time.Hour
	TokenOverlap = 24 * time.Hour     // how long the old one goes on after a rotation
	MaxOverlap   = 7 * 24 * time.Hour // longer is no rotation
)

// TokenPrefix begins every token of a machine, so that one that leaked into a
// log or a repository is found by searching, and that no screen's token is
// taken for one.
const TokenPrefix = "hzm_"

// Machine is a system that asks on behalf of a channel: the regional platform,
// the telephone centre, a kiosk, the hospital's own information system. What a
// channel booked any machine of the same channel may touch.
type Machine struct {
	ID, Channel, Name string
	Scopes            []Scope
	CreatedAt         time.Time
	CreatedBy         string
	RevokedAt         time.Time // zero while it may ask
}

// Token is one key of a machine, known by its hash alone.
type Token struct {
	ID, MachineID string
	Hash          string // SHA-256, hex
	Hint          string // the last four signs, to tell keys apart
	CreatedAt     time.Time
	CreatedBy     string
	ExpiresAt     time.Time
	LastUsedAt    time.Time // to a minute; zero if never
}

// Live reports whether the token opens anything at now.
func (t Token) Live(m Machine, now time.Time) bool {
	return m.RevokedAt.IsZero() && now.Before(t.ExpiresAt)
}

// MachineTx is what the tokens of machines ask of a transaction.
type MachineTx interface {
	Now() time.Time
	NewID() string
	// Append writes a line of the hash-chained audit.
	Append(ctx context.Context, actor, action, object, detail string) error

	AddMachine(ctx context.Context, m Machine) error
	Machine(ctx context.Context, id string) (Machine, error) // CodeNotFound
	Machines(ctx context.Context) ([]Machine, error)         // by channel and name
	RevokeMachine(ctx context.Context, id string) error      // CodeNotFound; a second time nothing
	AddToken(ctx context.Context, t Token) error
	Tokens(ctx context.Context) ([]Token, error) // oldest first
	// TokenByHash finds a token with its machine, live or not: CodeNotFound.
	TokenByHash(ctx context.Context, hash string) (Token, Machine, error)
	// ExpireTokens lets the tokens of a machine end at an instant, those that
	// end sooner anyway excepted.
	ExpireTokens(ctx context.Context, machineID string, at time.Time) error
	TokenUsed(ctx context.Context, id string) error
}

// MachineStore runs transactions.
type MachineStore interface {
	InTx(ctx context.Context, f func(MachineTx) error) error
	View(ctx context.Context, f func(MachineTx) error) error
}

// Machines makes, finds and revokes machines and their tokens.
type Machines struct {
	store MachineStore
	rand  io.Reader
	known *known
}

// NewMachines makes the service.
func NewMachines(store MachineStore) *Machines {
	return &Machines{store: store, rand: rand.Reader, known: newKnown()}
}

// NewMachine is what a manager asks for.
type NewMachine struct {
	Channel, Name string
	Scopes        []Scope
	Life          time.Duration // of its token; 0 is TokenLife
	By            string        // who asks
}

// channelWord is what a channel may be called.
var channelWord = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,19}$`)

// deskChannel has rights that no machine gets: it is past every limit.
const deskChannel = "desk"

func (n NewMachine) validate() error {
	switch {
	case !channelWord.MatchString(n.Channel) || n.Channel == deskChannel:
		return houzhen.E(houzhen.CodeInvalid, "channel is not a word of 2 to 20 small letters").On("channel")
	case strings.TrimSpace(n.Name) == "" || utf8.RuneCountInString(n.Name) > 60:
		return houzhen.E(houzhen.CodeInvalid, "name is empty or too long").On("name").With("max", "60")
	case n.Life < 0 || n.Life > MaxTokenLife:
		return houzhen.E(houzhen.CodeInvalid, "life is out of range").On("days").With("max", "1095")
	}
	_, err := ParseScopes(scopeWords(n.Scopes))
	return err
}

// Create makes a machine and its first token, which is given here and never
// again.
func (s *Machines) Create(ctx context.Context, n NewMachine) (m Machine, token string, err error) {
	if err := n.validate(); err != nil {
		return m, "", err
	}
	token, hash, err := s.newToken()
	if err != nil {
		return m, "", err
	}
	err = s.store.InTx(ctx, func(tx MachineTx) error {
		m = Machine{ID: tx.NewID(), Channel: n.Channel, Name: strings.TrimSpace(n.Name), Scopes: n.Scopes, CreatedAt: tx.Now(), CreatedBy: n.By}
		if err := tx.AddMachine(ctx, m); err != nil {
			return err
		}
		if err := tx.AddToken(ctx, keyOf(tx, m, token, hash, n.By, n.Life)); err != nil {
			return err
		}
		return tx.Append(ctx, n.By, "machine.create", m.ID, n.Channel+" "+strings.Join(scopeWords(n.Scopes), " "))
	})
	return m, token, err
}

// Rotate makes a new token of a machine; those it had go on for the overlap.
func (s *Machines) Rotate(ctx context.Context, id, by string, overlap, life time.Duration) (token string, err error) {
	if overlap < 0 || overlap > MaxOverlap || life < 0 || life > MaxTokenLife {
		return "", houzhen.E(houzhen.CodeInvalid, "overlap is out of range").On("overlap").With("max", "7")
	}
	token, hash, err := s.newToken()
	if err != nil {
		return "", err
	}
	err = s.store.InTx(ctx, func(tx MachineTx) error {
		m, err := tx.Machine(ctx, id)
		if err != nil {
			return err
		}
		if !m.RevokedAt.IsZero() {
			return houzhen.E(houzhen.CodeState, "machine is revoked")
		}
		if err := tx.ExpireTokens(ctx, id, tx.Now().Add(overlap)); err != nil {
			return err
		}
		if err := tx.AddToken(ctx, keyOf(tx, m, token, hash, by, life)); err != nil {
			return err
		}
		return tx.Append(ctx, by, "machine.rotate", id, overlap.String())
	})
	s.known.forget()
	return token, err
}

// Revoke ends a machine and all its tokens; on other nodes within knownFor.
func (s *Machines) Revoke(ctx context.Context, id, by string) error {
	err := s.store.InTx(ctx, func(tx MachineTx) error {
		if err := tx.RevokeMachine(ctx, id); err != nil {
			return err
		}
		return tx.Append(ctx, by, "machine.revoke", id, "")
	})
	s.known.forget()
	return err
}

// Keyed is a machine with its tokens, newest first.
type Keyed struct {
	Machine
	Tokens []Token
}

// List gives all machines with their tokens.
func (s *Machines) List(ctx context.Context) (list []Keyed, err error) {
	err = s.store.View(ctx, func(tx MachineTx) error {
		machines, err := tx.Machines(ctx)
		if err != nil {
			return err
		}
		tokens, err := tx.Tokens(ctx)
		if err != nil {
			return err
		}
		list = nil
		for _, m := range machines {
			k := Keyed{Machine: m}
			for _, t := range slices.Backward(tokens) {
				if t.MachineID == m.ID {
					k.Tokens = append(k.Tokens, t)
				}
			}
			list = append(list, k)
		}
		return nil
	})
	return list, err
}

func (s *Machines) newToken() (token, hash string, err error) {
	bare, _, err := NewToken(s.rand)
	if err != nil {
		return "", "", err
	}
	token = TokenPrefix + bare
	return token, HashToken(token), nil
}

func keyOf(tx MachineTx, m Machine, token, hash, by string, life time.Duration) Token {
	if life == 0 {
		life = TokenLife
	}
	return Token{
		ID: tx.NewID(), MachineID: m.ID, Hash: hash, Hint: token[len(token)-4:], CreatedAt: tx.Now(), CreatedBy: by,
		ExpiresAt: tx.Now().Add(life),
	}
}

func scopeWords(scopes []Scope) []string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return words
}

func principalOf(m Machine) Principal {
	return Principal{Role: Machinery, ID: m.ID, Channel: m.Channel, Scopes: slices.Clone(m.Scopes)}
}

// Identify gives who holds a token: CodeNotFound for one that opens nothing.
// What it finds it knows for knownFor.
func (s *Machines) Identify(ctx context.Context, hash string, now time.Time) (Principal, error) {
	if p, err, ok := s.known.get(hash, now); ok {
		return p, err
	}
	var t Token
	var m Machine
	err := s.store.View(ctx, func(tx MachineTx) (err error) {
		t, m, err = tx.TokenByHash(ctx, hash)
		return err
	})
	if err == nil && !t.Live(m, now) {
		err = houzhen.E(houzhen.CodeNotFound, "token is over")
	}
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return Principal{}, fmt.Errorf("find token: %w", err)
	}
	p := principalOf(m)
	if err != nil {
		p = Principal{}
	}
	s.known.put(hash, p, err, now, t.ExpiresAt)
	if err == nil && now.Sub(t.LastUsedAt) >= usedEvery {
		// A note that cannot be written is no reason to turn the machine away.
		_ = s.store.InTx(ctx, func(tx MachineTx) error { return tx.TokenUsed(ctx, t.ID) })
	}
	return p, err
}
