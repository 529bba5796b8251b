package clinictest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
)

// emit puts a fact of another system into the outbox.
func (c *Clinic) emit(kind houzhen.EventKind, subject string) {
	c.T.Helper()
	c.must(c.App.Store.InTx(c.ctx, func(tx *store.Tx) error {
		return tx.Emit(houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: subject, At: tx.Now()})
	}))
	c.Settle()
}

func wantCode(t *testing.T, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// Online, a department sees whom it is for; a child needs a guardian.
func TestDepartmentsSeeWhomTheyAreFor(t *testing.T) {
	Each(t, func(c *Clinic) {
		h := house()
		h.Departments[0].MinAge, h.Departments[0].Sex = 14, directory.Female
		c.must(c.App.Directory.SaveHouse(c.ctx, h))
		s := c.Session("wang", 1, houzhen.Morning)
		c.Meet("张先生", func(p *directory.Patient) { p.Sex = directory.Male })
		c.Meet("王小妹", func(p *directory.Patient) { p.Sex, p.Birth = directory.Female, c.Day(0).AddDays(-6*365) })
		c.Meet("李女士", func(p *directory.Patient) { p.Sex, p.Birth = directory.Female, c.Day(0).AddDays(-30*365) })
		_, err := c.TryBook("张先生", s, "08:00")
		wantCode(c.T, err, houzhen.CodeWrongSex)
		_, err = c.TryBook("王小妹", s, "08:00")
		wantCode(c.T, err, houzhen.CodeTooYoung)
		c.Book("李女士", s, "08:00")
		h.Departments[0].MinAge, h.Departments[0].Sex = 0, ""
		c.must(c.App.Directory.SaveHouse(c.ctx, h))
		_, err = c.TryBook("王小妹", s, "08:30")
		wantCode(c.T, err, houzhen.CodeGuardian)
	})
}

// Whoever has died, or lies in a ward, loses what is booked without a word.
func TestTheDeadAreNotWrittenTo(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, day2 := c.Session("wang", 1, houzhen.Morning), c.Session("li", 2, houzhen.Morning)
		gone, ward := c.Book("赵老", s, "09:00"), c.Book("钱老", day2, "09:00")
		c.Take("赵老", "钱老")
		c.emit(houzhen.PatientDied, gone.PatientID)
		c.emit(houzhen.PatientDied, gone.PatientID) // told twice
		c.emit(houzhen.PatientAdmitted, ward.PatientID)
		c.emit(houzhen.PatientDied, "nobody of ours")
		for a, reason := range map[string]string{gone.ID: booking.ReasonDied, ward.ID: booking.ReasonAdmitted} {
			now := c.State(booking.Appointment{ID: a})
			if now.State != booking.Cancelled || now.By != booking.ByHospital || now.Reason != reason {
				c.T.Errorf("appointment is %v by %s for %s, want cancelled by the hospital for %s", now.State, now.By, now.Reason, reason)
			}
		}
		c.Wait(time.Hour) // until places that came back are public
		if got := c.Free(s, "09:00"); got != 2 {
			c.T.Errorf("%d places are free, want both", got)
		}
		c.Wait(25 * time.Hour) // past the hour of reminders
		c.ExpectNothingElse()
	})
}

// Nobody who dies between planning and sending is written to.
func TestAMessageToTheDeadIsNotSent(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 1, houzhen.Morning)
		c.Meet("赵老", func(p *directory.Patient) { p.Standing = directory.StandingDead })
		c.Book("赵老", s, "09:00")
		c.ExpectNothingElse()
	})
}

// Booked without a document: the visit begins with showing one.
func TestBookedByNameAndPhone(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 0, houzhen.Afternoon)
		people := c.App.Persons()
		ask := api.WalkUpBooking{Person: directory.WalkUp{Name: "孙无证", Phone: "13900009999"}, SessionID: s.ID, StaffID: "n1", RequestID: "r1"}
		done, err := people.BookWalkUp(c.ctx, ask)
		c.must(err)
		again, err := people.BookWalkUp(c.ctx, ask)
		c.must(err)
		if again.Appointment.ID != done.Appointment.ID {
			c.T.Error("the repeated request made another booking")
		}
		c.Settle()
		c.Wait(5 * time.Hour)
		_, err = c.App.CheckInAppointment(c.ctx, done.Appointment.ID)
		wantCode(c.T, err, houzhen.CodeIncomplete)
		_, err = people.Complete(c.ctx, done.Appointment.ID, "n1", directory.Document{Type: directory.DocID, Number: "11010519491231002X"})
		c.must(err)
		_, err = c.App.CheckInAppointment(c.ctx, done.Appointment.ID)
		c.must(err)
		_, err = people.Complete(c.ctx, done.Appointment.ID, "n1", directory.Document{Type: directory.DocID, Number: "11010519491231002X"})
		wantCode(c.T, err, houzhen.CodeState)
	})
}

