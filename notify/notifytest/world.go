package notifytest

import (
	"context"
	"maps"
	"sync"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// World answers what it was told about a subject; one that it does not know is
// gone.
type World struct {
	mu    sync.Mutex
	views map[string]notify.View
	fail  map[string]error
	looks int
}

// NewWorld gives an empty world.
func NewWorld() *World { return &World{views: map[string]notify.View{}, fail: map[string]error{}} }

// Set says how the world sees a subject.
func (w *World) Set(subject string, v notify.View) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.views[subject] = v
}

// Stale says that messages about a subject must not go any more.
func (w *World) Stale(subject, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.views[subject]
	v.Stale = why
	w.views[subject] = v
}

// Fail lets every look at a subject fail; nil ends that.
func (w *World) Fail(subject string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[subject] = err
}

// Looks counts how often the world was asked.
func (w *World) Looks() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks
}

// Look implements notify.World.
func (w *World) Look(_ context.Context, _ notify.Tx, messages []notify.Message) ([]notify.View, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	views := make([]notify.View, len(messages))
	for i, m := range messages {
		if err := w.fail[m.Subject]; err != nil {
			return nil, err
		}
		v, ok := w.views[m.Subject]
		if !ok {
			v.Stale = "gone"
		}
		v.Vars = maps.Clone(v.Vars)
		views[i] = v
	}
	return views, nil
}

// Patient is a view with a value for every variable of the messages.
func Patient(phone string) notify.View {
	return notify.View{
		Vars: map[string]string{
			"name": "Z*** S***", "date": "Mon 23 Nov", "time": "09:00-09:30", "dept": "Cardiology", "doctor": "Wang Jianguo",
			"place": "Desk B", "tail": "4821", "deadline": "21:00", "phone": "0755-12345678", "n": "5", "eta": "10:20",
			"no": "A032", "room": "3", "hospital": "Sample Hospital", "start": "09:00",
		},
		Lang: houzhen.English, Phone: houzhen.NewPhone(phone), Push: "account-" + phone, Link: "/my",
	}
}
