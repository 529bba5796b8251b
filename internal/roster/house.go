package roster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

// label is a public text in both languages.
type label struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en,omitempty"`
}

// document is a house as people write it: what belongs to something stands
// inside it, and codes name things. Ids are the codes unless given.
type document struct {
	Hospital struct {
		ID       string `yaml:"id"`
		Name     label  `yaml:"name"`
		TimeZone string `yaml:"time_zone"`
		Phone    string `yaml:"phone,omitempty"`
		Sign     string `yaml:"sign,omitempty"`

		Emergency      *label `yaml:"emergency,omitempty"`
		EmergencyPhone string `yaml:"emergency_phone,omitempty"`
	} `yaml:"hospital"`
	Campuses []campus `yaml:"campuses"`
}

type campus struct {
	ID          string       `yaml:"id"`
	Name        label        `yaml:"name"`
	Zones       []zone       `yaml:"zones,omitempty"`
	Departments []department `yaml:"departments,omitempty"`
}

type zone struct {
	ID    string `yaml:"id,omitempty"`
	Code  string `yaml:"code"`
	Name  label  `yaml:"name"`
	Mask  string `yaml:"mask,omitempty"`
	Rooms []room `yaml:"rooms,omitempty"`
}

type room struct {
	ID   string `yaml:"id,omitempty"`
	Code string `yaml:"code"`
	Name label  `yaml:"name"`
}

type department struct {
	ID        string   `yaml:"id,omitempty"`
	Code      string   `yaml:"code"`
	Name      label    `yaml:"name"`
	Sensitive bool     `yaml:"sensitive,omitempty"`
	Alias     *label   `yaml:"alias,omitempty"`
	MinAge    int      `yaml:"min_age,omitempty"`
	MaxAge    int      `yaml:"max_age,omitempty"`
	Sex       string   `yaml:"sex,omitempty"`
	Doctors   []doctor `yaml:"doctors,omitempty"`
}

type doctor struct {
	ID    string `yaml:"id,omitempty"`
	Code  string `yaml:"code"`
	Name  label  `yaml:"name"`
	Title label  `yaml:"title,omitempty"`
	Grade int    `yaml:"grade"`
	Pool  bool   `yaml:"pool,omitempty"`
}

// ParseHouse reads a house from one YAML or JSON document. What is wrong with
// it is CodeInvalid with []directory.HouseFault as its detail.
func ParseHouse(r io.Reader) (directory.House, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return directory.House{}, fmt.Errorf("read house: %w", err)
	case len(data) > maxBytes:
		return directory.House{}, houzhen.E(houzhen.CodeTooLarge, "house document is too large")
	case !utf8.Valid(data):
		return directory.House{}, houzhen.E(houzhen.CodeEncoding, "house document is not UTF-8")
	}
	var doc document
	d := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	d.KnownFields(true)
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return directory.House{}, houzhen.E(houzhen.CodeMalformed, "house document cannot be read").Because(err)
	}
	h := doc.house()
	if faults := h.Faults(); len(faults) > 0 {
		return h, houzhen.E(houzhen.CodeInvalid, "house refused").On(faults[0].Path).
			With("reason", faults[0].Reason).WithDetail(faults)
	}
	return h, nil
}

func (d document) house() directory.House {
	h := directory.House{Hospital: directory.Hospital{
		ID: d.Hospital.ID, Name: houzhen.Label(d.Hospital.Name), TimeZone: d.Hospital.TimeZone,
		Phone: d.Hospital.Phone, Sign: d.Hospital.Sign, EmergencyPhone: d.Hospital.EmergencyPhone,
	}}
	if d.Hospital.Emergency != nil {
		h.Hospital.Emergency = houzhen.Label(*d.Hospital.Emergency)
	}
	for _, c := range d.Campuses {
		h.Campuses = append(h.Campuses, directory.Campus{ID: c.ID, HospitalID: h.Hospital.ID, Name: houzhen.Label(c.Name)})
		for _, z := range c.Zones {
			z.add(&h, c.ID)
		}
		for _, x := range c.Departments {
			x.add(&h, c.ID)
		}
	}
	return h
}

func (z zone) add(h *directory.House, campusID string) {
	id := or(z.ID, z.Code)
	h.Zones = append(h.Zones, directory.Zone{
		ID: id, CampusID: campusID, Code: z.Code, Name: houzhen.Label(z.Name),
		Mask: directory.Mask(or(z.Mask, string(directory.MaskMiddle))),
	})
	for _, r := range z.Rooms {
		h.Rooms = append(h.Rooms, directory.Room{ID: or(r.ID, r.Code), ZoneID: id, Code: r.Code, Name: houzhen.Label(r.Name)})
	}
}

func (x department) add(h *directory.House, campusID string) {
	id := or(x.ID, x.Code)
	d := directory.Department{
		ID: id, CampusID: campusID, Code: x.Code, Name: houzhen.Label(x.Name), Sensitive: x.Sensitive,
		MinAge: x.MinAge, MaxAge: x.MaxAge, Sex: directory.Sex(x.Sex),
	}
	if x.Alias != nil {
		d.Alias = houzhen.Label(*x.Alias)
	}
	h.Departments = append(h.Departments, d)
	for _, p := range x.Doctors {
		h.Doctors = append(h.Doctors, directory.Doctor{
			ID: or(p.ID, p.Code), DepartmentID: id, Code: p.Code, Name: houzhen.Label(p.Name),
			Title: houzhen.Label(p.Title), Grade: p.Grade, Pool: p.Pool,
		})
	}
}

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}
