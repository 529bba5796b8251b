package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
)

// poolRoutes are the pages about the stock of places.
func (s *site) poolRoutes() []route {
	staff, desk, manager := auth.StaffRoles(), []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	return []route{
		{"GET", "/sessions/{id}/places", desk, s.places, "quotas, capacity"},
		{"POST", "/sessions/{id}/quotas", manager, s.setQuotas, ""},
		{"GET", "/sessions/{id}/capacity", manager, s.previewCapacity, "who would be displaced"},
		{"POST", "/sessions/{id}/capacity", manager, s.setCapacity, ""},
		{"GET", "/sessions/{id}/hours", manager, s.previewHours, "whom other hours would touch"},
		{"POST", "/sessions/{id}/hours", manager, s.setHours, ""},
		{"GET", "/sessions/{id}/overbook", staff, s.overbookPage, "a place more, for one patient"},
		{"POST", "/sessions/{id}/overbook", staff, s.overbook, ""},
		{"GET", "/manage/overflow", desk, s.overflow, "who must be found another place"},
		{"POST", "/manage/overflow/{id}/keep", desk, s.keepFor, ""},
		{"POST", "/manage/overflow/{id}/move", desk, s.moveDisplaced, ""},
		{"GET", "/manage/release", manager, s.releaseRules, "when places open"},
		{"POST", "/manage/release", manager, s.setReleaseRule, ""},
	}
}

// placesData is the stock of one session.
type placesData struct {
	Session   weekSession
	Sold, All int
	Use       []quotaRow
	FallBack  time.Time
	Release   time.Time
	Slices    []booking.SliceUse
	Rule      booking.ReleaseRule
	Over      int
	Asked     *capacityData
	Hours     *hoursData
	Begun     bool // too late for other hours
	Can       bool // change it
}

type quotaRow struct {
	Quota        booking.Quota
	Places, Sold int
}

// capacityData is a change of capacity that waits for a yes.
type capacityData struct {
	Start     string // of a slice, in RFC 3339; empty for the session
	At        time.Time
	Places    int
	Got       int
	Opened    int
	Displaced []card
}

func (s *site) placesData(r *http.Request) (placesData, error) {
	x, err := s.Booking.Session(r.Context(), r.PathValue("id"))
	if err != nil {
		return placesData{}, wrap("load session", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return placesData{}, err
	}
	slots, err := s.Pool.Slots(r.Context(), x.ID)
	if err != nil {
		return placesData{}, wrap("load slots", err)
	}
	rule, err := s.Pool.ReleaseRule(r.Context(), x.DepartmentID)
	if err != nil {
		return placesData{}, wrap("load release rule", err)
	}
	d := placesData{
		FallBack: x.FallBackAt, Slices: booking.SlicesOf(slots), Rule: rule, Use: quotaRows(booking.UseOf(slots)),
		Can: auth.From(r.Context()).Is(auth.Manager), Begun: !s.Now().Before(x.Start),
	}
	if x.ReleaseAt.After(s.Now()) {
		d.Release = x.ReleaseAt
	}
	for _, u := range d.Slices {
		d.Sold, d.All, d.Over = d.Sold+u.Sold, d.All+u.Places, d.Over+u.Over
	}
	d.Session = weekOf(x, d.Sold, names)
	return d, nil
}

// quotaRows has every quota, used or not, the general pool first.
func quotaRows(use []booking.QuotaUse) []quotaRow {
	rows := []quotaRow{{}}
	for _, q := range booking.AllQuotas {
		rows = append(rows, quotaRow{Quota: q})
	}
	for _, u := range use {
		if i := slices.IndexFunc(rows, func(r quotaRow) bool { return r.Quota == u.Quota }); i >= 0 {
			rows[i].Places, rows[i].Sold = u.Places, u.Sold
		}
	}
	return rows
}

func (s *site) places(w http.ResponseWriter, r *http.Request) error {
	d, err := s.placesData(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "pool", "manage", d)
}

// placesAgain shows the page with what went wrong on it.
func (s *site) placesAgain(w http.ResponseWriter, r *http.Request, err error) error {
	d, dataErr := s.placesData(r)
	if dataErr != nil {
		return err
	}
	s.fail(w, r, "pool", d, err)
	return nil
}

func (s *site) setQuotas(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	q := booking.Quotas{}
	for _, name := range booking.AllQuotas {
		text := strings.TrimSpace(r.PostForm.Get(string(name)))
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return s.placesAgain(w, r, houzhen.E(houzhen.CodeInvalid, "places are not a number").On("quotas."+string(name)))
		}
		q[name] = n
	}
	if _, err := s.Pool.SetQuotas(r.Context(), auth.From(r.Context()).ID, r.PathValue("id"), q); err != nil {
		return s.placesAgain(w, r, err)
	}
	return back(w, r, placesOf(r))
}

