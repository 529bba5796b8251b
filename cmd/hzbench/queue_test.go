package main

import "testing"

// Every figure is printed; how quick they are is not judged here.
func TestQueuePrintsItsFigures(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c := call(t, append(services(t), "--json", "queue", "--small")...)
	got := c.figures(t)
	for _, engine := range engines() {
		for _, name := range []string{
			"queue.events", "queue.waiting", "queue.answered_p99", "queue.p50", "queue.p99", "queue.frames", "queue.forecast_patient", "queue.forecast_doctor",
		} {
			if f, ok := got[engine+"."+name]; !ok || f.Value <= 0 {
				t.Errorf("%s.%s is %+v\n%s", engine, name, f, c.err)
			}
		}
	}
}
