package app

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/booking/person"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/webhook"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// everything is one transaction as all domains see it. Only here do they meet:
// each asks for its own part, and the store's transaction is all of them.
type everything interface {
	directory.Tx
	suspension.Tx // has booking.Tx in it
	draw.Tx
	credit.Tx
	continuation.Tx
	noshow.Tx
	waitlist.Tx
	booking.Tx
	pay.Tx
	person.Tx
	mergeTx
	queue.Tx
	queue.NoticeTx
	notify.Tx
	notify.ReplyTx
	notify.PrefTx
	notify.ReceiptTx
	outbox.Tx
	auth.Tx
	auth.MachineTx
	webhook.Tx

	// ForeseeAll is queue.Tx's Foresee for a view that reads nothing else, which
	// ends with the answer; what is read besides is of a later state.
	ForeseeAll(ctx context.Context, ask func(queue.Tx)) error

	// Whereabouts is where the hospital's information system last saw a patient.
	Whereabouts(ctx context.Context, patientID string) (store.Whereabouts, error)
	SaveWhereabouts(ctx context.Context, w store.Whereabouts) (store.Whereabouts, error)

	// What is read for many at once, by id; what is unknown is left out.
	AppointmentsByID(ctx context.Context, ids []string) (map[string]booking.Appointment, error)
	AppointmentsByOrigin(ctx context.Context, origins []string) (map[string][]booking.Appointment, error)
	CasesOf(ctx context.Context, sessionIDs, appointmentIDs []string) ([]suspension.Case, error)
	TicketsByID(ctx context.Context, ids []string) (map[string]queue.Ticket, error)
	// PutOff gives those of some patients whom a queue put off because they were
	// with another doctor.
	PutOff(ctx context.Context, patientIDs []string) (map[string]bool, error)
	PatientsByID(ctx context.Context, ids []string) (map[string]directory.Patient, error)
	PatientNames(ctx context.Context, ids []string) (map[string]houzhen.Name, error)

	// How channels name people, and the messages on their own pages.
	SaveContact(ctx context.Context, c store.Contact) error
	Contacts(ctx context.Context, patientIDs ...string) (map[string][]store.Contact, error)
	OutIDOf(ctx context.Context, channel notify.Channel, address, providerID string) (string, error)
	OpenCalls(ctx context.Context, limit int) ([]notify.Message, error)
	InboxOf(ctx context.Context, limit int, patientIDs ...string) ([]notify.InboxItem, error)
	ReadItem(ctx context.Context, id string, at time.Time) (first bool, err error)

	// What the clockwork asks of queues, and their policies by version.
	DeferredDue(ctx context.Context) ([]string, error)
	TestsOut(ctx context.Context, before int64, limit int) ([]string, error)
	QueuesOpen(ctx context.Context, before int64, limit int) ([]string, error)
	ZonePolicies(ctx context.Context) ([]store.ZonePolicy, error)
	AddZonePolicy(ctx context.Context, p store.ZonePolicy) error

	// What patients were shown of their waiting time, and how good it was.
	SaveShown(ctx context.Context, list ...store.ShownRange) error
	ShownRanges(ctx context.Context, since time.Time) ([]store.ShownRange, error)
	SaveQuality(ctx context.Context, q store.Quality) error
	Qualities(ctx context.Context) ([]store.Quality, error)
}
