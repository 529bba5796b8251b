package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/houzhen/houzhen/booking"
)

// Columns of a roster. The needed ones must be in the header, in any order.
var (
	needed   = []string{"department", "doctor", "room", "weekday", "part", "start", "end", "slice_minutes", "slice_capacity"}
	optional = []string{"date", "class", "prefix", "valid_from", "valid_to", "kind"}
)

func column(name string) bool {
	return slices.Contains(needed, name) || slices.Contains(optional, name) || slices.Contains(quotaColumns(), name)
}

// quotaColumns says how many of a line's places are kept for whom, one column
// a quota: quota_elder, quota_referral and so on.
func quotaColumns() []string {
	names := make([]string, len(booking.AllQuotas))
	for i, q := range booking.AllQuotas {
		names[i] = "quota_" + string(q)
	}
	return names
}

// readCSV reads rows under their header.
func readCSV(data []byte) (rows []row, faults []Fault) {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	var header []string
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, faults
		}
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			faults = append(faults, Fault{Line: bad.StartLine, Code: FaultMalformed})
			if header == nil {
				return nil, faults // nothing after it can be understood
			}
			continue
		case err != nil:
			return rows, append(faults, Fault{Line: 1, Code: FaultMalformed})
		}
		line, _ := r.FieldPos(0)
		if len(rows)+len(faults) >= maxLines {
			return rows, append(faults, Fault{Line: line, Code: FaultTooLarge})
		}
		if header == nil {
			var wrong []Fault
			if header, wrong = readHeader(record, line); len(wrong) > 0 {
				return nil, append(faults, wrong...)
			}
			continue
		}
		if blank(record) {
			continue
		}
		fields, fault := named(header, record, line)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		rows = append(rows, row{line, fields})
	}
}

// readHeader gives the columns in our names.
func readHeader(record []string, line int) (header []string, faults []Fault) {
	for _, h := range record {
		if !utf8.ValidString(h) {
			return nil, []Fault{{Line: line, Code: FaultEncoding}}
		}
		name := words["column"].find(h)
		switch {
		case !column(name):
			faults = append(faults, Fault{Line: line, Code: FaultHeaderName, Args: value(h)})
		case slices.Contains(header, name):
			faults = append(faults, Fault{Line: line, Field: name, Code: FaultHeaderTwo})
		}
		header = append(header, name)
	}
	for _, n := range needed {
		if !slices.Contains(header, n) {
			faults = append(faults, Fault{Line: line, Field: n, Code: FaultHeader})
		}
	}
	return header, faults
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
}

func named(header, record []string, line int) (map[string]string, *Fault) {
	if len(record) != len(header) {
		return nil, &Fault{Line: line, Code: FaultColumns, Args: map[string]string{
			"got": strconv.Itoa(len(record)), "want": strconv.Itoa(len(header)),
		}}
	}
	fields := map[string]string{}
	for i, v := range record {
		if !utf8.ValidString(v) {
			return nil, &Fault{Line: line, Field: header[i], Code: FaultEncoding}
		}
		fields[header[i]] = strings.TrimSpace(v)
	}
	return fields, nil
}

// value quotes what stood in the file, cut to a length that can be shown.
func value(s string) map[string]string {
	r := []rune(strings.ToValidUTF8(strings.TrimSpace(s), "?"))
	return map[string]string{"value": string(r[:min(len(r), 40)])}
}
