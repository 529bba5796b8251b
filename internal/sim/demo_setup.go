package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/roster"
)

// freePlace is one free place that somebody may book.
type freePlace struct {
	session booking.Session
	start   time.Time
}

// SetUp makes the sample hospital and lives through the eve of Day: people
// book from nine o'clock, are told so, and are reminded later that day. The
// application must be driven (App.Drive); moved is its clock and shows Start of
// Day when SetUp ends.
func (d *Demo) SetUp(ctx context.Context, moved *clock.Step) error {
	loc := d.App.Location()
	nine := d.Day.AddDays(-1).At(9, 0, loc)
	moved.Set(nine)
	if err := d.openHouse(ctx); err != nil {
		return fmt.Errorf("sample hospital: %w", err)
	}
	seats, err := d.seats(ctx, d.Day, d.Day.Clock(d.Start, loc).Add(10*time.Minute))
	if err != nil {
		return err
	}
	for i, s := range seats {
		moved.Set(nine.Add(time.Duration(i) * 55 * time.Minute / time.Duration(len(seats))))
		if err := d.book(ctx, s); refused(err) != nil {
			return fmt.Errorf("book: %w", err)
		}
	}
	return d.sleepOver(ctx, moved)
}

// sleepOver lets reminders go and sessions open until the day is entered.
func (d *Demo) sleepOver(ctx context.Context, moved *clock.Step) error {
	loc := d.App.Location()
	enter := d.Day.Clock(d.Start, loc)
	stops := []time.Time{d.Day.AddDays(-1).At(10, 10, loc), d.Day.AddDays(-1).At(21, 30, loc)}
	for t := d.Day.At(6, 0, loc); t.Before(enter); t = t.Add(20 * time.Minute) {
		stops = append(stops, t)
	}
	for _, t := range append(stops, enter) {
		moved.Set(t)
		if err := d.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// settle fires what is due and waits until everything has been done.
func (d *Demo) settle(ctx context.Context) error {
	if err := d.App.Fire(ctx); err != nil {
		return fmt.Errorf("fire: %w", err)
	}
	if err := d.App.Sweep(ctx); err != nil {
		return err
	}
	return d.App.Drain(ctx)
}

// openHouse saves the sample hospital and its roster, valid from Day on, and
// lays out the sessions.
func (d *Demo) openHouse(ctx context.Context) error {
	house, parsed, err := roster.Sample()
	if err != nil {
		return err
	}
	if err := d.App.Directory.SaveHouse(ctx, house); err != nil {
		return err
	}
	for i := range parsed.Rosters {
		parsed.Rosters[i].ValidFrom = d.Day
	}
	if _, err := roster.Import(ctx, d.App.Store.Booking(), parsed, false); err != nil {
		return err
	}
	_, err = d.App.Booking.GenerateSessions(ctx, d.Day, d.Day.AddDays(d.App.Booking.Policy().HorizonDays))
	return err
}

// seats picks the places of a date that people will book, in the order in
// which they do, from an instant on.
func (d *Demo) seats(ctx context.Context, day houzhen.Date, from time.Time) ([]freePlace, error) {
	offers, err := d.App.Booking.Find(ctx, booking.FindQuery{From: day, To: day})
	if err != nil {
		return nil, err
	}
	var all []freePlace
	for _, o := range offers {
		for _, slice := range o.Slices {
			for range slice.Free {
				if !slice.Start.Before(from) {
					all = append(all, freePlace{o.Session, slice.Start})
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, houzhen.E(houzhen.CodeInvalid, "no session starts after that time of day; give an earlier one, such as 07:40").On("start")
	}
	Rand(d.Seed, "seats "+day.String()).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	want := d.Patients
	if want <= 0 {
		want = len(all) * 5 / 6
	}
	return all[:min(want, len(all))], nil
}

// book lets a new person register and take a place.
func (d *Demo) book(ctx context.Context, s freePlace) error {
	v, err := d.register(ctx)
	if err != nil {
		return err
	}
	a, err := d.App.Booking.Book(ctx, booking.BookRequest{
		Caller: v.account, Key: uuid.NewString(), SessionID: s.session.ID, Start: s.start, PatientID: v.patient,
		AccountID: v.account, Channel: "app",
	})
	if err != nil {
		return err
	}
	v.has(a)
	d.next = append(d.next, v)
	return nil
}

// register makes a person, who signs up with his own phone and mostly says how
// long his way is.
func (d *Demo) register(ctx context.Context) (*visitor, error) {
	d.made++
	r := Rand(d.Seed, fmt.Sprint("habits ", d.made))
	p := Person(d.Seed, d.made, d.Day)
	v := newVisitor(r)
	lang := houzhen.Chinese
	if r.Float64() < 0.05 {
		lang = houzhen.English
	}
	account, err := d.App.Directory.EnsureAccount(ctx, p.Phone, lang)
	if err != nil {
		return nil, err
	}
	saved, err := d.App.Directory.RegisterPatient(ctx, account.ID, directory.NewPatient{
		Name: p.Name.Reveal(), Doc: p.Doc.Reveal(), DocType: p.DocType, Relation: directory.RelationSelf, Sex: p.Sex, Birth: p.Birth,
		Lang: lang, TravelMinutes: v.stated,
	})
	if err != nil {
		return nil, err
	}
	v.patient, v.account = saved.ID, account.ID
	if r.Float64() < 0.3 { // has the app
		err = d.App.Directory.UpdatePush(ctx, saved.ID, "app-"+saved.ID)
	}
	return v, err
}

// bookTomorrow spreads the bookings of the next day over this one.
func (d *Demo) bookTomorrow(ctx context.Context) error {
	loc := d.App.Location()
	if _, err := d.App.Booking.GenerateSessions(ctx, d.Day, d.Day.AddDays(d.App.Booking.Policy().HorizonDays)); err != nil {
		return err
	}
	seats, err := d.seats(ctx, d.Day.AddDays(1), d.Day.AddDays(1).Clock(d.Start, loc).Add(10*time.Minute))
	if err != nil {
		return err
	}
	now, until := d.now(), d.Day.At(16, 30, loc)
	r := Rand(d.Seed, "tomorrow "+d.Day.String())
	for _, s := range seats {
		d.at(now.Add(time.Duration(r.Float64()*float64(max(until.Sub(now), time.Hour)))), func() error { return d.book(ctx, s) })
	}
	return nil
}

// minutes draws a duration between two numbers of minutes.
func minutes(r *rand.Rand, from, to float64) time.Duration {
	return time.Duration((from + r.Float64()*(to-from)) * float64(time.Minute))
}
