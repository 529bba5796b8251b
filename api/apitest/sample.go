package apitest

import (
	_ "embed" // the sample's names
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
)

//go:embed sample.json
var sampleNames []byte

type named struct {
	ID    string
	Name  houzhen.Label
	Title houzhen.Label
	Grade int
}

type names struct {
	Hospital, Emergency         houzhen.Label
	Departments, Zones, Doctors []named
	Patients                    []string
}

func loadNames() names {
	var n names
	if err := json.Unmarshal(sampleNames, &n); err != nil {
		panic("apitest: " + err.Error())
	}
	return n
}

// Shanghai is the sample hospital's zone.
func Shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

// Now is the instant of the sample: Monday 2026-03-02 10:12:05.
func Now() time.Time { return time.Date(2026, 3, 2, 10, 12, 5, 0, Shanghai()) }

// New gives the clinic on a busy morning.
func New() *Clinic {
	n := loadNames()
	c := &Clinic{At: Now(), Account: "acc1", Fail: map[string]error{}}
	c.Principal = auth.Principal{Role: auth.Patient, ID: "acc1", AccountID: "acc1"}
	c.Display = directory.Screen{ID: "w1", Kind: "zone", Target: "z1"}
	c.Public = house(n)
	for i, name := range n.Patients[:3] {
		c.People = append(c.People, directory.Patient{
			ID: fmt.Sprintf("p%d", i+1), Name: houzhen.NewName(name), DocType: directory.DocID, Doc: houzhen.NewIDNumber("11010119900307001X"),
			Phone: houzhen.NewPhone("13800000000"), TravelMinutes: 25,
		})
	}
	c.Figures = c.Counted()
	c.Flagged = c.flagged()
	c.Advice = c.advice()
	c.Wordings = c.wordings()
	c.supply()
	c.visits()
	c.Waits = SampleWaits(c)
	c.messages()
	c.Credit = c.record()
	c.owing()
	c.Boards = sampleBoards(n)
	return c
}

func house(n names) directory.House {
	h := directory.House{Hospital: directory.Hospital{ID: "h", Name: n.Hospital, TimeZone: "Asia/Shanghai", Phone: "400-000-0000", Emergency: n.Emergency, EmergencyPhone: "400-000-0120"}}
	for _, d := range n.Departments {
		h.Departments = append(h.Departments, directory.Department{ID: d.ID, Code: d.ID, Name: d.Name})
	}
	for _, z := range n.Zones {
		h.Zones = append(h.Zones, directory.Zone{ID: z.ID, Code: z.ID, Name: z.Name, Mask: directory.MaskMiddle})
	}
	for i, d := range n.Doctors {
		h.Doctors = append(h.Doctors, directory.Doctor{ID: d.ID, DepartmentID: "cardio", Name: d.Name, Title: d.Title, Grade: d.Grade})
		no := fmt.Sprint(i + 3)
		h.Rooms = append(h.Rooms, directory.Room{ID: "r" + no, ZoneID: "z1", Code: no, Name: houzhen.Label{Zh: no, En: no}})
	}
	return h
}

// supply makes a week of sessions; the second doctor's of the second day is
// suspended, today's first is nearly full.
func (c *Clinic) supply() {
	today := houzhen.DateOf(c.At, Shanghai())
	for day := range 7 {
		for i, doctor := range c.Public.Doctors {
			part, hour := houzhen.Morning, 8
			if (i+day)%2 == 1 {
				part, hour = houzhen.Afternoon, 14
			}
			date := today.AddDays(day)
			s := booking.Session{
				ID: fmt.Sprintf("s%d", day*10+i+1), DepartmentID: "cardio", ZoneID: "z1", RoomID: fmt.Sprintf("r%d", i+3), DoctorID: doctor.ID,
				AttendingID: doctor.ID, Date: date, Part: part, Start: date.At(hour, 0, Shanghai()), End: date.At(hour+3, 0, Shanghai()),
				Deadline: date.At(hour+3, 30, Shanghai()), SliceMinutes: 30, SliceCapacity: 4, Class: booking.Named, Prefix: string(rune('A' + i)),
				Status: booking.SessionPlanned, Version: 1,
			}
			if i > 1 {
				s.Class = booking.General
			}
			if day == 1 && i == 1 {
				s.Status = booking.SessionSuspended
			}
			c.Sittings = append(c.Sittings, s)
			if s.Status != booking.SessionSuspended && s.Start.After(c.At) {
				c.Offers = append(c.Offers, offer(s, (day+i)%4))
			}
		}
	}
}

