package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

const (
	campusColumns     = `id, hospital_id, name_zh, name_en`
	departmentColumns = `id, campus_id, code, name_zh, name_en, sensitive, alias_zh, alias_en, min_age, max_age, sex`
	zoneColumns       = `id, campus_id, code, name_zh, name_en, mask`
	roomColumns       = `id, zone_id, code, name_zh, name_en`
	doctorColumns     = `id, department_id, code, name_zh, name_en, title_zh, title_en, grade, pool`
	hospitalColumns   = `id, name_zh, name_en, time_zone, phone, sign, emergency_phone, emergency_zh, emergency_en`
)

func hospitalInto(h *directory.Hospital) []any {
	return []any{
		&h.ID, &h.Name.Zh, &h.Name.En, &h.TimeZone, &h.Phone, &h.Sign, &h.EmergencyPhone, &h.Emergency.Zh, &h.Emergency.En,
	}
}

func campusInto(c *directory.Campus) []any {
	return []any{&c.ID, &c.HospitalID, &c.Name.Zh, &c.Name.En}
}

func departmentInto(d *directory.Department) []any {
	return []any{
		&d.ID, &d.CampusID, &d.Code, &d.Name.Zh, &d.Name.En, (*flag)(&d.Sensitive), &d.Alias.Zh, &d.Alias.En,
		(*number)(&d.MinAge), (*number)(&d.MaxAge), (*string)(&d.Sex),
	}
}

func zoneInto(z *directory.Zone) []any {
	return []any{&z.ID, &z.CampusID, &z.Code, &z.Name.Zh, &z.Name.En, (*string)(&z.Mask)}
}

func roomInto(r *directory.Room) []any {
	return []any{&r.ID, &r.ZoneID, &r.Code, &r.Name.Zh, &r.Name.En}
}

func doctorInto(d *directory.Doctor) []any {
	return []any{
		&d.ID, &d.DepartmentID, &d.Code, &d.Name.Zh, &d.Name.En, &d.Title.Zh, &d.Title.En, (*number)(&d.Grade), (*flag)(&d.Pool),
	}
}

// House loads the public side of the hospital, each list by id. Before the
// first SaveHouse it is the zero value.
func (tx *Tx) House(ctx context.Context) (directory.House, error) {
	var h directory.House
	hospital, err := one(ctx, tx, missing("hospital"), hospitalInto, `SELECT `+hospitalColumns+` FROM hospital ORDER BY id LIMIT 1`)
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return h, err
	}
	h.Hospital = hospital
	err = errors.Join(
		list(ctx, tx, &h.Campuses, campusInto, `SELECT `+campusColumns+` FROM campus ORDER BY id`),
		list(ctx, tx, &h.Departments, departmentInto, `SELECT `+departmentColumns+` FROM department ORDER BY id`),
		list(ctx, tx, &h.Zones, zoneInto, `SELECT `+zoneColumns+` FROM zone ORDER BY id`),
		list(ctx, tx, &h.Rooms, roomInto, `SELECT `+roomColumns+` FROM room ORDER BY id`),
		list(ctx, tx, &h.Doctors, doctorInto, `SELECT `+doctorColumns+` FROM doctor ORDER BY id`),
	)
	if err != nil {
		return h, fmt.Errorf("load house: %w", err)
	}
	return h, nil
}

func list[T any](ctx context.Context, tx *Tx, to *[]T, into func(*T) []any, text string) error {
	rows, err := all(ctx, tx, into, text)
	*to = rows
	return err
}

// SaveHouse inserts or updates everything in h by id, and takes nothing out.
func (tx *Tx) SaveHouse(ctx context.Context, h directory.House) error {
	if h.Hospital.ID != "" {
		o := h.Hospital
		if err := tx.save(ctx, "hospital", hospitalColumns, o.ID, o.Name.Zh, o.Name.En, o.TimeZone, o.Phone, o.Sign,
			o.EmergencyPhone, o.Emergency.Zh, o.Emergency.En); err != nil {
			return err
		}
	}
	return errors.Join(
		each(h.Campuses, func(c directory.Campus) error {
			return tx.save(ctx, "campus", campusColumns, c.ID, c.HospitalID, c.Name.Zh, c.Name.En)
		}),
		each(h.Departments, func(d directory.Department) error {
			return tx.save(ctx, "department", departmentColumns, d.ID, d.CampusID, d.Code, d.Name.Zh, d.Name.En,
				bit(d.Sensitive), d.Alias.Zh, d.Alias.En, int64(d.MinAge), int64(d.MaxAge), string(d.Sex))
		}),
		each(h.Zones, func(z directory.Zone) error {
			return tx.save(ctx, "zone", zoneColumns, z.ID, z.CampusID, z.Code, z.Name.Zh, z.Name.En, string(z.Mask))
		}),
		each(h.Rooms, func(r directory.Room) error {
			return tx.save(ctx, "room", roomColumns, r.ID, r.ZoneID, r.Code, r.Name.Zh, r.Name.En)
		}),
		each(h.Doctors, func(d directory.Doctor) error {
			return tx.save(ctx, "doctor", doctorColumns, d.ID, d.DepartmentID, d.Code, d.Name.Zh, d.Name.En, d.Title.Zh,
				d.Title.En, int64(d.Grade), bit(d.Pool))
		}),
	)
}

func each[T any](items []T, f func(T) error) error {
	for _, item := range items {
		if err := f(item); err != nil {
			return err
		}
	}
	return nil
}
