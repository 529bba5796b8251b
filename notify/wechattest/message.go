package wechattest

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type message struct {
	ToUser   string `json:"touser"`
	Template string `json:"template_id"`
	Page     string `json:"page"`
	URL      string `json:"url"`
	ClientID string `json:"client_msg_id"`
	Lang     string `json:"lang"`
	Data     map[string]struct {
		Value string `json:"value"`
	} `json:"data"`
}

func (s *Server) message(w http.ResponseWriter, r *http.Request, body []byte) {
	var m message
	if json.Unmarshal(body, &m) != nil {
		s.answer(w, 47001, "data format error")
		return
	}
	s.mu.Lock()
	if r.URL.Query().Get("access_token") != s.token || s.token == "" || !s.opt.Now().Before(s.until) {
		s.mu.Unlock()
		s.answer(w, 40001, "invalid credential, access_token is invalid or not latest")
		return
	}
	var f Fault
	if len(s.script) > 0 {
		f, s.script = s.script[0], s.script[1:]
	}
	id, code := "", f.Code
	if code == 0 && (f == Fault{} || f.Taken) {
		id, code = s.take(m, strings.HasSuffix(r.URL.Path, "/template/send"))
	}
	s.mu.Unlock()
	switch {
	case f.Reset:
		reset(w)
	case f.Hang:
		<-r.Context().Done()
	case f.Raw != "":
		_, _ = w.Write([]byte(f.Raw))
	case code != 0:
		s.answer(w, code, "refused")
	default:
		n, _ := strconv.ParseInt(id, 10, 64) // is a number
		writeJSON(w, map[string]any{"errcode": 0, "errmsg": "ok", "msgid": n})
	}
}

// take judges a message and enters it; the caller holds the lock.
func (s *Server) take(m message, service bool) (id string, code int) {
	k := [2]string{m.ToUser, m.Template}
	again, seen := s.once[[2]string{m.ToUser, m.ClientID}]
	switch {
	case !strings.HasPrefix(m.ToUser, "o"):
		return "", 40003
	case service && m.ClientID != "" && seen && s.opt.Now().Sub(again.At).Minutes() < 10:
		return again.MsgID, 0
	case service && (len(m.ClientID) > 32):
		return "", 40165
	case !s.known(m):
		return "", 40037
	case !fitting(m):
		return "", 47003
	case !service && s.consents[k] < 1:
		return "", 43101
	}
	if !service && !s.lasting[k] {
		s.consents[k]--
	}
	t := Taken{
		At: s.opt.Now(), Service: service, OpenID: m.ToUser, Template: m.Template, Page: m.Page + m.URL, ClientID: m.ClientID,
		MsgID: strconv.Itoa(2794188253209100000 + len(s.taken)), Data: map[string]string{}, Lang: m.Lang,
	}
	for field, v := range m.Data {
		t.Data[field] = v.Value
	}
	s.taken = append(s.taken, t)
	s.once[[2]string{m.ToUser, m.ClientID}] = t
	return t.MsgID, 0
}

func (s *Server) known(m message) bool {
	if s.opt.Templates == nil {
		return m.Template != ""
	}
	fields, ok := s.opt.Templates[m.Template]
	if !ok || len(fields) != len(m.Data) {
		return false
	}
	for _, f := range fields {
		if _, has := m.Data[f]; !has {
			return false
		}
	}
	return true
}

// fitting judges the values by the limits of their kinds.
func fitting(m message) bool {
	if len(m.Data) == 0 {
		return false
	}
	for field, v := range m.Data {
		n := utf8.RuneCountInString(v.Value)
		has := func(f func(rune) bool) bool { return strings.ContainsFunc(v.Value, f) }
		han := func(r rune) bool { return unicode.Is(unicode.Han, r) }
		bad := n == 0
		switch strings.TrimRight(field, "0123456789") {
		case "thing":
			bad = bad || n > 20
		case "character_string":
			bad = bad || n > 32 || has(han)
		case "number":
			bad = bad || n > 32 || has(func(r rune) bool { return !unicode.IsDigit(r) && r != '.' && r != '-' })
		case "phrase":
			bad = bad || n > 5 || has(func(r rune) bool { return !han(r) })
		case "name":
			bad = bad || n > 20 || has(han) && n > 10 || has(func(r rune) bool { return r == '*' })
		case "phone_number":
			bad = bad || n > 17
		}
		if bad {
			return false
		}
	}
	return true
}

// reset closes the connection so that the client sees it broken, not ended.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection of its own: abort as net/http does
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // makes Close send a reset
	}
	_ = conn.Close()
}
