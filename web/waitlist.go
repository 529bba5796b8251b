package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/templates"
)

func (s *site) waitlistRoutes() []route {
	patient := []auth.Role{auth.Patient}
	desk := []auth.Role{auth.Nurse, auth.Manager}
	return []route{
		{"GET", "/waitlist", patient, s.waits, "my waits, ranks and offers"},
		{"GET", "/waitlist/join", patient, s.joinPage, "who, and how"},
		{"POST", "/waitlist", patient, s.join, ""},
		{"POST", "/waitlist/{id}/leave", patient, s.leaveWait, ""},
		{"POST", "/offers/{id}/accept", patient, s.acceptOffer, ""},
		{"POST", "/offers/{id}/decline", patient, s.declineOffer, ""},
		{"GET", "/manage/waitlist", desk, s.waitOverview, "who waits, and how places were filled"},
	}
}

// waitCard is one wait on a page.
type waitCard struct {
	ID                 string
	Rank               int
	StateKey, Tone     string
	From, To           houzhen.Date
	Department, Doctor houzhen.Label
	Patient            string
	SameDay            bool
	JoinedAt           time.Time
	Offer              *offerCard
}

type offerCard struct {
	ID         string
	Start, End time.Time
	Until      string
	First      bool // the first to confirm has it
}

func (s *site) waitCard(r *http.Request, names *api.Names, st waitlist.Standing) (waitCard, error) {
	patient, err := s.Directory.Patient(r.Context(), st.PatientID)
	if err != nil {
		return waitCard{}, wrap("load patient", err)
	}
	c := waitCard{
		ID: st.ID, Rank: st.Rank, From: st.From, To: st.To, Department: names.Department(st.DepartmentID).Name,
		Doctor: names.Doctor(st.DoctorID).Name, Patient: patient.Name.String(), SameDay: st.SameDay, JoinedAt: st.JoinedAt,
		StateKey: "wait.state." + string(st.Status), Tone: waitTone(st.Status),
	}
	if o := st.Offer; o != nil {
		c.Offer = s.offerCard(*o)
	}
	return c, nil
}

func (s *site) offerCard(o waitlist.Proposal) *offerCard {
	return &offerCard{o.ID, o.Start, o.End, templates.Clock(o.ExpiresAt, s.Location), o.Kind == waitlist.Invitation}
}

func waitTone(st waitlist.Status) string {
	switch st {
	case waitlist.Frozen:
		return "stop"
	case waitlist.Booked:
		return "go"
	case waitlist.Left, waitlist.Closed:
		return "off"
	case waitlist.Waiting:
		return ""
	}
	return ""
}

type waitsData struct{ Live, Over []waitCard }

const overShown = 20

func (s *site) waits(w http.ResponseWriter, r *http.Request) error {
	d, err := s.waitsData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "waitlist", "mine", d)
}

func (s *site) waitsData(r *http.Request) (d waitsData, err error) {
	names, err := s.names(r.Context())
	if err != nil {
		return d, err
	}
	list, err := s.MyWaits(r.Context(), auth.From(r.Context()))
	if err != nil {
		return d, err
	}
	for _, st := range list {
		c, err := s.waitCard(r, names, st)
		switch {
		case err != nil:
			return d, err
		case st.Status.Live():
			d.Live = append(d.Live, c)
		case len(d.Over) < overShown:
			d.Over = append(d.Over, c)
		}
	}
	return d, nil
}

type joinData struct {
	SessionID, Back, Chosen  string
	Start, End               time.Time
	Department, Doctor, Zone houzhen.Label
	Patients                 []patientRow
	SameDay                  bool
	Travel                   string
}

func (s *site) joinPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.joinData(r, r.URL.Query())
	if err != nil {
		return err
	}
	return s.show(w, r, "waitlist_join", "book", d)
}

func (s *site) joinData(r *http.Request, f url.Values) (joinData, error) {
	names, err := s.names(r.Context())
	if err != nil {
		return joinData{}, err
	}
	session, err := s.Booking.Session(r.Context(), f.Get("session"))
	if err != nil {
		return joinData{}, wrap("load session", err)
	}
	people, err := s.Directory.Patients(r.Context(), auth.From(r.Context()).AccountID)
	if err != nil {
		return joinData{}, wrap("load patients", err)
	}
	d := joinData{
		SessionID: session.ID, Back: "/find/" + url.PathEscape(session.DepartmentID) + "?day=" + session.Date.String(),
		Start: session.Start, End: session.End, Department: names.Department(session.DepartmentID).Name,
		Doctor: names.Attending(session).Name, Zone: names.ZoneName(session.ZoneID), Patients: rows(people),
		SameDay: f.Get("same_day") != "", Travel: f.Get("travel"), Chosen: f.Get("patient"),
	}
	if d.Chosen == "" && len(people) > 0 {
		d.Chosen = people[0].ID
	}
	return d, nil
}

func (s *site) join(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	f, p := r.PostForm, auth.From(r.Context())
	travel, err := strconv.Atoi(f.Get("travel"))
	if err != nil {
		travel = 0 // left out: his own data say it
	}
	_, err = s.JoinWaitlist(r.Context(), p, waitlist.JoinRequest{
		PatientID: f.Get("patient"), AccountID: p.AccountID, SessionID: f.Get("session"), SameDay: f.Get("same_day") != "",
		TravelMinutes: travel,
	})
	if err == nil {
		return back(w, r, "/waitlist")
	}
	d, dataErr := s.joinData(r, f)
	if dataErr != nil {
		return err
	}
	s.fail(w, r, "waitlist_join", d, err)
	return nil
}

