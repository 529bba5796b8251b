package roster

import (
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

// WriteHouse writes a house as ParseHouse reads it.
func WriteHouse(w io.Writer, h directory.House) error {
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(documentOf(h)); err != nil {
		return fmt.Errorf("write house: %w", err)
	}
	if err := e.Close(); err != nil {
		return fmt.Errorf("write house: %w", err)
	}
	return nil
}

func documentOf(h directory.House) document {
	var d document
	d.Hospital.ID, d.Hospital.Name, d.Hospital.TimeZone = h.Hospital.ID, label(h.Hospital.Name), h.Hospital.TimeZone
	d.Hospital.Phone, d.Hospital.Sign, d.Hospital.EmergencyPhone = h.Hospital.Phone, h.Hospital.Sign, h.Hospital.EmergencyPhone
	if h.Hospital.Emergency != (houzhen.Label{}) {
		where := label(h.Hospital.Emergency)
		d.Hospital.Emergency = &where
	}
	for _, c := range h.Campuses {
		d.Campuses = append(d.Campuses, campus{
			ID: c.ID, Name: label(c.Name), Zones: zonesOf(h, c.ID), Departments: departmentsOf(h, c.ID),
		})
	}
	return d
}

func zonesOf(h directory.House, campusID string) (zones []zone) {
	for _, z := range h.Zones {
		if z.CampusID != campusID {
			continue
		}
		out := zone{ID: unlike(z.ID, z.Code), Code: z.Code, Name: label(z.Name), Mask: string(z.Mask)}
		for _, r := range h.Rooms {
			if r.ZoneID == z.ID {
				out.Rooms = append(out.Rooms, room{ID: unlike(r.ID, r.Code), Code: r.Code, Name: label(r.Name)})
			}
		}
		zones = append(zones, out)
	}
	return zones
}

func departmentsOf(h directory.House, campusID string) (departments []department) {
	for _, x := range h.Departments {
		if x.CampusID != campusID {
			continue
		}
		out := department{ID: unlike(x.ID, x.Code), Code: x.Code, Name: label(x.Name), Sensitive: x.Sensitive}
		if x.Alias != (houzhen.Label{}) {
			alias := label(x.Alias)
			out.Alias = &alias
		}
		for _, p := range h.Doctors {
			if p.DepartmentID == x.ID {
				out.Doctors = append(out.Doctors, doctor{
					ID: unlike(p.ID, p.Code), Code: p.Code, Name: label(p.Name), Title: label(p.Title), Grade: p.Grade, Pool: p.Pool,
				})
			}
		}
		departments = append(departments, out)
	}
	return departments
}

// unlike leaves out an id that is the code.
func unlike(id, code string) string {
	if id == code {
		return ""
	}
	return id
}