// A newborn is booked for with a parent's document, and seen without his own.
func TestANewbornHasHisParentsDocument(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 0, houzhen.Afternoon)
		mother := c.Person("周妈妈")
		ask := api.WalkUpBooking{
			Person: directory.WalkUp{
				Name: "周妈妈之子", Phone: mother.Phone.Reveal(), Birth: c.Day(0).AddDays(-3), ParentType: mother.DocType, ParentDoc: mother.Doc.Reveal(),
			},
			SessionID: s.ID, StaffID: "n1", RequestID: "r1",
		}
		done, err := c.App.Persons().BookWalkUp(c.ctx, ask)
		c.must(err)
		baby, err := c.App.Directory.Patient(c.ctx, done.Appointment.PatientID)
		c.must(err)
		if baby.Standing != directory.StandingNewborn || baby.Linked != mother.ID {
			c.T.Errorf("standing %q of %q, want a newborn of %q", baby.Standing, baby.Linked, mother.ID)
		}
		c.Settle()
		c.Wait(5 * time.Hour)
		_, err = c.App.CheckInAppointment(c.ctx, done.Appointment.ID)
		c.must(err)
		ask.RequestID, ask.Person.Birth = "r2", c.Day(0).AddDays(-800)
		_, err = c.App.Persons().BookWalkUp(c.ctx, ask)
		wantCode(c.T, err, houzhen.CodeInvalid)
	})
}

// Two records of one person become one; what he had twice he has once.
func TestTwoRecordsBecomeOne(t *testing.T) {
	Each(t, func(c *Clinic) {
		s, other := c.Session("wang", 1, houzhen.Morning), c.Session("li", 2, houzhen.Morning)
		kept := c.Person("吴双证")
		lost := c.Meet("吴双证(护照)", func(p *directory.Patient) {
			p.Name, p.Birth, p.DocType, p.Doc = kept.Name, kept.Birth, directory.DocPassport, houzhen.NewIDNumber("E12345678")
		})
		late := c.Book("吴双证", s, "11:00")
		early, elsewhere := c.Book("吴双证(护照)", s, "09:00"), c.Book("吴双证(护照)", other, "09:00")
		people := c.App.Persons()
		wantCode(c.T, people.Merge(c.ctx, kept.ID, lost.ID, "m1", " "), houzhen.CodeMissing)
		c.must(people.Merge(c.ctx, kept.ID, lost.ID, "m1", "same person"))
		c.Settle()
		wantCode(c.T, people.Merge(c.ctx, kept.ID, lost.ID, "m1", "again"), houzhen.CodeState)
		got := map[string]string{}
		for name, a := range map[string]booking.Appointment{"late": late, "early": early, "elsewhere": elsewhere} {
			now := c.State(a)
			got[name] = now.PatientID + " " + now.By + now.Reason
		}
		want := map[string]string{"late": kept.ID + " hospitalduplicate", "early": kept.ID + " ", "elsewhere": kept.ID + " "}
		if diff := cmp.Diff(got, want); diff != "" {
			c.T.Errorf("appointments (-got +want):\n%s", diff)
		}
		c.ExpectSMS("吴双证", "appt.booked")
		c.ExpectSMS("吴双证", "appt.cancelled")
	})
}

// A wrong name is put right once, at once, and by the same account.
func TestThePlaceStaysInTheFamily(t *testing.T) {
	Each(t, func(c *Clinic) {
		s := c.Session("wang", 1, houzhen.Morning)
		father, mother, son := c.Person("郑爸"), c.Person("郑妈"), c.Person("郑儿")
		book := func(key, at string) booking.Appointment {
			a, err := c.App.Booking.Book(c.ctx, booking.BookRequest{
				Caller: "t", Key: key, SessionID: s.ID, Start: s.Date.Clock(c.tod(at), c.Loc), PatientID: father.ID, AccountID: "zheng", Channel: "app",
			})
			c.must(err)
			c.Settle()
			return a
		}
		a := book("k1", "09:00")
		swap := func(id, to, account string) (booking.Appointment, error) {
			b, err := c.App.Persons().Swap(c.ctx, booking.SwapRequest{AppointmentID: id, PatientID: to, AccountID: account})
			c.Settle()
			return b, err
		}
		_, err := swap(a.ID, mother.ID, "stranger")
		wantCode(c.T, err, houzhen.CodeSwap)
		c.Clock.Advance(10 * time.Minute)
		b, err := swap(a.ID, mother.ID, "zheng")
		c.must(err)
		if b.SlotNo != a.SlotNo || b.PatientID != mother.ID || b.Voucher == a.Voucher {
			c.T.Errorf("got number %d of %s, want %d of the mother with a voucher of her own", b.SlotNo, b.PatientID, a.SlotNo)
		}
		c.ExpectState(a, booking.Cancelled)
		again, err := swap(a.ID, mother.ID, "zheng")
		if c.must(err); again.ID != b.ID {
			c.T.Error("the repeated request made another booking")
		}
		_, err = swap(b.ID, son.ID, "zheng")
		wantCode(c.T, err, houzhen.CodeSwap)
		_, err = c.App.Booking.Cancel(c.ctx, booking.CancelRequest{AppointmentID: b.ID, By: booking.ByPatient})
		c.must(err)
		late := book("k2", "10:00")
		c.Clock.Advance(10*time.Minute + time.Second)
		_, err = swap(late.ID, son.ID, "zheng")
		wantCode(c.T, err, houzhen.CodeSwap)
	})
}