func offer(s booking.Session, scarce int) booking.Offer {
	o := booking.Offer{Session: s}
	for i := range 6 {
		start := s.Start.Add(time.Duration(i*30) * time.Minute)
		left := (i+1)*scarce%5 - 1
		if left > 0 {
			o.Slices = append(o.Slices, booking.SliceOffer{Start: start, End: start.Add(30 * time.Minute), Free: left, FirstNo: i*4 + 1})
			o.Free += left
		}
	}
	return o
}

func (c *Clinic) visits() {
	for i, state := range []booking.State{booking.CheckedIn, booking.Booked, booking.Booked, booking.Fulfilled, booking.NoShow, booking.Cancelled} {
		s := c.Sittings[[]int{0, 6, 9, 0, 1, 2}[i]]
		no := 9 + i
		a := booking.Appointment{
			ID: fmt.Sprintf("a%d", i+1), Voucher: fmt.Sprintf("48213%05d", i*137), SessionID: s.ID, SlotNo: no, Start: s.Start.Add(2 * time.Hour),
			End: s.Start.Add(150 * time.Minute), PatientID: c.People[i%3].ID, AccountID: c.Account, DoctorID: s.DoctorID, Day: s.Date,
			State: state, Purpose: booking.PurposeVisit, Version: 1,
		}
		c.Visits = append(c.Visits, a)
	}
	theirs := c.Visits[1]
	theirs.ID, theirs.Channel, theirs.Voucher, theirs.State, theirs.PatientID = "a7", "platform", "4821399999", booking.Cancelled, c.People[2].ID
	c.Theirs = append(c.Theirs, theirs)
	for i, s := range []booking.Session{c.Sittings[11], c.Sittings[10]} {
		c.Kept = append(c.Kept, booking.Appointment{
			ID: fmt.Sprintf("o%d", i+1), SessionID: s.ID, SlotNo: 5, Start: s.Start, End: s.Start.Add(30 * time.Minute), PatientID: "p2", State: booking.Held,
			Purpose: booking.PurposeOption, OriginID: "a2", ExpiresAt: c.At.Add(8 * time.Hour), Day: s.Date, Version: 1,
		})
	}
}

func (c *Clinic) messages() {
	for i, k := range []notify.Kind{notify.KindCalled, notify.KindReminder, notify.KindSuspended, notify.KindSignIn, notify.KindLeaveNow, notify.KindBooked} {
		states := []notify.State{notify.Delivered, notify.Accepted, notify.Planned, notify.Failed, notify.Suppressed, notify.Unknown}
		m := notify.Message{
			ID: fmt.Sprintf("m%d", i+1), Subject: "a1", Kind: k, Recipient: "p1", Channel: notify.SMS, State: states[i],
			DueAt: c.At.Add(-time.Duration(i) * time.Minute), SentAt: c.At, Text: "code 482913 for " + c.People[0].Name.String(),
		}
		if m.State == notify.Failed {
			m.ErrorCode = "isv.MOBILE_NUMBER_ILLEGAL"
		}
		c.Sent = append(c.Sent, m)
	}
	for i, kind := range []notify.Kind{notify.KindReminder, notify.KindBooked} {
		n := notify.InboxItem{
			ID: fmt.Sprint("hz-", i+1), PatientID: "p1", Kind: kind, Subject: "a1", Title: fmt.Sprint("No. ", i+1),
			Text: "text to " + c.People[0].Name.String(), Link: "/appointments/a1", At: c.At.Add(-time.Duration(i) * time.Hour),
		}
		if i > 0 {
			n.ReadAt = c.At
		}
		c.Inbox = append(c.Inbox, n)
	}
}
