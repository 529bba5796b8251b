package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/templates"
	"github.com/houzhen/houzhen/web"
)

// Accounts of a demonstration. They open nothing but made-up data.
const (
	demoPassword = "houzhen-demo" //nolint:gosec // printed on purpose; it guards made-up people
	demoNurse    = "nurse"
	demoDoctor   = "doctor"
	demoManager  = "manager"
)

// demoPages are the addresses of a demonstration, and its doors: links that
// sign in whoever opens them.
type demoPages struct {
	demo     *sim.Demo
	app      *app.App
	port     string
	host     string // "" on this machine only: then each seat has a name of its own
	doctorID string
	groups   []web.DemoGroup
}

// open makes staff and screens and lists the addresses.
func (p *demoPages) open(ctx context.Context, a *app.App, addr net.Addr) error {
	p.app = a
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	p.port = port
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		p.host = host
		if ip == nil || ip.IsUnspecified() {
			p.host = "localhost"
		}
	}
	if err := p.employ(ctx); err != nil {
		return err
	}
	return p.list(ctx)
}

// employ makes one member of staff of each role. The doctor is one who sits
// today.
func (p *demoPages) employ(ctx context.Context) error {
	sessions, err := p.today(ctx)
	if err != nil {
		return err
	}
	index, err := p.app.Directory.Index(ctx)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if p.doctorID == "" || index.DoctorOf(p.doctorID).Pool {
			p.doctorID = s.DoctorID
		}
	}
	for _, m := range []directory.Staff{
		{Login: demoNurse, Role: directory.RoleNurse},
		{Login: demoDoctor, Role: directory.RoleDoctor, DoctorID: p.doctorID},
		{Login: demoManager, Role: directory.RoleManager},
	} {
		m.Display = m.Login
		if m.Role == directory.RoleDoctor {
			m.Display = index.DoctorOf(p.doctorID).Name.Zh
		}
		if err := p.app.AddStaff(ctx, m, demoPassword); err != nil {
			return fmt.Errorf("add staff: %w", err)
		}
	}
	return nil
}

func (p *demoPages) today(ctx context.Context) ([]booking.Session, error) {
	day := p.app.Today()
	return p.app.Booking.Sessions(ctx, booking.SessionFilter{From: day, To: day})
}

// seat gives an address under a name of its own, because a browser keeps one
// cookie a name and so one person.
func (p *demoPages) seat(name, path string) string {
	host := p.host
	if host == "" {
		host = name + ".localhost"
	}
	return "http://" + net.JoinHostPort(host, p.port) + path
}

// index gives the address of the page that leads to all others.
func (p *demoPages) index() string {
	host := p.host
	if host == "" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, p.port) + "/demo"
}

func (p *demoPages) list(ctx context.Context) error {
	house, err := p.app.Directory.House(ctx)
	if err != nil {
		return err
	}
	patients := web.DemoGroup{Group: "patient"}
	for _, who := range []string{doorHome, doorWaiting, doorSuspended} {
		patients.Links = append(patients.Links, demoLink(who, p.seat("patient-"+who, "/demo/as/patient/"+who)))
	}
	patients.Links = append(patients.Links, demoLink("book", p.seat("me", "/")))
	screens, err := p.screens(ctx, house)
	if err != nil {
		return err
	}
	staff := web.DemoGroup{Group: "staff", Links: []web.DemoLink{demoLink("strip", p.seat(demoDoctor, "/demo/as/doctor/strip"))}}
	for _, z := range house.Zones {
		desk := demoLink("desk", p.seat(demoNurse, "/demo/as/nurse/"+url.PathEscape(z.ID)))
		desk.Note = joined(z.Name, desk.Note)
		staff.Links = append(staff.Links, desk)
	}
	for _, page := range []string{"messages", "manage", "roster", "jobs"} {
		staff.Links = append(staff.Links, demoLink(page, p.seat(demoManager, "/demo/as/manager/"+page)))
	}
	p.groups = []web.DemoGroup{patients, screens, staff}
	return nil
}

// screens pairs a screen of each zone and one of a door.
func (p *demoPages) screens(ctx context.Context, house directory.House) (web.DemoGroup, error) {
	g := web.DemoGroup{Group: "screen"}
	add := func(kind, id string, name houzhen.Label) error {
		token, err := p.app.PairScreen(ctx, kind, id)
		if err != nil {
			return fmt.Errorf("pair screen: %w", err)
		}
		link := demoLink(kind, p.seat(hostName(kind+"-"+id), "/screen?token="+url.QueryEscape(token)))
		link.Note = joined(name, link.Note)
		g.Links = append(g.Links, link)
		return nil
	}
	for _, z := range house.Zones {
		if err := add("zone", z.ID, z.Name); err != nil {
			return g, err
		}
	}
	sessions, err := p.today(ctx)
	if err != nil {
		return g, err
	}
	for _, s := range sessions {
		if s.DoctorID == p.doctorID {
			return g, add("door", s.RoomID, p.roomName(house, s.RoomID))
		}
	}
	return g, nil
}

func (p *demoPages) roomName(house directory.House, id string) houzhen.Label {
	for _, r := range house.Rooms {
		if r.ID == id {
			return r.Name
		}
	}
	return houzhen.Label{Zh: id}
}

// Addresses implements web.Demo.
func (p *demoPages) Addresses(context.Context) ([]web.DemoGroup, error) { return p.groups, nil }

func demoLink(key, href string) web.DemoLink {
	return web.DemoLink{Href: href, Name: label("demo.link." + key), Note: label("demo.say." + key)}
}

func label(key string) houzhen.Label {
	return houzhen.Label{Zh: templates.T(houzhen.Chinese, key), En: templates.T(houzhen.English, key)}
}

func joined(a, b houzhen.Label) houzhen.Label {
	return houzhen.Label{Zh: a.In(houzhen.Chinese) + " · " + b.Zh, En: a.In(houzhen.English) + " · " + b.En}
}

// hostName keeps what a name of a machine may hold.
func hostName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s)
}
