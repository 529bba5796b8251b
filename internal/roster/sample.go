package roster

import (
	"bytes"
	_ "embed" // the sample hospital
	"fmt"

	"github.com/houzhen/houzhen/directory"
)

//go:embed sample.yaml
var sampleHouse []byte

//go:embed sample_roster.csv
var sampleRoster []byte

// Sample gives a small hospital with a roster that has sessions in every
// department on every day, for the demo and for first steps.
func Sample() (directory.House, Parsed, error) {
	h, err := ParseHouse(bytes.NewReader(sampleHouse))
	if err != nil {
		return h, Parsed{}, fmt.Errorf("sample house: %w", err)
	}
	p := Parse(bytes.NewReader(sampleRoster), CSV, directory.NewIndex(h))
	if len(p.Faults) > 0 {
		return h, p, fmt.Errorf("sample roster: line %d: %s %s", p.Faults[0].Line, p.Faults[0].Field, p.Faults[0].Code)
	}
	return h, p, nil
}