func placesOf(r *http.Request) string {
	return "/sessions/" + url.PathEscape(r.PathValue("id")) + "/places"
}

// capacityAsked reads a change of capacity out of a form or address.
func capacityAsked(r *http.Request, values url.Values) (booking.ResizeRequest, error) {
	c := booking.ResizeRequest{SessionID: r.PathValue("id"), Reason: strings.TrimSpace(values.Get("reason"))}
	var err error
	if c.Places, err = strconv.Atoi(strings.TrimSpace(values.Get("places"))); err != nil {
		return c, houzhen.E(houzhen.CodeInvalid, "places are not a number").On("places")
	}
	if text := values.Get("start"); text != "" {
		if c.Start, err = time.Parse(time.RFC3339, text); err != nil {
			return c, houzhen.E(houzhen.CodeInvalid, "start is not an instant").On("start")
		}
	}
	return c, nil
}

// previewCapacity shows whom a cut would displace before it is made.
func (s *site) previewCapacity(w http.ResponseWriter, r *http.Request) error {
	d, err := s.placesData(r)
	if err != nil {
		return err
	}
	c, err := capacityAsked(r, r.URL.Query())
	if err != nil {
		s.fail(w, r, "pool", d, err)
		return nil
	}
	p, err := s.Pool.PreviewResize(r.Context(), c)
	if err != nil {
		s.fail(w, r, "pool", d, err)
		return nil
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	d.Asked = &capacityData{Start: r.URL.Query().Get("start"), At: c.Start, Places: c.Places, Got: p.Places, Opened: p.Opened}
	for _, a := range p.Displaced {
		one, _, err := s.card(r, names, a)
		if err != nil {
			return err
		}
		d.Asked.Displaced = append(d.Asked.Displaced, one)
	}
	return s.show(w, r, "pool", "manage", d)
}

func (s *site) setCapacity(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	c, err := capacityAsked(r, r.PostForm)
	if err != nil {
		return s.placesAgain(w, r, err)
	}
	result, err := s.Pool.Resize(r.Context(), auth.From(r.Context()).ID, c)
	switch {
	case err != nil:
		return s.placesAgain(w, r, err)
	case result.Displaced > 0:
		return back(w, r, "/manage/overflow")
	}
	return back(w, r, placesOf(r))
}

type overflowData struct{ Rows []overflowRow }

type overflowRow struct {
	card

	BookedAt time.Time
	Options  []card
}

// overflow lists who stands on a place that is withheld.
func (s *site) overflow(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Pool.Overflow(r.Context(), booking.SessionFilter{})
	if err != nil {
		return wrap("load overflow", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	var d overflowData
	for _, x := range list {
		row, err := s.overflowRow(r, names, x)
		if err != nil {
			return err
		}
		d.Rows = append(d.Rows, row)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "overflow.read", ""); err != nil {
		return wrap("record reading", err)
	}
	return s.show(w, r, "overflow", "overflow", d)
}

func (s *site) overflowRow(r *http.Request, names *api.Names, x booking.Displaced) (overflowRow, error) {
	c, _, err := s.card(r, names, x.Appointment)
	if err != nil {
		return overflowRow{}, err
	}
	row := overflowRow{card: c, BookedAt: x.Appointment.BookedAt}
	for _, o := range x.Options {
		c, _, err := s.card(r, names, o)
		if err != nil {
			return row, err
		}
		row.Options = append(row.Options, c)
	}
	return row, nil
}

func (s *site) keepFor(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Pool.KeepFor(r.Context(), auth.From(r.Context()).ID, r.PathValue("id")); err != nil {
		return wrap("keep places", err)
	}
	return back(w, r, "/manage/overflow")
}

// moveDisplaced chooses for the patient, who said so on the telephone.
func (s *site) moveDisplaced(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	a, err := s.Suspension.Choose(r.Context(), r.PathValue("id"), r.PostForm.Get("option"), viaDesk)
	if err != nil {
		return wrap("move patient", err)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "overflow.move", a.ID); err != nil {
		return wrap("record move", err)
	}
	return back(w, r, "/manage/overflow")
}
