package roster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readJSON reads an array of objects that have the columns as keys, or an
// object that has such an array under "lines". Lines are those of the file.
func readJSON(data []byte) (rows []row, faults []Fault) {
	d := json.NewDecoder(bytes.NewReader(data))
	at := func(offset int64) int { return 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n")) }
	if !openLines(d) {
		return nil, []Fault{{Line: at(d.InputOffset()), Code: FaultMalformed}}
	}
	for d.More() {
		start := d.InputOffset()
		for start < int64(len(data)) && strings.IndexByte(" \t\r\n,", data[start]) >= 0 {
			start++
		}
		line := at(start)
		if len(rows)+len(faults) >= maxLines {
			return rows, append(faults, Fault{Line: line, Code: FaultTooLarge})
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return rows, append(faults, Fault{Line: at(d.InputOffset()), Code: FaultMalformed})
		}
		fields, wrong := object(raw, line)
		if faults = append(faults, wrong...); len(wrong) == 0 {
			rows = append(rows, row{line, fields})
		}
	}
	if _, err := d.Token(); err != nil { // the array was cut off
		faults = append(faults, Fault{Line: at(d.InputOffset()), Code: FaultMalformed})
	}
	return rows, faults
}

// openLines reads up to the first element.
func openLines(d *json.Decoder) bool {
	first, err := d.Token()
	if err != nil {
		return false
	}
	if first == json.Delim('{') {
		key, err := d.Token()
		if err != nil || key != "lines" {
			return false
		}
		if first, err = d.Token(); err != nil {
			return false
		}
	}
	return first == json.Delim('[')
}

func object(raw json.RawMessage, line int) (map[string]string, []Fault) {
	if !utf8.Valid(raw) {
		return nil, []Fault{{Line: line, Code: FaultEncoding}}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil || values == nil {
		return nil, []Fault{{Line: line, Code: FaultMalformed}}
	}
	fields := map[string]string{}
	var faults []Fault
	for _, k := range slices.Sorted(maps.Keys(values)) {
		name := words["column"].find(k)
		text, ok := scalar(values[k])
		switch {
		case !column(name):
			faults = append(faults, Fault{Line: line, Code: FaultHeaderName, Args: value(k)})
		case !ok:
			faults = append(faults, Fault{Line: line, Field: name, Code: FaultInvalid, Args: value(fmt.Sprint(values[k]))})
		default:
			fields[name] = strings.TrimSpace(text)
		}
	}
	return fields, faults
}

// scalar gives a value as CSV would have it.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
