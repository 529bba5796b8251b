package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store"
)

// The databases there are.
const (
	sqlite     = "sqlite"
	postgresql = "postgresql"
)

// daysApart keeps the rounds of one person's bookings out of each other's
// limits, of which the longest looks at 90 days.
const daysApart = 100

// stage is a hospital of the bench's own on one database, with a crowd that is
// signed in.
type stage struct {
	*env
	engine string
	app    *app.App
	cfg    app.Config
	crowd  []sim.Member
	day    houzhen.Date // of the next sessions
	keys   atomic.Int64 // idempotency keys that were used
	people int          // that were registered without signing in
}

// spreadIDs makes ids that spread evenly over an index.
func spreadIDs() string { return uuid.NewString() }

// withStage makes a stage, and leaves nothing of it behind. newID is nil for the
// ids that a server makes.
func withStage(e *env, engine string, people int, newID func() string, do func(*stage) error) error {
	return withSettings(e, engine, people, newID, func(*app.Config) {}, do)
}

// withSettings is withStage with settings of its own.
func withSettings(e *env, engine string, people int, newID func() string, set func(*app.Config), do func(*stage) error) error {
	return withOptions(e, engine, people, set, func(o *app.Options) { o.NewID = newID }, do)
}

// withOptions is withSettings with parts of its own in place of the usual.
func withOptions(e *env, engine string, people int, set func(*app.Config), parts func(*app.Options), do func(*stage) error) (err error) {
	s := &stage{env: e, engine: engine, cfg: app.Defaults()}
	if s.cfg.Data, err = os.MkdirTemp("", "hzbench-"); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.cfg.Data)) }()
	s.cfg.Channel, s.cfg.TrustProxy = "file", true
	set(&s.cfg)
	if engine == postgresql {
		inside, drop, scratched := store.Scratch(e.ctx, e.databaseURL)
		if scratched != nil {
			return scratched
		}
		defer func() { err = errors.Join(err, drop(context.WithoutCancel(e.ctx))) }()
		s.cfg.DatabaseURL, s.cfg.RedisURL = inside, e.redisURL
	}
	options := app.Options{Log: e.log, Migrate: true}
	parts(&options)
	if s.app, err = app.New(e.ctx, s.cfg, options); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.app.Close()) }()
	if err := s.prepare(people); err != nil {
		return err
	}
	return do(s)
}

func (s *stage) prepare(people int) error {
	s.day = s.app.Today().AddDays(7)
	if err := s.app.Directory.SaveHouse(s.ctx, house()); err != nil {
		return err
	}
	s.say("%s: %d people sign in", s.engine, people)
	var err error
	s.crowd, err = sim.Crowd(s.ctx, s.app, 1, people, time.Now())
	return err
}

// Sizes of the house: doctors who sit mornings and afternoons in ten
// departments, and one whom everybody wants.
const (
	doctors     = 250
	departments = 10
	hotDoctor   = "hot"
)

func house() directory.House {
	named := func(s string) houzhen.Label { return houzhen.Label{Zh: s, En: s} }
	h := directory.House{
		Hospital: directory.Hospital{ID: "h", Name: named("Bench Hospital"), TimeZone: "Asia/Shanghai", Phone: "0731-12345678", Sign: "Bench"},
		Campuses: []directory.Campus{{ID: "main", HospitalID: "h", Name: named("Main")}},
		Zones:    []directory.Zone{{ID: "zone", CampusID: "main", Code: "Z", Name: named("Zone"), Mask: directory.MaskMiddle}},
		Rooms:    []directory.Room{{ID: "room", ZoneID: "zone", Code: "1", Name: named("1")}},
	}
	for i := range departments {
		id := fmt.Sprintf("department-%d", i)
		h.Departments = append(h.Departments, directory.Department{ID: id, CampusID: "main", Code: id, Name: named(id)})
	}
	add := func(id string, i int) {
		h.Doctors = append(h.Doctors, directory.Doctor{
			ID: id, DepartmentID: h.Departments[i%departments].ID, Code: id, Name: named(id), Title: named("Doctor"), Grade: 3,
		})
	}
	add(hotDoctor, 0)
	for i := range doctors {
		add(fmt.Sprintf("doctor-%d", i), i)
	}
	return h
}

// sessions adds n sessions of one new day, released at an instant; the hot one
// comes first if it is asked for.
func (s *stage) sessions(n, places int, release time.Time, hot bool) ([]booking.Session, error) {
	s.day = s.day.AddDays(daysApart)
	var list []booking.Session
	if hot {
		list = append(list, s.session(hotDoctor, 0, houzhen.Morning, places, release))
	}
	for i := range n {
		part := houzhen.Morning
		if i >= doctors {
			part = houzhen.Afternoon
		}
		list = append(list, s.session(fmt.Sprintf("doctor-%d", i%doctors), i%doctors%departments, part, places, release))
	}
	err := s.app.Store.Booking().InTx(s.ctx, func(tx booking.Tx) error {
		for _, o := range list {
			if err := tx.AddSession(s.ctx, o, booking.LaySlots(o)); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// sliceCount is how many slices of twenty minutes a session of four hours has.
const sliceCount = 12

func (s *stage) session(doctor string, department int, part houzhen.DayPart, places int, release time.Time) booking.Session {
	hour := 8
	if part == houzhen.Afternoon {
		hour = 13
	}
	start := s.day.At(hour, 0, s.app.Location()).UTC()
	release = release.UTC().Truncate(time.Microsecond)
	return booking.Session{
		ID: fmt.Sprintf("session-%s-%s-%s", doctor, s.day, part), DepartmentID: fmt.Sprintf("department-%d", department),
		ZoneID: "zone", RoomID: "room", DoctorID: doctor, AttendingID: doctor, Date: s.day, Part: part,
		Start: start, End: start.Add(4 * time.Hour), Deadline: start.Add(4 * time.Hour), SliceMinutes: 20, SliceCapacity: places / sliceCount,
		Class: booking.Specialist, Prefix: "A", Status: booking.SessionPlanned, ReleaseAt: release, FallBackAt: release, Version: 1,
	}
}

// key makes an idempotency key that was not used before.
func (s *stage) key() string {
	return fmt.Sprintf("hzbench-%08d", s.keys.Add(1))
}

// name gives the name of a figure of this database.
func (s *stage) name(figure string) string { return s.engine + "." + figure }
