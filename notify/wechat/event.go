package wechat

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the protocol signs with SHA-1
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Inlet reads what the provider posts to the account's address.
type Inlet struct {
	AppID string
	Token notify.Secret // as set on the provider's page; it signs every post
	Key   notify.Secret // EncodingAESKey; zero means that posts come in the open
}

// ack is what the provider wants to read; with anything else, or nothing within
// five seconds, it posts twice more.
const ack = "success"

// Ack gives the body that acknowledges a post.
func Ack() string { return ack }

// Hello answers the provider's question at the time of setting up, a GET: the
// echo if it is genuine.
func (in Inlet) Hello(q url.Values) (string, error) {
	if !in.genuine(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) {
		return "", houzhen.E(houzhen.CodeNotFound, "no such callback")
	}
	return q.Get("echostr"), nil
}

func (in Inlet) genuine(signature string, parts ...string) bool {
	if in.Token.IsZero() || signature == "" {
		return false
	}
	parts = append(parts, in.Token.Reveal())
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // as above
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(signature)) == 1
}

// Happening is what was read from one post.
type Happening struct {
	OpenID   string
	At       time.Time
	Consents []Consent        // of pop-ups and settings
	Receipts []notify.Receipt // of messages, by the provider's id
}

// Consent is one person's word about one template.
type Consent struct {
	Template string
	Yes      bool
	Setting  bool // changed in the settings: no consent for a message, but maybe the end of all
}

type post struct {
	Encrypt string `xml:"Encrypt"`
	OpenID  string `xml:"FromUserName"`
	Created int64  `xml:"CreateTime"`
	Type    string `xml:"MsgType"`
	Event   string `xml:"Event"`
	MsgID   string `xml:"MsgID"`
	Status  string `xml:"Status"`
	Popup   []word `xml:"SubscribeMsgPopupEvent>List"`
	Change  []word `xml:"SubscribeMsgChangeEvent>List"`
	Sent    []fate `xml:"SubscribeMsgSentEvent>List"`
}

type word struct {
	Template string `xml:"TemplateId"`
	Status   string `xml:"SubscribeStatusString"`
}

type fate struct {
	MsgID string `xml:"MsgID"`
	Code  string `xml:"ErrorCode"`
	Text  string `xml:"ErrorStatus"`
}

// Read verifies and reads one post. Posts of other kinds give an empty
// Happening; one that is not genuine is an error.
func (in Inlet) Read(q url.Values, body []byte) (Happening, error) {
	strange := houzhen.E(houzhen.CodeNotFound, "no such callback")
	if !in.genuine(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) {
		return Happening{}, strange
	}
	var p post
	if err := xml.Unmarshal(body, &p); err != nil {
		return Happening{}, houzhen.E(houzhen.CodeMalformed, "not a post of the provider")
	}
	if !in.Key.IsZero() {
		if !in.genuine(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), p.Encrypt) {
			return Happening{}, strange
		}
		plain, ok := in.open(p.Encrypt)
		p = post{}
		if !ok || xml.Unmarshal(plain, &p) != nil {
			return Happening{}, houzhen.E(houzhen.CodeMalformed, "not a post of the provider")
		}
	}
	return p.happening(), nil
}

func (p post) happening() Happening {
	h := Happening{OpenID: p.OpenID, At: time.Unix(p.Created, 0).UTC()}
	if p.Type != "event" {
		return h
	}
	switch p.Event {
	case "subscribe_msg_popup_event":
		for _, w := range p.Popup {
			h.Consents = append(h.Consents, Consent{Template: w.Template, Yes: w.Status == "accept"})
		}
	case "subscribe_msg_change_event":
		for _, w := range p.Change {
			h.Consents = append(h.Consents, Consent{Template: w.Template, Yes: w.Status == "accept", Setting: true})
		}
	case "subscribe_msg_sent_event":
		for _, f := range p.Sent {
			h.receipt(f.MsgID, f.Code == "0" || f.Text == "success", f.Text)
		}
	case "TEMPLATESENDJOBFINISH":
		h.receipt(p.MsgID, p.Status == "success", p.Status)
	}
	return h
}

// receipt notes the fate of one message.
func (h *Happening) receipt(id string, delivered bool, status string) {
	if id = messageID(id); id == "" {
		return
	}
	code := "wx.failed"
	for word, known := range map[string]string{"user block": "wx.user_block", "user refuse": "wx.user_block", "freq limit": "wx.freq_limit"} {
		if strings.Contains(status, word) {
			code = known
		}
	}
	if delivered {
		code = ""
	}
	h.Receipts = append(h.Receipts, notify.Receipt{ProviderID: id, Delivered: delivered, ErrorCode: code, At: h.At})
}

// open decrypts a post: AES-256-CBC of 16 random bytes, a length, the text and
// the id of the account.
func (in Inlet) open(encrypted string) ([]byte, bool) {
	key, err := base64.StdEncoding.DecodeString(in.Key.Reveal() + "=")
	if err != nil || len(key) != 32 {
		return nil, false
	}
	sealed, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, sealed)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > 32 || pad > len(plain)-20 {
		return nil, false
	}
	plain = plain[16 : len(plain)-pad]
	n := int(binary.BigEndian.Uint32(plain))
	if n < 0 || n > len(plain)-4 || string(plain[4+n:]) != in.AppID {
		return nil, false
	}
	return plain[4 : 4+n], true
}

// Note enters a happening's consents into the ledger. What a person taps in a
// pop-up is a consent; what he changes in the settings can only end them, save
// for a template that he allows for good.
func (c *Client) Note(ctx context.Context, h Happening) error {
	for _, w := range h.Consents {
		way := c.Way(w.Template)
		if way == "" || way == Service || h.OpenID == "" {
			continue // not a template of ours
		}
		var err error
		switch {
		case !w.Yes && (w.Setting || way == Lasting):
			err = c.consents.Clear(ctx, h.OpenID, w.Template)
		case w.Yes && (!w.Setting || way == Lasting):
			err = c.consents.Grant(ctx, h.OpenID, w.Template, h.At)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
