package sim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// Chances are what a replay adds to a file that holds no changes, each as a
// share: of booked appointments cancelled and moved, of sessions suspended,
// and the places of a session per patient who asks for one.
type Chances struct {
	Capacity, Cancel, Move, Suspend float64
	Seed                            uint64
}

// DefaultChances are those of the command line.
func DefaultChances() Chances {
	return Chances{Capacity: 0.95, Cancel: 0.08, Move: 0.04, Suspend: 0.01, Seed: 1}
}

// Validate refuses shares that are none.
func (c Chances) Validate() error {
	for name, v := range map[string]float64{"cancel": c.Cancel, "move": c.Move, "suspend": c.Suspend} {
		if !(v >= 0 && v <= 1) { // not a number is no share either
			return houzhen.E(houzhen.CodeInvalid, "give a share from 0 to 1").On(name)
		}
	}
	if !(c.Capacity > 0 && c.Capacity <= 10) {
		return houzhen.E(houzhen.CodeInvalid, "give places per patient, over 0 to 10").On("capacity")
	}
	return nil
}

// Half-days of a replayed session. They end at the default deadlines, so that
// whoever comes in his slice is in time.
var halves = map[houzhen.DayPart][2]houzhen.TimeOfDay{
	houzhen.Morning:   {7*60 + 30, 11*60 + 30},
	houzhen.Afternoon: {12*60 + 30, 16*60 + 30},
}

const sliceMinutes = 30

// halfOf tells a row's half-day, by the hash of its AppointmentID.
func halfOf(appointmentID string) houzhen.DayPart {
	h := fnv.New32a()
	_, _ = h.Write([]byte(appointmentID))
	if h.Sum32()>>7%2 == 0 {
		return houzhen.Morning
	}
	return houzhen.Afternoon
}

// clinicOf names the resource that a row's session is booked with. Each
// half-day has its own, so that a patient may come in the morning and in the
// afternoon, but not twice to one session.
func clinicOf(place string, part houzhen.DayPart) string {
	return fmt.Sprintf("%s-%s", placeID(place), part)
}

func placeID(place string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(place))
	return fmt.Sprintf("p%x", h.Sum64())
}

type sessionKey struct {
	place string
	day   houzhen.Date
	part  houzhen.DayPart
}

func keyOf(r Row) sessionKey { return sessionKey{r.Place, r.Day, halfOf(r.ID)} }

func (k sessionKey) id() string { return fmt.Sprintf("%s-%s-%s", placeID(k.place), k.day, k.part) }

// plan is what the rows need: the house, the sessions with their places, and
// the people.
type plan struct {
	house    directory.House
	sessions []booking.Session
	places   map[string]int // of a session
	people   map[string]directory.Patient
}

func newPlan(rows []Row, c Chances, loc *time.Location) plan {
	p := plan{places: map[string]int{}, people: map[string]directory.Patient{}}
	demand := map[sessionKey]int{}
	clinics := map[string]bool{}
	for _, r := range rows {
		demand[keyOf(r)]++
		clinics[r.Place] = true
		if _, known := p.people[r.Patient]; !known {
			person := Person(c.Seed, len(p.people)+1, r.Day)
			person.ID, person.Version = "patient-"+r.Patient, 1
			p.people[r.Patient] = person
		}
	}
	p.house = houseOf(clinics, loc)
	for k, n := range demand {
		hours := halves[k.part]
		s := booking.Session{
			ID: k.id(), DepartmentID: placeID(k.place), ZoneID: placeID(k.place), RoomID: placeID(k.place),
			DoctorID: clinicOf(k.place, k.part), AttendingID: clinicOf(k.place, k.part), Date: k.day, Part: k.part,
			Start: k.day.Clock(hours[0], loc), End: k.day.Clock(hours[1], loc), Deadline: k.day.Clock(hours[1], loc),
			SliceMinutes: sliceMinutes, Class: booking.General, Prefix: "A", Status: booking.SessionPlanned, Version: 1,
			ReleaseAt: time.Unix(0, 0).UTC(),
		}
		places := max(1, int(c.Capacity*float64(n)))
		slices := int(s.End.Sub(s.Start).Minutes()) / sliceMinutes
		s.SliceCapacity = (places + slices - 1) / slices
		p.places[s.ID] = places
		p.sessions = append(p.sessions, s)
	}
	slices.SortFunc(p.sessions, func(a, b booking.Session) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	return p
}

// slotsOf lays places evenly over the slices of a session.
func slotsOf(s booking.Session, places int) []booking.Slot {
	all := booking.LaySlots(s)
	slots := make([]booking.Slot, 0, places)
	for i := range places {
		slots = append(slots, all[i*len(all)/places])
	}
	return slots
}

// houseOf makes a hospital with a department, zone and room for each place.
func houseOf(places map[string]bool, loc *time.Location) directory.House {
	h := directory.House{
		Hospital: directory.Hospital{ID: "replay", Name: houzhen.Label{Zh: "replay", En: "replay"}, TimeZone: loc.String(), Phone: "0731-12345678"},
		Campuses: []directory.Campus{{ID: "replay", HospitalID: "replay", Name: houzhen.Label{Zh: "replay"}}},
	}
	names := make([]string, 0, len(places))
	for place := range places {
		names = append(names, place)
	}
	slices.Sort(names)
	for i, place := range names {
		id := placeID(place)
		name := houzhen.Label{Zh: fmt.Sprintf("C%02d", i+1), En: fmt.Sprintf("Clinic %02d", i+1)}
		h.Departments = append(h.Departments, directory.Department{ID: id, CampusID: "replay", Code: id, Name: name})
		h.Zones = append(h.Zones, directory.Zone{ID: id, CampusID: "replay", Code: id, Name: name, Mask: directory.MaskMiddle})
		h.Rooms = append(h.Rooms, directory.Room{ID: id, ZoneID: id, Code: id, Name: name})
		for part := range halves {
			doctor := clinicOf(place, part)
			h.Doctors = append(h.Doctors, directory.Doctor{ID: doctor, DepartmentID: id, Code: doctor, Name: name, Grade: 3, Pool: true})
		}
	}
	return h
}
