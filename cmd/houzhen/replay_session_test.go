package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/queue"
)

// heldSession leaves behind it a session in which two came, one was seen, and
// gives its id.
func heldSession(t *testing.T, data string) string {
	t.Helper()
	cfg := app.Defaults()
	cfg.Data, cfg.Channel = data, "file"
	a, err := app.New(t.Context(), cfg, app.Options{Blind: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	const id = "held"
	start := a.Now().Truncate(time.Hour)
	err = a.Store.Queue().InTx(t.Context(), func(tx queue.Tx) error {
		if err := a.Queue.Open(t.Context(), tx, queue.OpenQueue{SessionID: id, ZoneID: "z", RoomID: "r", DoctorID: "d", Prefix: "A", Start: start, End: start.Add(4 * time.Hour)}); err != nil {
			return err
		}
		for no := 1; no <= 2; no++ {
			_, err := a.Queue.CheckIn(t.Context(), tx, queue.Admission{
				AppointmentID: "a" + string(rune('0'+no)), PatientID: "p" + string(rune('0'+no)), SessionID: id, No: no, SliceStart: start, SliceEnd: start.Add(time.Hour), Nurse: true,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := a.Queue.CallNext(t.Context(), queue.CallRequest{SessionID: id, RequestID: "call", Operator: "nurse-7"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Queue.Finish(t.Context(), queue.TicketRequest{SessionID: id, RequestID: "finish", TicketID: o.Ticket.ID}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestReplaySessionTellsEachStepWithItsReason(t *testing.T) {
	data := house(t)
	id := heldSession(t, data)
	call(t, "replay", "session", "--data", data, "--lang", "en", "--positions", id).expect(t, 0, "A001", "next", "nurse-7", "finish")
	c := call(t, "replay", "session", "--data", data, "--json", id)
	c.expect(t, 0)
	var report sessionReport
	if err := json.Unmarshal([]byte(c.out), &report); err != nil {
		t.Fatalf("%v in %s", err, c.out)
	}
	var verbs []string
	for _, s := range report.Steps {
		verbs = append(verbs, s.Verb)
	}
	if len(verbs) != 5 || verbs[0] != queue.VerbOpen || verbs[3] != queue.VerbNext || verbs[4] != queue.VerbFinish || report.Steps[3].Label != "A001" || report.Steps[4].State != queue.Done {
		t.Errorf("got %v, the call of %s, at the end %s", verbs, report.Steps[3].Label, report.Steps[4].State)
	}
	policy := written(t, "p.yaml", "ready_size: 1\n")
	call(t, "replay", "session", "--data", data, "--policy", policy, id).expect(t, 0)
	call(t, "replay", "session", "--data", data, "none").expect(t, 1)
	call(t, "replay", "session", "--data", data, "--policy", written(t, "bad.yaml", "ready_size: 0\n"), id).expect(t, 1, "ready_size")
}
