package chart

import (
	"math"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// words measures what is written. The fonts that come with the library have
// no Han characters; whoever looks at the drawing has, and there each is as
// wide as it is high.
type words struct{ text.Handler }

func (w words) width(s string, f font.Font) vg.Length {
	narrow := make([]rune, 0, len(s))
	wide := 0
	for _, r := range s {
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0xff01 && r <= 0xff60 {
			wide++
			continue
		}
		narrow = append(narrow, r)
	}
	plain, _, _ := w.Handler.Box(string(narrow), f)
	return plain + vg.Length(wide)*f.Size
}

// Box implements text.Handler.
func (w words) Box(s string, f font.Font) (width, height, depth vg.Length) {
	_, height, depth = w.Handler.Box(s, f)
	return w.width(s, f), height, depth
}

// Draw implements text.Handler; what it writes has one line.
func (w words) Draw(c vg.Canvas, s string, style text.Style, at vg.Point) {
	if s == "" {
		return
	}
	face := w.Cache().Lookup(style.Font, style.Font.Size)
	shift := vg.Point{
		X: vg.Length(style.XAlign) * w.width(s, style.Font),
		Y: vg.Length(style.YAlign)*style.Height(s) + style.Font.Size - face.Extents().Ascent,
	}
	c.SetColor(style.Color)
	if style.Rotation == 0 {
		c.FillString(face, at.Add(shift), s)
		return
	}
	sin, cos := math.Sincos(style.Rotation)
	turned := vg.Point{X: at.X*vg.Length(cos) + at.Y*vg.Length(sin), Y: at.Y*vg.Length(cos) - at.X*vg.Length(sin)}
	c.Push()
	c.Rotate(style.Rotation)
	c.FillString(face, turned.Add(shift), s)
	c.Pop()
}

// legend names lines beside a drawing, where they hide nothing.
type legend struct {
	plot.Legend
	names []string
}

func newLegend() *legend {
	l := &legend{Legend: plot.NewLegend()}
	l.Top, l.Left, l.Padding = true, true, 4
	l.TextStyle.Handler = words{plot.DefaultTextHandler}
	return l
}

func (l *legend) name(name string, marks ...plot.Thumbnailer) {
	l.names = append(l.names, name)
	l.Add(name, marks...)
}

// split cuts the legend's room off the right side.
func (l *legend) split(c draw.Canvas) (drawing, rest draw.Canvas) {
	var widest vg.Length
	for _, n := range l.names {
		widest = max(widest, l.TextStyle.Width(n))
	}
	room := widest + l.ThumbnailWidth + vg.Points(18)
	return draw.Crop(c, 0, -room, 0, 0), draw.Crop(c, c.Max.X-c.Min.X-room+vg.Points(10), 0, 0, vg.Points(-24))
}
