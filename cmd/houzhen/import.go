package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/roster"
	"github.com/houzhen/houzhen/templates"
)

// importCmd brings in what other systems know.
type importCmd struct {
	Roster importRoster `cmd:"" help:"A weekly roster with exceptions, CSV or JSON."`
	House  importHouse  `cmd:"" help:"The hospital: campuses, departments, zones, rooms, doctors; YAML or JSON."`
}

type importRoster struct {
	File    string `arg:"" help:"roster.csv or roster.json"`
	SkipBad bool   `help:"Take the good lines of a file that has faulty ones."`
}

// Run implements the command.
func (c *importRoster) Run(e *env) error {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("open roster: %w", err)
	}
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	taken, err := a.ImportRoster(e.ctx, c.File, body, c.SkipBad)
	explain(e.errOut, taken.Faults)
	if houzhen.CodeOf(err) == houzhen.CodeRoster {
		return errors.New("nothing was taken; mend these lines, or leave them out with --skip-bad")
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(e.out, "took %d weekly lines and %d exceptions, left out %d faulty lines\n", taken.Rosters, taken.Exceptions, len(taken.Faults))
	return nil
}

// explain names every faulty line by number and reason, in the language of
// the terminal.
func explain(w io.Writer, faults []roster.Fault) {
	lang := houzhen.English
	if strings.HasPrefix(os.Getenv("LANG"), "zh") {
		lang = houzhen.Chinese
	}
	for _, f := range faults {
		_, _ = fmt.Fprintf(w, "%d: %s: %s\n", f.Line, f.Field, templates.RosterFault(f.Code, lang, f.Args))
	}
}

type importHouse struct {
	File string `arg:"" help:"house.yaml or house.json"`
}

// Run implements the command.
func (c *importHouse) Run(e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open house: %w", err)
	}
	defer func() { _ = f.Close() }()
	house, err := roster.ParseHouse(f)
	if err != nil {
		return unfit(e.errOut, house, err)
	}
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	if err := a.Directory.SaveHouse(e.ctx, house); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(e.out, "took %d departments, %d zones, %d rooms, %d doctors\n", len(house.Departments), len(house.Zones), len(house.Rooms), len(house.Doctors))
	return nil
}

// unfit names everything that is wrong with a house that could be read.
func unfit(w io.Writer, house directory.House, err error) error {
	if houzhen.CodeOf(err) != houzhen.CodeInvalid {
		return err
	}
	for _, f := range house.Faults() {
		_, _ = fmt.Fprintf(w, "%s: %s\n", f.Path, f.Reason)
	}
	return errors.New("nothing was taken; mend these parts of the house")
}
