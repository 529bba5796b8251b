package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/booking/guide"
)

// sampleGuide is a request that takes the sample in.
func sampleGuide() string {
	b, err := json.Marshal(map[string]string{"format": "yaml", "text": string(guide.Sample())})
	if err != nil {
		panic(err)
	}
	return string(b)
}

type guidanceBody struct {
	Outcome  string `json:"outcome"`
	InForce  bool   `json:"in_force"`
	Overdue  bool   `json:"review_overdue"`
	ReviewBy string `json:"review_by"`
	Alarms   []struct {
		Words []string `json:"words"`
	} `json:"alarms"`
	Departments []struct {
		ID   string `json:"id"`
		Here bool   `json:"here"`
	} `json:"departments"`
	Emergency struct {
		Ambulance, Phone string
		Place            houzhen.Label
	} `json:"emergency"`
	Desk struct{ Phone string } `json:"desk"`
}

func guidance(t *testing.T, c *apitest.Clinic, body string) guidanceBody {
	t.Helper()
	w := do(t, as(t, newAPI(c), nobody), http.MethodPost, "/api/v1/guide", body)
	var g guidanceBody
	if err := json.Unmarshal(w.Body.Bytes(), &g); err != nil || w.Code != http.StatusOK {
		t.Fatalf("got %d %s, %v", w.Code, w.Body, err)
	}
	return g
}

func TestARedFlagGivesTheEmergencyOfTheHouse(t *testing.T) {
	t.Parallel()
	g := guidance(t, apitest.New(), `{"words":"chest pain, sweating, cough"}`)
	if g.Outcome != "emergency" || len(g.Departments) != 0 || len(g.Alarms) == 0 || g.Emergency.Ambulance != "120" ||
		g.Emergency.Phone != "400-000-0120" || g.Emergency.Place.En == "" {
		t.Errorf("got %+v", g)
	}
}

func TestGuidanceNamesTheHousesOwnDepartments(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Public.Doctors[1].Code = "LM"
	c.Advice[1].Table.Entries[0].Doctors = []string{"LM", "gone"}
	g := guidance(t, c, `{"words":"palpitations","months":400}`)
	if g.Outcome != "departments" || g.Departments[0].ID != "cardio" || !g.Departments[0].Here || g.Departments[1].Here || g.Departments[1].ID != "" {
		t.Errorf("got %+v", g)
	}
	w := do(t, as(t, newAPI(c), nobody), http.MethodPost, "/api/v1/guide", `{"words":"palpitations"}`)
	if !strings.Contains(w.Body.String(), `"doctors":["d2"]`) {
		t.Errorf("doctors are not named: %s", w.Body)
	}
}

func TestWithoutATableTheDeskIsNamed(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Advice = nil
	g := guidance(t, c, `{"words":"cough"}`)
	if g.InForce || g.Outcome != "desk" || g.Desk.Phone != "400-000-0000" || g.Emergency.Ambulance != "120" {
		t.Errorf("got %+v", g)
	}
}

func TestAReviewThatIsOutOfDateIsSaid(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	if guidance(t, c, `{}`).Overdue {
		t.Error("overdue before its day")
	}
	c.Advice[1].Table.ReviewBy = houzhen.Date{Year: 2026, Month: 3, Day: 1}
	if g := guidance(t, c, `{}`); !g.Overdue || g.ReviewBy != "2026-03-01" {
		t.Errorf("got %+v, want overdue", g)
	}
}

// What somebody feels stands in no log, also where the store breaks or the
// question is refused.
func TestWordsOfAQuestionAreNotLogged(t *testing.T) {
	t.Parallel()
	const secret = "xanthopsia"
	for name, body := range map[string]string{
		"taken": `{"words":"` + secret + `"}`, "long": `{"words":"` + strings.Repeat(secret, 60) + `"}`,
		"odd": `{"words":"` + secret + `","sex":"x"}`, "broken": `{"words":"` + secret + `"`,
	} {
		for _, fails := range []bool{false, true} {
			var log bytes.Buffer
			c := apitest.New()
			if fails {
				c.Fail["guide"] = houzhen.E(houzhen.CodeInternal, "away")
			}
			h := newAPI(c, func(d *api.Deps) {
				d.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			do(t, as(t, h, nobody), http.MethodPost, "/api/v1/guide", body)
			if strings.Contains(log.String(), secret) || strings.Contains(strings.Join(c.Asked(), " "), secret) {
				t.Errorf("%s, store away %t: %s %q", name, fails, log.String(), c.Asked())
			}
		}
	}
}
