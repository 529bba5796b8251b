package app

import (
	"context"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/queue"
)

// presses is the queue as API and pages press its buttons: what a rule asks
// about a person is added.
type presses struct {
	*queue.Service
	app *App
}

// Act does an Action. Of a group that age decides the patient's own is asked.
func (p presses) Act(ctx context.Context, a queue.Action) (queue.Outcome, error) {
	if a.Verb == queue.VerbPriority && a.TicketID != "" {
		err := p.app.view(ctx, func(tx everything) error {
			t, err := tx.Ticket(ctx, a.TicketID)
			if err != nil {
				return err
			}
			patient, err := tx.Patient(ctx, t.PatientID)
			if err == nil && !patient.Birth.IsZero() {
				a.Age = max(person.Age(patient.Birth, houzhen.BusinessDate(tx.Now(), p.app.loc)), 1)
			}
			return err
		})
		if err != nil {
			return queue.Outcome{}, err
		}
	}
	return p.Service.Act(ctx, a)
}
