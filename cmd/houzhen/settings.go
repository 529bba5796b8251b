package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// yamlSettings reads a settings file: flag names to values. A name that is no
// flag is refused, so that a misspelt setting never passes in silence.
func yamlSettings(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && !errors.Is(err, io.EOF) { // an empty file sets nothing
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

// Resolve gives the value of a flag, nil when the file does not name it or the
// environment has another.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil //nolint:nilnil // kong's sign for: not from here
		}
	}
	return s[flag.Name], nil
}
