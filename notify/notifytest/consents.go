package notifytest

import (
	"context"
	"sync"
	"time"
)

// Consents is the ledger of WeChat consents in memory.
type Consents struct {
	Fail error // every step gives it

	mu   sync.Mutex
	have map[[2]string]int
	last map[[2]string]time.Time
}

// NewConsents gives an empty ledger.
func NewConsents() *Consents {
	return &Consents{have: map[[2]string]int{}, last: map[[2]string]time.Time{}}
}

// Left gives how many consents of a person for a template are left.
func (c *Consents) Left(openID, template string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.have[[2]string{openID, template}]
}

func (c *Consents) step(openID, template string, f func(k [2]string)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Fail != nil {
		return c.Fail
	}
	f([2]string{openID, template})
	return nil
}

// Spend implements wechat.Consents.
func (c *Consents) Spend(_ context.Context, openID, template string, lasting bool) (ok bool, err error) {
	err = c.step(openID, template, func(k [2]string) {
		if ok = c.have[k] > 0; ok && !lasting {
			c.have[k]--
		}
	})
	return ok, err
}

// Return implements wechat.Consents.
func (c *Consents) Return(_ context.Context, openID, template string) error {
	return c.step(openID, template, func(k [2]string) { c.have[k]++ })
}

// Grant implements wechat.Consents.
func (c *Consents) Grant(_ context.Context, openID, template string, at time.Time) error {
	return c.step(openID, template, func(k [2]string) {
		if at.After(c.last[k]) {
			c.have[k]++
			c.last[k] = at
		}
	})
}

// Clear implements wechat.Consents.
func (c *Consents) Clear(_ context.Context, openID, template string) error {
	return c.step(openID, template, func(k [2]string) { c.have[k] = 0 })
}