// change does something with a wait of the account and shows them all again.
func (s *site) change(w http.ResponseWriter, r *http.Request, do func() error) error {
	err := do()
	if err == nil {
		return back(w, r, "/waitlist")
	}
	if code := houzhen.CodeOf(err); code == houzhen.CodeNotFound || code == houzhen.CodeInternal {
		return err
	}
	d, dataErr := s.waitsData(r)
	if dataErr != nil {
		return err
	}
	s.fail(w, r, "waitlist", d, err)
	return nil
}

func (s *site) leaveWait(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func() error {
		if _, err := s.OwnEntry(r.Context(), auth.From(r.Context()), r.PathValue("id")); err != nil {
			return err
		}
		_, err := s.Waitlist.Leave(r.Context(), r.PathValue("id"))
		return err
	})
}

func (s *site) declineOffer(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func() error {
		if _, err := s.OwnOffer(r.Context(), auth.From(r.Context()), r.PathValue("id")); err != nil {
			return err
		}
		return s.Waitlist.Decline(r.Context(), r.PathValue("id"))
	})
}

func (s *site) acceptOffer(w http.ResponseWriter, r *http.Request) error {
	var got booking.Appointment
	accept := func() error {
		if _, err := s.OwnOffer(r.Context(), auth.From(r.Context()), r.PathValue("id")); err != nil {
			return err
		}
		var err error
		got, err = s.Waitlist.Accept(r.Context(), r.PathValue("id"))
		return err
	}
	err := accept()
	if err == nil {
		return back(w, r, "/appointments/"+url.PathEscape(got.ID)+"?fresh=1")
	}
	return s.change(w, r, func() error { return err })
}

// offerData is the page behind the link in a message. Until the last four
// signs of the document are given it only asks for them.
type offerData struct {
	Ask          bool
	Action, Tail string
	Gone         bool
	Patient      string
	Department   houzhen.Label
	Doctor       houzhen.Label
	Offer        *offerCard
}

// openedOffer gives the offer of a link whose reader knows the document.
func (s *site) openedOffer(r *http.Request) (waitlist.Proposal, error) {
	if err := form(r); err != nil {
		return waitlist.Proposal{}, err
	}
	id, err := s.subject(r, LinkOffer)
	if err != nil {
		return waitlist.Proposal{}, err
	}
	o, err := s.Waitlist.Proposal(r.Context(), id)
	if err != nil {
		return o, wrap("load offer", err)
	}
	if err := s.knows(r, o.PatientID); err != nil {
		return waitlist.Proposal{}, err
	}
	return o, s.seen(r, id)
}

func (s *site) offerData(r *http.Request, o waitlist.Proposal) (offerData, error) {
	names, err := s.names(r.Context())
	if err != nil {
		return offerData{}, err
	}
	session, err := s.Booking.Session(r.Context(), o.SessionID)
	if err != nil {
		return offerData{}, wrap("load session", err)
	}
	patient, err := s.Directory.Patient(r.Context(), o.PatientID)
	if err != nil {
		return offerData{}, wrap("load patient", err)
	}
	return offerData{
		Action: address(r, LinkOffer), Tail: r.PostForm.Get("tail"), Gone: o.Status == waitlist.Lost || o.Status == waitlist.Voided,
		Patient: patient.Name.String(), Department: names.Department(session.DepartmentID).Name,
		Doctor: names.Attending(session).Name, Offer: s.offerCard(o),
	}, nil
}

func (s *site) offerOpen(w http.ResponseWriter, r *http.Request) error {
	o, err := s.openedOffer(r)
	if err != nil {
		s.fail(w, r, "offer", askOffer(r), err)
		return nil
	}
	d, err := s.offerData(r, o)
	if err != nil {
		return err
	}
	return s.show(w, r, "offer", "", d)
}

func (s *site) offerAccept(w http.ResponseWriter, r *http.Request) error {
	o, err := s.openedOffer(r)
	if err != nil {
		s.fail(w, r, "offer", askOffer(r), err)
		return nil
	}
	got, err := s.Waitlist.Accept(r.Context(), o.ID)
	if err != nil {
		d, dataErr := s.offerData(r, o)
		if dataErr != nil {
			return err
		}
		d.Gone = true
		s.fail(w, r, "offer", d, err)
		return nil
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	c, _, err := s.card(r, names, got)
	if err != nil {
		return err
	}
	return s.show(w, r, "done", "", doneData{c})
}

type overviewData struct {
	From, To houzhen.Date
	Tally    waitlist.Tally
	Fill     int // percent
	Waiting  []waitCard
}

// overviewDays is the span that a manager sees without asking: four weeks
// back for the figures, and all that is waited for.
const overviewDays = 28

func (s *site) waitOverview(w http.ResponseWriter, r *http.Request) error {
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	d := overviewData{From: s.today().AddDays(-overviewDays), To: s.today().AddDays(90)}
	o, err := s.Waitlist.Overview(r.Context(), r.URL.Query().Get("department"), d.From, d.To)
	if err != nil {
		return wrap("load waitlist", err)
	}
	if d.Tally = o.Tally; o.Tally.Opened > 0 {
		d.Fill = 100 * o.Tally.Taken / o.Tally.Opened
	}
	for _, st := range o.Waiting {
		c, err := s.waitCard(r, names, st)
		if err != nil {
			return err
		}
		d.Waiting = append(d.Waiting, c)
	}
	return s.show(w, r, "manage_waitlist", "waitlist", d)
}
