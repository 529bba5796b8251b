package main

import (
	"os"
	"testing"
)

// Every figure is printed; how quick they are is not judged here.
func TestNotifyPrintsItsFigures(t *testing.T) {
	engine := sqlite
	args := []string{"--json", "notify", "--small"}
	if url := os.Getenv("HOUZHEN_TEST_DATABASE_URL"); url != "" {
		engine = postgresql
	}
	c := call(t, args...)
	got := c.figures(t)
	for _, name := range []string{
		"notify.empty_tasks", "notify.bare_sdk", "notify.whole_path", "notify.path_ratio", "notify.mass_suspension",
		"notify.critical_behind_backlog", "notify.heap_after_planning", "notify.heap_growth",
	} {
		if f, ok := got[engine+"."+name]; !ok || f.Value <= 0 {
			t.Errorf("%s is %+v", name, f)
		}
	}
}
