package directory

import (
	"fmt"
	"regexp"
	"time"

	"github.com/houzhen/houzhen"
)

// HouseFault is one thing that is wrong with a House, where, and why as a code.
type HouseFault struct {
	Path   string // such as doctors[3].department
	Reason string
}

// Why a part of a House was refused.
const (
	FaultMissing   = "missing"
	FaultDuplicate = "duplicate"
	FaultUnknown   = "unknown" // names something that is not there
	FaultInvalid   = "invalid"
)

// code is how a hospital names its own things: it goes into rosters and
// addresses, so it has no blanks.
var code = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// oldest bounds the ages of departments.
const oldest = 130

type houseCheck struct{ faults []HouseFault }

func (c *houseCheck) need(ok bool, reason, path string, args ...any) {
	if !ok {
		c.faults = append(c.faults, HouseFault{Path: fmt.Sprintf(path, args...), Reason: reason})
	}
}

func (c *houseCheck) label(l houzhen.Label, path string, args ...any) {
	c.need(l.Zh != "", FaultMissing, path+".zh", args...)
}

// keys checks an id and a code, and that nobody else has them.
func (c *houseCheck) keys(seen map[string]bool, id, own, list string, i int) {
	c.need(id != "", FaultMissing, "%s[%d].id", list, i)
	c.need(id == "" || !seen["id "+id], FaultDuplicate, "%s[%d].id", list, i)
	c.need(code.MatchString(own), FaultInvalid, "%s[%d].code", list, i)
	c.need(!seen["code "+own], FaultDuplicate, "%s[%d].code", list, i)
	seen["id "+id], seen["code "+own] = true, true
}

// Faults lists everything that is wrong with the house; none means it can be
// saved.
func (h House) Faults() []HouseFault {
	c := &houseCheck{}
	c.need(h.Hospital.ID != "", FaultMissing, "hospital.id")
	c.label(h.Hospital.Name, "hospital.name")
	_, err := time.LoadLocation(h.Hospital.TimeZone)
	c.need(err == nil && h.Hospital.TimeZone != "" && h.Hospital.TimeZone != "Local", FaultInvalid, "hospital.time_zone")
	campuses := map[string]bool{}
	for i, x := range h.Campuses {
		c.need(x.ID != "", FaultMissing, "campuses[%d].id", i)
		c.need(!campuses[x.ID], FaultDuplicate, "campuses[%d].id", i)
		c.need(x.HospitalID == h.Hospital.ID, FaultUnknown, "campuses[%d].hospital", i)
		c.label(x.Name, "campuses[%d].name", i)
		campuses[x.ID] = true
	}
	c.departments(h, campuses)
	c.places(h, campuses)
	return c.faults
}

func (c *houseCheck) departments(h House, campuses map[string]bool) {
	departments, doctors := map[string]bool{}, map[string]bool{}
	for i, d := range h.Departments {
		c.keys(departments, d.ID, d.Code, "departments", i)
		c.need(campuses[d.CampusID], FaultUnknown, "departments[%d].campus", i)
		c.label(d.Name, "departments[%d].name", i)
		if d.Sensitive {
			c.label(d.Alias, "departments[%d].alias", i)
		}
		c.need(d.MinAge >= 0 && d.MinAge <= oldest, FaultInvalid, "departments[%d].min_age", i)
		c.need(d.MaxAge == 0 || d.MaxAge >= d.MinAge && d.MaxAge <= oldest, FaultInvalid, "departments[%d].max_age", i)
		c.need(d.Sex == SexUnknown || d.Sex == Male || d.Sex == Female, FaultInvalid, "departments[%d].sex", i)
	}
	for i, d := range h.Doctors {
		c.keys(doctors, d.ID, d.Code, "doctors", i)
		c.need(departments["id "+d.DepartmentID], FaultUnknown, "doctors[%d].department", i)
		c.label(d.Name, "doctors[%d].name", i)
		c.need(d.Grade >= 1 && d.Grade <= 4, FaultInvalid, "doctors[%d].grade", i)
	}
}

func (c *houseCheck) places(h House, campuses map[string]bool) {
	zones, rooms := map[string]bool{}, map[string]bool{}
	for i, z := range h.Zones {
		c.keys(zones, z.ID, z.Code, "zones", i)
		c.need(campuses[z.CampusID], FaultUnknown, "zones[%d].campus", i)
		c.label(z.Name, "zones[%d].name", i)
		c.need(z.Mask == MaskNumberOnly || z.Mask == MaskSurname || z.Mask == MaskMiddle, FaultInvalid, "zones[%d].mask", i)
	}
	for i, r := range h.Rooms {
		c.keys(rooms, r.ID, r.Code, "rooms", i)
		c.need(zones["id "+r.ZoneID], FaultUnknown, "rooms[%d].zone", i)
		c.label(r.Name, "rooms[%d].name", i)
	}
}
