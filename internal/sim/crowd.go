package sim

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/auth"
)

// Member is one of a crowd: a person with an account of his own, signed in.
type Member struct {
	AccountID, PatientID string
	Cookie               string // "name=value", as a browser sends it back
}

// Sizes of the work that a crowd is made in.
const (
	crowdBatch  = 250 // people in one transaction
	crowdHands  = 4   // transactions at one time
	crowdEnters = 64  // sessions opened at one time
)

// Crowd makes n people and signs them in, as if each had come by phone and
// code before. Sessions last from now, which is the machine's time. The same
// seed gives the same people, who must not be there yet.
func Crowd(ctx context.Context, a *app.App, seed uint64, n int, now time.Time) ([]Member, error) {
	crowd := make([]Member, n)
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(crowdHands)
	for from := 0; from < n; from += crowdBatch {
		batch := crowd[from:min(from+crowdBatch, n)]
		g.Go(func() error { return register(inner, a, seed, from, batch) })
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("register crowd: %w", err)
	}
	g, inner = errgroup.WithContext(ctx)
	g.SetLimit(crowdEnters)
	sessions := auth.NewSessions(auth.SessionOptions{Store: a.Store.Sessions()})
	for i := range crowd {
		g.Go(func() error {
			own, err := sessions.Load(inner, "")
			if err != nil {
				return fmt.Errorf("begin session: %w", err)
			}
			p := auth.Principal{Role: auth.Patient, ID: crowd[i].AccountID, AccountID: crowd[i].AccountID}
			if err := auth.Enter(own, sessions, p, now); err != nil {
				return err
			}
			token, _, err := sessions.Commit(own)
			crowd[i].Cookie = sessions.Cookie.Name + "=" + token
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("sign crowd in: %w", err)
	}
	return crowd, nil
}

// register adds account, person and kinship of each of a batch.
func register(ctx context.Context, a *app.App, seed uint64, from int, batch []Member) error {
	return a.Store.Directory().InTx(ctx, func(tx directory.Tx) error {
		for i := range batch {
			p := Person(seed, from+i, houzhen.DateOf(a.Now(), a.Location()))
			p.ID, p.Version = tx.NewID(), 1
			account := directory.Account{ID: tx.NewID(), Phone: p.Phone, Lang: p.Lang}
			if err := tx.AddPatient(ctx, p); err != nil {
				return err
			}
			if err := tx.AddAccount(ctx, account); err != nil {
				return err
			}
			kin := directory.Kinship{AccountID: account.ID, PatientID: p.ID, Relation: "self", ConsentAt: tx.Now()}
			if err := tx.SaveKin(ctx, kin); err != nil {
				return err
			}
			batch[i] = Member{AccountID: account.ID, PatientID: p.ID}
		}
		return nil
	})
}
