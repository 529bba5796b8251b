package wording_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/templates"
)

func now() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func draft(text string) templates.Draft {
	return templates.Draft{Key: "queue.called", Lang: houzhen.English, Channel: templates.SMS, Text: text}
}

const good = "Number ${no}: go to room ${room} now."

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, code string
		from, to         wording.State
		want             houzhen.Code
	}{
		{"handed in", good, "", wording.Draft, wording.Submitted, ""},
		{"approved", good, "SMS_200000001", wording.Submitted, wording.Approved, ""},
		{"approved at once", good, "SMS_200000001", wording.Draft, wording.Approved, ""},
		{"rejected", good, "", wording.Submitted, wording.Rejected, ""},
		{"taken back overnight", good, "", wording.Approved, wording.Rejected, ""},
		{"approved after all", good, "SMS_200000001", wording.Rejected, wording.Approved, ""},
		{"approved without a code", good, "", wording.Submitted, wording.Approved, houzhen.CodeInvalid},
		{"approved with another channel's code", good, "TTS_200000001", wording.Submitted, wording.Approved, houzhen.CodeInvalid},
		{"approved with a fault", good + " QQ", "SMS_200000001", wording.Submitted, wording.Approved, houzhen.CodeInvalid},
		{"a fault may be rejected", good + " QQ", "", wording.Submitted, wording.Rejected, ""},
		{"already so", good, "", wording.Rejected, wording.Rejected, houzhen.CodeState},
		{"back to the provider", good, "", wording.Approved, wording.Submitted, houzhen.CodeState},
		{"no such state", good, "", wording.Draft, "gone", houzhen.CodeInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := wording.Version{Draft: draft(c.text), Number: 1, State: c.from}
			got, err := v.Decide(wording.Decision{State: c.to, Code: c.code, Note: "n", By: "m1"}, templates.House{Sign: "Sample"}, now())
			if houzhen.CodeOf(err) != c.want && (err != nil || c.want != "") {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err == nil && (got.State != c.to || got.DecidedBy != "m1" || !got.DecidedAt.Equal(now()) || got.Code != c.code) {
				t.Errorf("got %+v", got)
			}
		})
	}
	if _, err := (wording.Version{Draft: draft(good)}).Decide(wording.Decision{State: wording.Rejected}, templates.House{}, now()); houzhen.CodeOf(err) != houzhen.CodeMissing {
		t.Errorf("nobody decides: got %v", err)
	}
	long := wording.Decision{State: wording.Rejected, By: "m1", Note: strings.Repeat("x", 201)}
	if _, err := (wording.Version{Draft: draft(good)}).Decide(long, templates.House{}, now()); houzhen.CodeOf(err) != houzhen.CodeInvalid {
		t.Errorf("a long note: got %v", err)
	}
}

// A push has no provider that reviews its words, and so no code.
func TestPushIsApprovedWithoutACode(t *testing.T) {
	t.Parallel()
	v := wording.Version{Draft: draft(good), State: wording.Draft}
	v.Channel, v.Title = templates.Push, "Please come in"
	if _, err := v.Decide(wording.Decision{State: wording.Approved, By: "m1"}, templates.House{}, now()); err != nil {
		t.Error(err)
	}
	if _, err := v.Decide(wording.Decision{State: wording.Approved, Code: "SMS_200000001", By: "m1"}, templates.House{}, now()); houzhen.CodeOf(err) != houzhen.CodeInvalid {
		t.Errorf("with a code: got %v", err)
	}
}

// Case 33: what was rejected overnight gives way to the approved one before it.
func TestHeldFallsBack(t *testing.T) {
	t.Parallel()
	at := func(n int, s wording.State, lang houzhen.Lang) wording.Version {
		d := draft(fmt.Sprintf("No. ${no}: room ${room}, version %d.", n))
		d.Lang = lang
		return wording.Version{Draft: d, Number: n, State: s, Code: fmt.Sprintf("SMS_10000%d", n)}
	}
	zh, en := houzhen.Chinese, houzhen.English
	for _, c := range []struct {
		name     string
		versions []wording.Version
		want     int
	}{
		{"none", nil, 0},
		{"only drafts", []wording.Version{at(1, wording.Draft, en), at(2, wording.Submitted, en)}, 0},
		{"approved", []wording.Version{at(1, wording.Approved, en)}, 1},
		{"the later one", []wording.Version{at(2, wording.Approved, en), at(1, wording.Approved, en)}, 2},
		{"whatever their order", []wording.Version{at(1, wording.Approved, en), at(2, wording.Approved, en)}, 2},
		{"rejected overnight", []wording.Version{at(2, wording.Rejected, en), at(1, wording.Approved, en)}, 1},
		{"all rejected", []wording.Version{at(2, wording.Rejected, en), at(1, wording.Rejected, en)}, 0},
		{"another language", []wording.Version{at(1, wording.Approved, zh)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			book := templates.NewBook(wording.Held(c.versions))
			r, err := book.Render("queue.called", en, templates.SMS, map[string]string{"no": "A032", "room": "3"})
			if err != nil || r.Number != c.want {
				t.Fatalf("got version %d, %v, want %d", r.Number, err, c.want)
			}
			if says := strings.Contains(r.Text, fmt.Sprintf("version %d", c.want)); says != (c.want > 0) || (r.Code != "") != (c.want > 0) {
				t.Errorf("got %q with code %q", r.Text, r.Code)
			}
		})
	}
}

