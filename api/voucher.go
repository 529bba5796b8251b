package api

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"path"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/houzhen/houzhen"
)

// quiet is the blank border that scanners need, in modules.
const quiet = 4

// voucher draws the QR code of a voucher as SVG or PNG, for its owner and the
// desk.
func (a *API) voucher(w http.ResponseWriter, r *http.Request) error {
	file := r.PathValue("file")
	ext := path.Ext(file)
	number := strings.TrimSuffix(file, ext)
	found, err := a.Desk.AppointmentByVoucher(r.Context(), number)
	if err != nil {
		return fmt.Errorf("find voucher: %w", err)
	}
	if p := who(r.Context()); !p.Staff() {
		if _, err := a.OwnPatient(r.Context(), p, found.PatientID); err != nil {
			return houzhen.E(houzhen.CodeNotFound, "voucher of somebody else")
		}
	}
	code, err := qr.Encode(number, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("encode voucher: %w", err)
	}
	w.Header().Set("Cache-Control", "private, max-age=86400")
	switch ext {
	case ".svg":
		w.Header().Set("Content-Type", "image/svg+xml")
		_, err = w.Write(drawSVG(code))
		return err
	case ".png":
		w.Header().Set("Content-Type", "image/png")
		return drawPNG(w, code)
	}
	return houzhen.E(houzhen.CodeNotFound, "no such picture")
}

// QRCode draws a text as a square that phones read, as SVG.
func QRCode(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("encode square: %w", err)
	}
	return drawSVG(code), nil
}

func drawSVG(code barcode.Barcode) []byte {
	n := code.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, n+2*quiet, n+2*quiet)
	for y := range n {
		for x := range n {
			if dark(code, x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}

func dark(code barcode.Barcode, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r < 0x8000
}

func drawPNG(w http.ResponseWriter, code barcode.Barcode) error {
	big, err := barcode.Scale(code, code.Bounds().Dx()*8, code.Bounds().Dy()*8)
	if err != nil {
		return fmt.Errorf("scale voucher: %w", err)
	}
	return png.Encode(w, big)
}
