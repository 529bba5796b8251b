package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// yamlSettings reads a settings file: flag names to values. A name that is no
// flag is refused, so that a misspelt setting never passes in silence.
func yamlSettings(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil {
		return nil, fmt.Errorf("settings file is not YAML: %w", err)
	}
	return settings(values), nil
}

type settings map[string]any

// Validate refuses names that are no flags.
func (s settings) Validate(a *kong.Application) error {
	var known []string
	for _, f := range a.Flags {
		known = append(known, f.Name)
	}
	for name := range s {
		if !slices.Contains(known, name) {
			return fmt.Errorf("settings file: %q is no setting; houzhen --help lists them", name)
		}
	}
	return nil
}

// Resolve gives the value of a flag, nil when the file does not name it.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	return s[flag.Name], nil
}
