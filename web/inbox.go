package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/houzhen/houzhen/internal/auth"
)

func (s *site) inboxRoutes() []route {
	return []route{{"GET", "/inbox", []auth.Role{auth.Patient}, s.inbox, "messages to my people; showing them is their receipt"}}
}

type inboxData struct{ Items []inboxRow }

type inboxRow struct {
	Title, Text, Link string
	At                time.Time
	New               bool
}

// inbox shows the messages to the people of the account. What is shown for the
// first time is noted as seen, so that no other channel tells it again.
func (s *site) inbox(w http.ResponseWriter, r *http.Request) error {
	who := auth.From(r.Context())
	list, err := s.OwnInbox(r.Context(), who)
	if err != nil {
		return wrap("load inbox", err)
	}
	var d inboxData
	for _, n := range list {
		row := inboxRow{Title: n.Title, Text: n.Text, At: n.At, New: n.ReadAt.IsZero()}
		if strings.HasPrefix(n.Link, "/") && !strings.HasPrefix(n.Link, "//") { // pages of our own
			row.Link = n.Link
		}
		d.Items = append(d.Items, row)
	}
	if err := s.show(w, r, "inbox", "mine", d); err != nil {
		return err
	}
	for _, n := range list {
		if !n.ReadAt.IsZero() {
			continue
		}
		if err := s.MarkSeen(r.Context(), who, n.ID); err != nil {
			s.Log.WarnContext(r.Context(), "reading of a message not noted", "message", n.ID, "error", err)
		}
	}
	return nil
}
