package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/internal/store"
)

func runNoShow(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a model is kept, the last one wins", func(t *testing.T) { noShowModel(t, open(t)) })
	t.Run("histories are kept by patient", func(t *testing.T) { noShowHistories(t, open(t)) })
	t.Run("forecasts are kept by appointment and found by day", func(t *testing.T) { noShowForecasts(t, open(t)) })
}

func noShowModel(t *testing.T, db *store.DB) {
	t.Helper()
	look(t, db, func(tx *store.Tx) error {
		_, err := tx.NoShowModel(t.Context())
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
	for _, body := range []string{`{"a":1}`, `{"a":2}`} {
		write(t, db, func(tx *store.Tx) error { return tx.SaveNoShowModel(t.Context(), []byte(body)) })
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.NoShowModel(t.Context())
		if string(got) != `{"a":2}` {
			t.Errorf("got %s, want the second", got)
		}
		return err
	})
}

func noShowHistories(t *testing.T, db *store.DB) {
	t.Helper()
	first := map[string]noshow.History{"p1": {Visits: 1, LastDay: today()}, "p2": {Visits: 3, Missed: 2, Ahead: 2, Away: 1, Last: true, LastDay: today()}}
	write(t, db, func(tx *store.Tx) error { return tx.SaveHistories(t.Context(), first) })
	later := noshow.History{Visits: 2, Missed: 1, Ahead: 1, Away: 1, Last: true, LastDay: today().AddDays(1)}
	write(t, db, func(tx *store.Tx) error {
		return tx.SaveHistories(t.Context(), map[string]noshow.History{"p1": later})
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Histories(t.Context(), []string{"p1", "p2", "p3"})
		if diff := cmp.Diff(got, map[string]noshow.History{"p1": later, "p2": first["p2"]}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		return err
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Histories(t.Context(), nil)
		if len(got) != 0 {
			t.Errorf("got %v for nobody", got)
		}
		return err
	})
}

func noShowForecasts(t *testing.T, db *store.DB) {
	t.Helper()
	forecast := func(id string, days int, p float64, because ...noshow.Reason) noshow.Forecast {
		return noshow.Forecast{AppointmentID: id, SessionID: "s1", Day: today().AddDays(days), P: p, Because: because, MadeAt: Start(), Version: 1}
	}
	why := noshow.Reason{Term: noshow.TermLead, More: true, Moves: 0.5}
	a, b, c := forecast("a", 0, 0.25, why), forecast("b", 1, 0.046), forecast("c", 2, 1)
	write(t, db, func(tx *store.Tx) error { return tx.SaveForecasts(t.Context(), c, a, forecast("b", 0, 0.9, why)) })
	write(t, db, func(tx *store.Tx) error { return tx.SaveForecasts(t.Context(), b) })
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Forecast(t.Context(), "a")
		if diff := cmp.Diff(got, a); diff != "" || err != nil {
			t.Errorf("%v (-got +want):\n%s", err, diff)
		}
		p, known, err := noshow.Chance(t.Context(), tx, "b")
		if p != 0.046 || !known || err != nil {
			t.Errorf("got %v, %v, %v, want the later estimate", p, known, err)
		}
		if p, known, err := noshow.Chance(t.Context(), tx, "nobody"); p != 0 || known || err != nil {
			t.Errorf("got %v, %v, %v, want none known", p, known, err)
		}
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.ForecastsOf(t.Context(), today(), today().AddDays(1))
		if diff := cmp.Diff(got, []noshow.Forecast{a, b}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		return err
	})
	err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveForecasts(t.Context(), forecast("x", 0, 1.5)) })
	if err == nil {
		t.Error("a chance of 1.5 was kept")
	}
}
