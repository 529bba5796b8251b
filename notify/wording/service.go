package wording

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// Service keeps versions and says which words hold.
type Service struct {
	store Store
	newID func() string
	house templates.House

	mu    sync.Mutex
	stamp int64
	book  *templates.Book
}

// NewService makes the service.
func NewService(store Store, newID func() string, h templates.House) *Service {
	return &Service{store: store, newID: newID, house: h}
}

// House gives what of the hospital words are judged by.
func (s *Service) House() templates.House { return s.house }

// Versions lists the versions of a key, or of all for "".
func (s *Service) Versions(ctx context.Context, key string) (list []Version, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.WordingVersions(ctx, key)
		return err
	})
	return list, err
}

// Save keeps words as a new draft. Words that could never be sent are
// CodeInvalid; other faults are shown and keep it from approval. Saving the
// latest version again gives that version.
func (s *Service) Save(ctx context.Context, by string, d templates.Draft) (v Version, err error) {
	d.Title, d.Text = strings.TrimSpace(d.Title), strings.TrimSpace(d.Text)
	if _, ok := templates.Shipped(d.Key, d.Lang, d.Channel); !ok {
		return v, houzhen.E(houzhen.CodeNotFound, "no such wording")
	}
	if !templates.Lint(d, s.house).Sendable() {
		return v, houzhen.E(houzhen.CodeInvalid, "words cannot be sent").On("text")
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		known, err := tx.WordingVersions(ctx, d.Key)
		if err != nil {
			return fmt.Errorf("load versions: %w", err)
		}
		v = Version{ID: s.newID(), Draft: d, Number: 1, State: Draft, AuthorID: by, SavedAt: tx.Now()}
		for _, k := range known {
			if k.Lang != d.Lang || k.Channel != d.Channel {
				continue
			}
			if k.Same(d) {
				v = k
				return nil
			}
			v.Number = k.Number + 1
			break
		}
		if err := tx.SaveWording(ctx, &v); err != nil {
			return fmt.Errorf("save version: %w", err)
		}
		return tx.Append(ctx, by, "wording.saved", v.ID, v.where())
	})
	return v, err
}

// where names a version for the audit; it holds no words.
func (v Version) where() string {
	return fmt.Sprintf("%s/%s/%s %d", v.Key, v.Lang, v.Channel, v.Number)
}

// Decide records what became of a version.
func (s *Service) Decide(ctx context.Context, id string, d Decision) (v Version, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if v, err = tx.LockWording(ctx, id); err != nil {
			return err
		}
		if v, err = v.Decide(d, s.house, tx.Now()); err != nil {
			return err
		}
		if err := tx.SaveWording(ctx, &v); err != nil {
			return fmt.Errorf("save version: %w", err)
		}
		return tx.Append(ctx, d.By, "wording."+string(v.State), v.ID, v.where())
	})
	return v, err
}

// Book gives the words that hold. It is read anew only after a change, by
// whichever node made it.
func (s *Service) Book(ctx context.Context) (*templates.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.store.View(ctx, func(tx Tx) error {
		stamp, err := tx.WordingStamp(ctx)
		if err != nil || (s.book != nil && stamp == s.stamp) {
			return err
		}
		all, err := tx.WordingVersions(ctx, "")
		if err != nil {
			return err
		}
		s.book, s.stamp = templates.NewBook(Held(all)), stamp
		return nil
	})
	return s.book, err
}
