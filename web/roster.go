package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
)

// rosterSample shows the columns of a roster.
const rosterSample = "department,doctor,room,weekday,part,start,end,slice_minutes,slice_capacity,class,prefix,quota_elder,quota_referral"

type rosterData struct {
	Sample string
	Result *api.RosterResult
}

func (s *site) rosterPage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, "roster", "roster", rosterData{Sample: rosterSample})
}

// rosterImport takes a roster in and shows every line that could not be taken.
func (s *site) rosterImport(w http.ResponseWriter, r *http.Request) error {
	name, body, err := upload(r)
	if err != nil {
		s.fail(w, r, "roster", rosterData{Sample: rosterSample}, err)
		return nil
	}
	res, err := s.Roster.Import(r.Context(), name, body, r.PostForm.Get("skip") != "")
	if err != nil {
		s.fail(w, r, "roster", rosterData{Sample: rosterSample}, err)
		return nil
	}
	return s.show(w, r, "roster", "roster", rosterData{rosterSample, &res})
}

// upload gives the file, or the text that was pasted as CSV.
func upload(r *http.Request) (name string, body []byte, err error) {
	var tooLarge *http.MaxBytesError
	switch err := r.ParseMultipartForm(1 << 20); { //nolint:gosec // harden bounds every body
	case errors.As(err, &tooLarge):
		return "", nil, houzhen.E(houzhen.CodeTooLarge, "form is over the limit").With("limit", "4 MiB")
	case err != nil:
		return "", nil, houzhen.E(houzhen.CodeMalformed, "form cannot be read").Because(err)
	}
	f, head, err := r.FormFile("file")
	if err == nil && head.Size > 0 {
		return readUpload(f, head)
	}
	text := r.PostForm.Get("text")
	if text == "" {
		return "", nil, houzhen.E(houzhen.CodeMissing, "neither file nor text").On("file")
	}
	if text[0] == '[' || text[0] == '{' {
		return "pasted.json", []byte(text), nil
	}
	return "pasted.csv", []byte(text), nil
}

func readUpload(f multipart.File, head *multipart.FileHeader) (string, []byte, error) {
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	return head.Filename, b, wrap("read upload", err)
}
