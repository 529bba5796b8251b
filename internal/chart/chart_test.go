package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/chart"
)

// wellFormed fails the test unless the drawing is XML from end to end.
func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("drawing is not XML: %v", err)
		}
	}
}

func TestLinesCarryTheirWords(t *testing.T) {
	svg, err := chart.Lines{
		Title: "爽约率 <周>", Unit: "%", Labels: []string{"W1", "W2", "W3"},
		Series: []chart.Series{{Name: "内科", Values: []float64{10, math.NaN(), 12}}, {Name: "外科", Values: []float64{5, 6, 7}}},
	}.SVG()
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, svg)
	for _, want := range []string{"爽约率", "内科", "外科", "W3", "&lt;周&gt;"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("drawing lacks %q", want)
		}
	}
	if n := strings.Count(string(svg), "内科"); n != 1 {
		t.Errorf("a series with a gap is named %d times, want once", n)
	}
}

func TestManyLabelsAreThinned(t *testing.T) {
	labels := make([]string, 53)
	values := make([]float64, 53)
	for i := range labels {
		labels[i] = "week-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	svg, err := chart.Lines{Labels: labels, Series: []chart.Series{{Name: "x", Values: values}}}.SVG()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(svg), "week-"); n > 12 || n < 8 {
		t.Errorf("got %d labels, want about 11", n)
	}
}

func TestBarsGrowWithTheirNumber(t *testing.T) {
	few, err := chart.Bars{Labels: []string{"a", "b"}, Values: []float64{1, 2}}.SVG()
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, few)
	many, err := chart.Bars{Labels: strings.Split("abcdefghij", ""), Values: make([]float64, 10)}.SVG()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(few), `height="99pt"`) || !strings.Contains(string(many), `height="255pt"`) {
		t.Errorf("heights do not follow the number of bars: %.160s", many)
	}
}

func TestNothingToDraw(t *testing.T) {
	if _, err := (chart.Lines{}).SVG(); !errors.Is(err, chart.ErrEmpty) {
		t.Errorf("got %v, want ErrEmpty", err)
	}
	if _, err := (chart.Bars{Labels: []string{"a"}}).SVG(); !errors.Is(err, chart.ErrEmpty) {
		t.Errorf("got %v, want ErrEmpty", err)
	}
}
