package auth

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// SignIn is one phone code that was asked for. The code itself is kept only as
// a keyed hash; whoever reads the table cannot sign in with it.
type SignIn struct {
	ID        string
	Phone     houzhen.Phone
	CodeHash  string
	ExpiresAt time.Time
	CreatedAt time.Time
	UsedAt    time.Time // zero until the code has signed somebody in
	Attempts  int       // wrong codes tried
}

// Tx is what signing in by phone asks of a transaction.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error

	AddSignIn(ctx context.Context, s SignIn) error
	SignIn(ctx context.Context, id string) (SignIn, error) // CodeNotFound
	// SignInFailed counts a wrong code and gives how many there were.
	SignInFailed(ctx context.Context, id string) (int, error)
	// SignInUsed marks the code as spent; CodeBadCode when it was before.
	SignInUsed(ctx context.Context, id string) error
	// SignInsSince counts the codes a phone has asked for since an instant.
	SignInsSince(ctx context.Context, phone houzhen.Phone, since time.Time) (int, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
}
