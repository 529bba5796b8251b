package app

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/webhook"
)

// wireMachines makes what other systems ask with and are told by.
func (a *App) wireMachines() error {
	a.Machines = auth.NewMachines(a.Store.Machines())
	allow, err := a.cfg.networks()
	if err != nil {
		return err
	}
	a.Webhooks = webhook.NewService(webhook.Options{Store: a.Store.Webhooks(), Wall: wall, Log: a.log, Allow: allow})
	return nil
}

// machine tells which machine holds a token, by the clock that its tokens live on.
func (a *App) machine(ctx context.Context, hash string) (auth.Principal, error) {
	return a.Machines.Identify(ctx, hash, a.clock.Now())
}

// networks reads the networks to which facts may be delivered although they
// are not public.
func (c Config) networks() (list []netip.Prefix, err error) {
	for text := range strings.FieldsFuncSeq(c.WebhookNets, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, houzhen.E(houzhen.CodeInvalid, "network cannot be read").On("webhook-nets").Because(err)
		}
		list = append(list, p)
	}
	return list, nil
}

// sweepWebhooks hands endpoints that are behind to the pipeline. Two that work
// on one endpoint do not disturb each other, so nothing is remembered here.
func (a *App) sweepWebhooks(ctx context.Context) error {
	ids, err := a.Webhooks.Due(ctx)
	if err != nil {
		return fmt.Errorf("find webhooks that are behind: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	return a.Pipeline.Enqueue(ctx, jobWebhook, houzhen.Routine, ids)
}
