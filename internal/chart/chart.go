// Package chart draws figures as SVG, for pages and printed reports. It
// decides how a drawing looks, never what is measured.
//
// A drawing is a document of its own: pages show it as an image, beside a
// table with the same figures for whoever cannot see it.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// ErrEmpty says that there is nothing to draw.
var ErrEmpty = errors.New("chart: nothing to draw")

// Size is the size of a drawing in CSS pixels. The zero value is 720 × 320.
type Size struct{ Width, Height int }

// Series is one line of a drawing. A NaN leaves a gap.
type Series struct {
	Name   string
	Values []float64
}

// Lines is a drawing of series over the same labels, in order.
type Lines struct {
	Title, Unit string
	Labels      []string
	Series      []Series
	Size        Size
}

// Bars is a drawing of one value a label, longest at the top.
type Bars struct {
	Title, Unit string
	Labels      []string
	Values      []float64
	Size        Size
}

// colours are told apart by people who see few colours, and by shape besides.
var colours = [...]color.RGBA{
	{0x00, 0x5f, 0xa3, 0xff}, {0xc2, 0x41, 0x0c, 0xff}, {0x0f, 0x76, 0x6e, 0xff}, {0x6d, 0x28, 0xd9, 0xff}, {0x57, 0x53, 0x4e, 0xff},
}

var (
	shapes = [...]draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PlusGlyph{}, draw.RingGlyph{}}
	dashes = [...][]vg.Length{nil, {6, 3}, {2, 2}, {8, 3, 2, 3}, {1, 3}}
	ink    = color.RGBA{0x1f, 0x29, 0x37, 0xff}
	rule   = color.RGBA{0xd1, 0xd5, 0xdb, 0xff}
)

// SVG draws the lines.
func (l Lines) SVG() ([]byte, error) {
	if len(l.Labels) == 0 || len(l.Series) == 0 {
		return nil, ErrEmpty
	}
	p, names := paper(l.Title, l.Unit), newLegend()
	names.TextStyle.Font, names.TextStyle.Color = p.X.Tick.Label.Font, ink
	for i, s := range l.Series {
		if err := addLine(p, names, i, s); err != nil {
			return nil, err
		}
	}
	labels := thin(l.Labels, 12)
	p.NominalX(labels...)
	p.Y.Min = min(p.Y.Min, 0)
	return render(p, names, l.Size)
}

func addLine(p *plot.Plot, names *legend, i int, s Series) error {
	for _, run := range runs(s.Values) {
		line, points, err := plotter.NewLinePoints(run)
		if err != nil {
			return fmt.Errorf("draw %q: %w", s.Name, err)
		}
		c := colours[i%len(colours)]
		line.Color, line.Width, line.Dashes = c, vg.Points(2), dashes[i%len(dashes)]
		points.Color, points.Shape, points.Radius = c, shapes[i%len(shapes)], vg.Points(3)
		p.Add(line, points)
		if s.Name != "" {
			names.name(s.Name, line, points)
			s.Name = "" // once for all its runs
		}
	}
	return nil
}

// runs cuts a series at its gaps.
func runs(values []float64) []plotter.XYs {
	var out []plotter.XYs
	var run plotter.XYs
	for i, v := range values {
		if v == v { //nolint:gocritic // false for NaN alone
			run = append(run, plotter.XY{X: float64(i), Y: v})
			continue
		}
		if len(run) > 0 {
			out, run = append(out, run), nil
		}
	}
	if len(run) > 0 {
		out = append(out, run)
	}
	return out
}

// SVG draws the bars.
func (b Bars) SVG() ([]byte, error) {
	if len(b.Values) == 0 || len(b.Values) != len(b.Labels) {
		return nil, ErrEmpty
	}
	values, labels := slices.Clone(b.Values), slices.Clone(b.Labels)
	slices.Reverse(values) // the axis counts upwards
	slices.Reverse(labels)
	p := paper(b.Title, "")
	bars, err := plotter.NewBarChart(plotter.Values(values), vg.Points(14))
	if err != nil {
		return nil, fmt.Errorf("draw bars: %w", err)
	}
	bars.Horizontal, bars.Color, bars.LineStyle.Width = true, colours[0], 0
	p.Add(bars)
	p.NominalY(labels...)
	p.X.Min, p.X.Label.Text = 0, b.Unit
	if b.Size.Height == 0 {
		b.Size.Height = 80 + 26*len(values)
	}
	return render(p, nil, b.Size)
}

func paper(title, unit string) *plot.Plot {
	p := plot.New()
	p.TextHandler = words{plot.DefaultTextHandler}
	p.Title.Text, p.Y.Label.Text = title, unit
	p.BackgroundColor = color.Transparent
	for _, s := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(11)}
		s.Color, s.Handler = ink, words{plot.DefaultTextHandler}
	}
	p.Title.TextStyle.Font.Size = vg.Points(13)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = rule, rule
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, rule
	p.Add(grid)
	return p
}

// thin leaves out labels so that at most about n are written.
func thin(labels []string, n int) []string {
	step := (len(labels) + n - 1) / n
	out := slices.Clone(labels)
	for i := range out {
		if step > 1 && i%step != 0 {
			out[i] = ""
		}
	}
	return out
}

func render(p *plot.Plot, names *legend, s Size) ([]byte, error) {
	if s.Width == 0 {
		s.Width = 720
	}
	if s.Height == 0 {
		s.Height = 320
	}
	const pointsPerPixel = 0.75
	c := vgsvg.NewWith(vgsvg.UseWH(vg.Points(float64(s.Width)*pointsPerPixel), vg.Points(float64(s.Height)*pointsPerPixel)))
	all := draw.New(c)
	if names != nil {
		var rest draw.Canvas
		all, rest = names.split(all)
		names.Draw(rest)
	}
	p.Draw(all)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write drawing: %w", err)
	}
	return b.Bytes(), nil
}
