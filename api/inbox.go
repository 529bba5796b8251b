package api

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
)

func (a *API) inboxRoutes(patient []auth.Role) []route {
	return []route{
		verb(a, "GET", "/api/v1/inbox", "Messages to the people of the account", patient, a.inbox),
		keyed(verb(a, "POST", "/api/v1/inbox/{id}/seen", "A message, of the inbox or pushed, was shown", patient, a.seen)),
		keyed(verb(a, "PUT", "/api/v1/patients/{id}/email", "Where mail about a person goes", patient, a.setEmail)),
	}
}

type inboxOut struct{ Body []inboxView }

type inboxView struct {
	ID        string      `json:"id"`
	PatientID string      `json:"patient_id"`
	Kind      notify.Kind `json:"kind"`
	Title     string      `json:"title"`
	Text      string      `json:"text"`
	Link      string      `json:"link,omitempty"`
	At        time.Time   `json:"at"`
	Seen      bool        `json:"seen"`
}

// inbox lists the messages to the people of the account, newest first.
func (a *API) inbox(ctx context.Context, _ *struct{}) (*inboxOut, error) {
	list, err := a.OwnInbox(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &inboxOut{Body: []inboxView{}}
	for _, n := range list {
		out.Body = append(out.Body, inboxView{
			ID: n.ID, PatientID: n.PatientID, Kind: n.Kind, Title: n.Title, Text: n.Text, Link: n.Link, At: n.At, Seen: !n.ReadAt.IsZero(),
		})
	}
	return out, nil
}

// OwnInbox gives the messages to all people that an account acts for.
func (s Services) OwnInbox(ctx context.Context, p auth.Principal) ([]notify.InboxItem, error) {
	ids, err := s.family(ctx, p)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	list, err := s.Inbox.Of(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("load inbox: %w", err)
	}
	return list, nil
}

// MarkSeen notes that a message to one of the account's people was shown.
func (s Services) MarkSeen(ctx context.Context, p auth.Principal, outID string) error {
	ids, err := s.family(ctx, p)
	if err != nil {
		return err
	}
	return s.Inbox.Seen(ctx, outID, ids...)
}

// family gives the ids of the people that an account acts for.
func (s Services) family(ctx context.Context, p auth.Principal) ([]string, error) {
	if p.AccountID == "" {
		return nil, nil
	}
	list, err := s.Directory.Patients(ctx, p.AccountID)
	if err != nil {
		return nil, fmt.Errorf("load patients: %w", err)
	}
	ids := make([]string, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	return ids, nil
}

type seenIn struct {
	ID string `path:"id" maxLength:"80" doc:"Of the inbox, or the id that a push carries"`
}

// seen takes the app's word that it showed a message.
func (a *API) seen(ctx context.Context, in *seenIn) (*struct{}, error) {
	return nil, a.MarkSeen(ctx, who(ctx), in.ID)
}

type emailIn struct {
	ID   string `path:"id" maxLength:"80"`
	Body struct {
		Address string `json:"address" maxLength:"254" doc:"Empty: no mail"`
	}
}

// setEmail says where mail about a person of the account goes.
func (a *API) setEmail(ctx context.Context, in *emailIn) (*struct{}, error) {
	if _, err := a.OwnPatient(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	if in.Body.Address != "" {
		if m, err := mail.ParseAddress(in.Body.Address); err != nil || m.Address != in.Body.Address {
			return nil, houzhen.E(houzhen.CodeInvalid, "give an address such as name@example.org").On("address")
		}
	}
	return nil, a.Inbox.SetContact(ctx, in.ID, notify.Email, in.Body.Address, who(ctx).AccountID)
}

type openIDIn struct {
	Body struct {
		DocType string `json:"doc_type,omitempty" doc:"CV02.01.101; 01, the identity card, if left out"`
		Doc     string `json:"doc" minLength:"1" maxLength:"40"`
		OpenID  string `json:"openid" maxLength:"64" doc:"Empty: no WeChat"`
	}
}

// channelOpenID notes by which openid the hospital's WeChat account knows a
// person. Only the mini program's own server says so, since it alone learnt it
// from WeChat; a person could name anybody's.
func (a *API) channelOpenID(ctx context.Context, in *openIDIn) (*struct{}, error) {
	if strings.ContainsAny(in.Body.OpenID, " \t\r\n") {
		return nil, houzhen.E(houzhen.CodeInvalid, "not an openid").On("openid")
	}
	p, err := a.Channel.Known(ctx, docType(in.Body.DocType), in.Body.Doc)
	if err != nil {
		return nil, err
	}
	return nil, a.Inbox.SetContact(ctx, p.ID, notify.WeChat, in.Body.OpenID, who(ctx).ID)
}
