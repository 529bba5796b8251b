package realtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// request is what a client may say.
type request struct {
	T   string `json:"t"`
	Sub []struct {
		Q string `json:"q"`
		E string `json:"e"`
		V int64  `json:"v"`
	} `json:"sub"`
	Unsub []string `json:"unsub"`
}

// What a client may ask for.
const (
	sayHello = "hello"
	saySub   = "sub"
	sayUnsub = "unsub"
)

var errNotJSON = errors.New("message is not a JSON object")

func parseRequest(text []byte) (request, error) {
	var r request
	if text = bytes.TrimSpace(text); len(text) == 0 || text[0] != '{' {
		return r, errNotJSON
	}
	err := json.Unmarshal(text, &r)
	return r, err
}

// frame is a state in the words of the protocol, made once for all watchers.
type frame struct {
	Position
	rev  int64
	text []byte
}

func newFrame(topic string, f Frame) *frame {
	b := make([]byte, 0, len(f.Payload)+len(topic)+len(f.Epoch)+64)
	b = appendPosition(append(b, `{"t":"s"`...), topic, f.Position)
	b = append(b, `,"at":`...)
	b = strconv.AppendInt(b, f.At.UnixMilli(), 10)
	b = append(b, `,"d":`...)
	b = append(append(b, f.Payload...), '}')
	return &frame{Position: f.Position, rev: f.Rev, text: b}
}

func sameText(topic string, p Position) []byte {
	return append(appendPosition([]byte(`{"t":"same"`), topic, p), '}')
}

// appendPosition needs no escaping: topics are validated, epochs are made here.
func appendPosition(b []byte, topic string, p Position) []byte {
	b = append(append(append(b, `,"q":"`...), topic...), `","e":"`...)
	b = append(append(b, p.Epoch...), `","v":`...)
	return strconv.AppendInt(b, p.Version, 10)
}

func welcomeText(heartbeat time.Duration) []byte {
	return append(strconv.AppendInt([]byte(`{"t":"welcome","hb":`), heartbeat.Milliseconds(), 10), '}')
}

// noText quotes the topic, which may be any text that a client has sent.
func noText(topic string, code houzhen.Code) []byte {
	b, _ := json.Marshal(map[string]string{"t": "no", "q": topic, "code": string(code)}) // strings always encode
	return b
}

func byeText(b bye) []byte {
	text := strconv.AppendInt([]byte(`{"t":"bye","code":`), int64(b.code), 10)
	return append(strconv.AppendInt(append(text, `,"after":`...), b.after.Milliseconds(), 10), '}')
}

// heartbeatText lets a page, which cannot see a ping, know that the line lives.
const heartbeatText = `{"t":"hb"}`
