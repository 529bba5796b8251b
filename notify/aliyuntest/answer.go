package aliyuntest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// refusal is a no: from the gateway with its own HTTP status, or from the
// business behind it, which answers 200.
type refusal struct {
	status        int
	code, message string
}

func gateway(status int, code, message string) *refusal { return &refusal{status, code, message} }

func business(code, message string) *refusal { return &refusal{http.StatusOK, code, message} }

const (
	typeJSON = "application/json;charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// refuse answers a refusal in the way of the real gateway.
func (s *Server) refuse(w http.ResponseWriter, f *refusal) {
	body := struct {
		Code      string
		Message   string
		RequestID string `json:"RequestId"`
		HostID    string `json:"HostId,omitempty"`
	}{Code: f.code, Message: f.message, RequestID: string(s.appendRequestID(nil))}
	if f.status != http.StatusOK {
		body.HostID = "aliyuntest"
	}
	s.answerJSON(w, f.status, body)
}

func (s *Server) answerJSON(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // only strings and numbers are ever given
		http.Error(w, "encode", http.StatusInternalServerError)
		return
	}
	answer(w, status, typeJSON, b)
}

func answer(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone, which is its own affair
}

// appendRequestID appends an id in the form that the gateway uses.
func (s *Server) appendRequestID(b []byte) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, "A11C0DE5-0000-4000-8000-"...)
	n := s.sequence.Add(1)
	for shift := 44; shift >= 0; shift -= 4 {
		b = append(b, digits[n>>shift&0xF])
	}
	return b
}
