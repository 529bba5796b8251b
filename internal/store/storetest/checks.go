package storetest

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// Checks lets the properties of a test run so many times with a fixed seed;
// with HOUZHEN_LONG=1 they run at their full size with a seed of their own.
// What the command line says of rapid goes first. The test must not be
// parallel to others that use it.
func Checks(tb testing.TB, reduced int) {
	tb.Helper()
	if os.Getenv("HOUZHEN_LONG") != "" {
		return
	}
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(reduced), "rapid.seed": "20260302"} {
		f := flag.Lookup(name)
		if f == nil || f.Value.String() != f.DefValue {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = flag.Set(name, f.DefValue) })
	}
}
