package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// File is a Sender for a house without a provider: it appends what would have
// been sent to a file, one JSON object a line, where a person can read it.
// Phones are masked there; the out-id leads back to the ledger.
type File struct {
	channel Channel
	now     func() time.Time

	mu sync.Mutex
	f  *os.File
}

// OpenFile opens or makes the file for one channel. Only its owner may read
// it: it holds sign-in codes.
func OpenFile(path string, channel Channel, now func() time.Time) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of messages: %w", err)
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open file of messages: %w", err)
	}
	return &File{channel: channel, now: now, f: f}, nil
}

// Line is one message in the file.
type Line struct {
	At      time.Time     `json:"at"`
	Channel Channel       `json:"channel"`
	OutID   string        `json:"out_id"`
	Kind    Kind          `json:"kind"`
	Lang    houzhen.Lang  `json:"lang"`
	Phone   houzhen.Phone `json:"phone,omitzero"`
	Push    string        `json:"push,omitempty"`
	Title   string        `json:"title,omitempty"`
	Text    string        `json:"text"`
	Link    string        `json:"link,omitempty"`
}

// Channel gives the channel that the file stands for.
func (f *File) Channel() Channel { return f.channel }

// Send appends a parcel. It is taken once the line is written; the file is not
// synced, because the ledger is the record.
func (f *File) Send(_ context.Context, p Parcel) Sent {
	line := Line{At: f.now(), Channel: f.channel, OutID: p.OutID, Kind: p.Kind, Lang: p.Lang, Text: p.Text, Link: p.Link}
	if f.channel == Push {
		line.Push, line.Title = p.Push, p.Title
	} else {
		line.Phone = p.Phone
	}
	b, err := json.Marshal(line)
	if err != nil {
		return Sent{Outcome: OutcomeMessage, Code: "file.encode"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.f.Write(append(b, '\n')); err != nil {
		return Sent{Outcome: OutcomeRetry, Code: "file.write"}
	}
	return Sent{Outcome: OutcomeAccepted, ProviderID: "file:" + p.OutID}
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.f.Close()
}
