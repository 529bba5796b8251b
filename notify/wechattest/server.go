// Package wechattest is a server that speaks the part of WeChat's API that
// sends messages, for tests: stable tokens, subscribed messages and templates
// of service accounts.
//
// It decides like the real one whether a message may be taken (token, openid,
// template, consent, fields, client_msg_id), keeps its own record and its own
// count of consents, and can be told to misbehave. What it posts is signed,
// and encrypted if it was given a key. It never trusts what its client
// believes.
package wechattest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Options says how a Server behaves. Only Now is needed.
type Options struct {
	Now       func() time.Time
	AppID     string              // "" means wx-test
	Secret    string              // "" means wx-secret
	Token     string              // signs posts; "" means wx-token
	Key       string              // EncodingAESKey; "" means that posts come in the open
	Templates map[string][]string // id to its fields; nil takes any
}

// Taken is one message that the server took.
type Taken struct {
	At       time.Time
	Service  bool
	OpenID   string
	Template string
	Page     string
	ClientID string
	MsgID    string
	Data     map[string]string
	Lang     string
}

// Fault is how one message is treated instead of being judged.
type Fault struct {
	Code  int    // refuse with this errcode
	Taken bool   // take it, although the client will not learn of it
	Reset bool   // break the connection
	Hang  bool   // never answer
	Raw   string // answer this with 200
}

// Server is an http.Handler.
type Server struct {
	opt Options

	mu       sync.Mutex
	token    string
	until    time.Time
	serial   int
	tokens   int // how often one was asked for
	forced   int
	requests int
	taken    []Taken
	consents map[[2]string]int
	lasting  map[[2]string]bool
	once     map[[2]string]Taken // by openid and client_msg_id
	script   []Fault
}

// New makes a Server.
func New(opt Options) *Server {
	for _, d := range []struct {
		field *string
		value string
	}{{&opt.AppID, "wx-test"}, {&opt.Secret, "wx-secret"}, {&opt.Token, "wx-token"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	return &Server{opt: opt, consents: map[[2]string]int{}, lasting: map[[2]string]bool{}, once: map[[2]string]Taken{}}
}

// Script gives faults for the next messages, one each.
func (s *Server) Script(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, f...)
}

// Allow lets a person consent to one message, or for good.
func (s *Server) Allow(openID, template string, forGood bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{openID, template}
	s.consents[k]++
	s.lasting[k] = forGood
}

// Expire ends the token that was given, as a second caller by force would.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	s.token = ""
}

// Taken gives every message so far.
func (s *Server) Taken() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Taken(nil), s.taken...)
}

// Counts gives how many requests came, how many of them were for a token, and
// how many of those by force.
func (s *Server) Counts() (requests, tokens, forced int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.tokens, s.forced
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil || r.Method != http.MethodPost {
		s.answer(w, 43002, "require POST method")
		return
	}
	s.mu.Lock()
	s.requests++
	s.mu.Unlock()
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		s.stableToken(w, body)
	case "/cgi-bin/message/subscribe/send", "/cgi-bin/message/template/send":
		s.message(w, r, body)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) answer(w http.ResponseWriter, code int, text string) {
	writeJSON(w, map[string]any{"errcode": code, "errmsg": text})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_ = json.NewEncoder(w).Encode(v) // the client may be gone, which is its own affair
}

func (s *Server) stableToken(w http.ResponseWriter, body []byte) {
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	if json.Unmarshal(body, &in) != nil || in.Grant != "client_credential" {
		s.answer(w, 40002, "invalid grant_type")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens++
	now := s.opt.Now()
	switch {
	case in.AppID != s.opt.AppID:
		s.answer(w, 40013, "invalid appid")
		return
	case in.Secret != s.opt.Secret:
		s.answer(w, 40125, "invalid appsecret")
		return
	case in.Force:
		s.forced++
		s.serial++
		s.token = ""
	}
	if s.token == "" || now.After(s.until.Add(-5*time.Minute)) {
		s.serial++
		s.token, s.until = "token-"+strconv.Itoa(s.serial), now.Add(2*time.Hour)
	}
	writeJSON(w, map[string]any{"access_token": s.token, "expires_in": int(s.until.Sub(now) / time.Second)})
}
