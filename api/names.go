package api

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// Names finds the public names of the house by id. What does not exist has the
// zero value: a name that is gone must not fail a page.
type Names struct {
	House       directory.House
	departments map[string]directory.Department
	zones       map[string]directory.Zone
	rooms       map[string]directory.Room
	doctors     map[string]directory.Doctor
}

// NewNames sorts a house by id.
func NewNames(h directory.House) *Names {
	n := &Names{
		House: h, departments: map[string]directory.Department{}, zones: map[string]directory.Zone{},
		rooms: map[string]directory.Room{}, doctors: map[string]directory.Doctor{},
	}
	for _, d := range h.Departments {
		n.departments[d.ID] = d
	}
	for _, z := range h.Zones {
		n.zones[z.ID] = z
	}
	for _, r := range h.Rooms {
		n.rooms[r.ID] = r
	}
	for _, d := range h.Doctors {
		n.doctors[d.ID] = d
	}
	return n
}

// LoadNames asks the directory for its house.
func LoadNames(ctx context.Context, d Directory) (*Names, error) {
	h, err := d.House(ctx)
	if err != nil {
		return nil, fmt.Errorf("load house: %w", err)
	}
	return NewNames(h), nil
}

// Department finds a department.
func (n *Names) Department(id string) directory.Department { return n.departments[id] }

// Zone finds a zone.
func (n *Names) Zone(id string) directory.Zone { return n.zones[id] }

// Room finds a room.
func (n *Names) Room(id string) directory.Room { return n.rooms[id] }

// Doctor finds a doctor or pool.
func (n *Names) Doctor(id string) directory.Doctor { return n.doctors[id] }

// Attending gives whoever really sits in a session.
func (n *Names) Attending(s booking.Session) directory.Doctor {
	if d, ok := n.doctors[s.AttendingID]; ok {
		return d
	}
	return n.doctors[s.DoctorID]
}

// RoomCode is how a room is called: its name in Chinese, which is a number.
func (n *Names) RoomCode(id string) string { return n.rooms[id].Name.Zh }

// ZoneName is where to check in.
func (n *Names) ZoneName(id string) houzhen.Label { return n.zones[id].Name }