// memory is a store in which nothing fails but what is asked to.
type memory struct {
	versions []wording.Version
	audit    []string
	reads    int
}

func (m *memory) InTx(_ context.Context, f func(wording.Tx) error) error { return f(m) }
func (m *memory) View(_ context.Context, f func(wording.Tx) error) error { return f(m) }
func (m *memory) Now() time.Time                                         { return now() }

func (m *memory) WordingVersions(_ context.Context, key string) ([]wording.Version, error) {
	m.reads++
	var list []wording.Version
	for _, v := range slices.Backward(m.versions) {
		if key == "" || v.Key == key {
			list = append(list, v)
		}
	}
	return list, nil
}

func (m *memory) LockWording(_ context.Context, id string) (wording.Version, error) {
	for _, v := range m.versions {
		if v.ID == id {
			return v, nil
		}
	}
	return wording.Version{}, houzhen.E(houzhen.CodeNotFound, "no such version")
}

func (m *memory) SaveWording(_ context.Context, v *wording.Version) error {
	v.Revision++
	for i := range m.versions {
		if m.versions[i].ID == v.ID {
			m.versions[i] = *v
			return nil
		}
	}
	m.versions = append(m.versions, *v)
	return nil
}

func (m *memory) WordingStamp(context.Context) (n int64, _ error) {
	for _, v := range m.versions {
		n += v.Revision
	}
	return n, nil
}

func (m *memory) Append(_ context.Context, actor, action, object, detail string) error {
	m.audit = append(m.audit, strings.Join([]string{actor, action, object, detail}, " "))
	return nil
}

func service(m *memory) *wording.Service {
	n := 0
	return wording.NewService(m, func() string { n++; return fmt.Sprintf("w%d", n) }, templates.House{Sign: "Sample"})
}

func TestSave(t *testing.T) {
	t.Parallel()
	m := &memory{}
	s := service(m)
	for _, c := range []struct {
		name   string
		draft  templates.Draft
		number int
		want   houzhen.Code
	}{
		{"the first", draft(good), 1, ""},
		{"the same again", draft(" " + good), 1, ""},
		{"another", draft("Room ${room}: number ${no}."), 2, ""},
		{"with a fault that may be mended", draft("Room ${room}, number ${no}, QQ."), 3, ""},
		{"a variable that nobody gives", draft("Room ${room}, ${fee}."), 0, houzhen.CodeInvalid},
		{"not to be read", draft("Room ${room"), 0, houzhen.CodeInvalid},
		{"no such message", templates.Draft{Key: "none", Lang: houzhen.English, Channel: templates.SMS, Text: "x"}, 0, houzhen.CodeNotFound},
	} {
		v, err := s.Save(t.Context(), "m1", c.draft)
		if (err != nil || c.want != "") && houzhen.CodeOf(err) != c.want || v.Number != c.number {
			t.Errorf("%s: got %d, %v, want %d, %q", c.name, v.Number, err, c.number, c.want)
		}
	}
	want := []string{"m1 wording.saved w1 queue.called/en/sms 1", "m1 wording.saved w3 queue.called/en/sms 2", "m1 wording.saved w4 queue.called/en/sms 3"}
	if !slices.Equal(m.audit, want) {
		t.Errorf("audit: got %q, want %q", m.audit, want)
	}
}

// The book follows every change and is read only then.
func TestBook(t *testing.T) {
	t.Parallel()
	m := &memory{}
	s := service(m)
	says := func(want int) {
		t.Helper()
		book, err := s.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := book.Current("queue.called", houzhen.English, templates.SMS); got.Number != want {
			t.Errorf("got version %d, want %d", got.Number, want)
		}
	}
	decide := func(id string, state wording.State, code string) {
		t.Helper()
		if _, err := s.Decide(t.Context(), id, wording.Decision{State: state, Code: code, By: "m2"}); err != nil {
			t.Fatal(err)
		}
	}
	says(0)
	for i, text := range []string{good, "Room ${room}: number ${no}."} {
		v, err := s.Save(t.Context(), "m1", draft(text))
		if err != nil {
			t.Fatal(err)
		}
		says(i)
		decide(v.ID, wording.Approved, fmt.Sprintf("SMS_20000000%d", i))
		says(i + 1)
	}
	read := m.reads
	says(2)
	if m.reads != read {
		t.Errorf("read %d times without a change, want none", m.reads-read)
	}
	decide("w2", wording.Rejected, "")
	says(1)
	if last := m.audit[len(m.audit)-1]; last != "m2 wording.rejected w2 queue.called/en/sms 2" {
		t.Errorf("audit: got %q", last)
	}
	if _, err := s.Decide(t.Context(), "none", wording.Decision{State: wording.Rejected, By: "m2"}); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		t.Errorf("got %v, want not found", err)
	}
}
