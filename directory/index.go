package directory

import (
	"slices"

	"github.com/houzhen/houzhen"
)

// Index is a House with fast lookup. It is never changed once made.
type Index struct {
	House

	campuses        map[string]Campus
	departments     map[string]Department
	zones           map[string]Zone
	rooms           map[string]Room
	doctors         map[string]Doctor
	departmentCodes map[string]string
	zoneCodes       map[string]string
	roomCodes       map[string]string
	doctorCodes     map[string]string
}

// NewIndex makes the lookup of a house.
func NewIndex(h House) *Index {
	ix := &Index{House: h}
	ix.campuses, _ = indexed(h.Campuses, func(c Campus) (string, string) { return c.ID, "" })
	ix.departments, ix.departmentCodes = indexed(h.Departments, func(d Department) (string, string) { return d.ID, d.Code })
	ix.zones, ix.zoneCodes = indexed(h.Zones, func(z Zone) (string, string) { return z.ID, z.Code })
	ix.rooms, ix.roomCodes = indexed(h.Rooms, func(r Room) (string, string) { return r.ID, r.Code })
	ix.doctors, ix.doctorCodes = indexed(h.Doctors, func(d Doctor) (string, string) { return d.ID, d.Code })
	return ix
}

func indexed[T any](list []T, key func(T) (id, code string)) (byID map[string]T, byCode map[string]string) {
	byID, byCode = make(map[string]T, len(list)), make(map[string]string, len(list))
	for _, v := range list {
		id, code := key(v)
		byID[id] = v
		if code != "" {
			byCode[code] = id
		}
	}
	return byID, byCode
}

// Campus finds a campus by id.
func (ix *Index) Campus(id string) (Campus, bool) { c, ok := ix.campuses[id]; return c, ok }

// Department finds a department by id.
func (ix *Index) Department(id string) (Department, bool) { d, ok := ix.departments[id]; return d, ok }

// Zone finds a zone by id.
func (ix *Index) Zone(id string) (Zone, bool) { z, ok := ix.zones[id]; return z, ok }

// Room finds a room by id.
func (ix *Index) Room(id string) (Room, bool) { r, ok := ix.rooms[id]; return r, ok }

// Doctor finds a doctor or pool by id.
func (ix *Index) Doctor(id string) (Doctor, bool) { d, ok := ix.doctors[id]; return d, ok }

// DepartmentOf is Department with the zero value for an unknown id.
func (ix *Index) DepartmentOf(id string) Department { return ix.departments[id] }

// ZoneOf is Zone with the zero value for an unknown id.
func (ix *Index) ZoneOf(id string) Zone { return ix.zones[id] }

// DoctorOf is Doctor with the zero value for an unknown id.
func (ix *Index) DoctorOf(id string) Doctor { return ix.doctors[id] }

// RoomName gives the name of a room, empty for an unknown id.
func (ix *Index) RoomName(id string) houzhen.Label { return ix.rooms[id].Name }

// DepartmentByCode finds a department by the hospital's own code.
func (ix *Index) DepartmentByCode(code string) (Department, bool) {
	return ix.Department(ix.departmentCodes[code])
}

// ZoneByCode finds a zone by the hospital's own code.
func (ix *Index) ZoneByCode(code string) (Zone, bool) { return ix.Zone(ix.zoneCodes[code]) }

// RoomByCode finds a room by the hospital's own code.
func (ix *Index) RoomByCode(code string) (Room, bool) { return ix.Room(ix.roomCodes[code]) }

// DoctorByCode finds a doctor or pool by the hospital's own code.
func (ix *Index) DoctorByCode(code string) (Doctor, bool) { return ix.Doctor(ix.doctorCodes[code]) }

// Peers gives the other doctors of a doctor's department who may stand in for
// him: of the same grade or a higher one, the nearest grade first.
func (ix *Index) Peers(doctorID string) []string {
	own, ok := ix.doctors[doctorID]
	if !ok {
		return []string{}
	}
	var fit []Doctor
	for _, d := range ix.Doctors {
		if d.ID != own.ID && d.DepartmentID == own.DepartmentID && d.Pool == own.Pool && d.Grade >= own.Grade {
			fit = append(fit, d)
		}
	}
	slices.SortStableFunc(fit, func(a, b Doctor) int { return a.Grade - b.Grade })
	ids := make([]string, 0, len(fit))
	for _, d := range fit {
		ids = append(ids, d.ID)
	}
	return ids
}
