package notify

import (
	"fmt"
	"log/slog"
)

// Secret is a key or password of a provider: it prints as stars.
type Secret struct{ text string }

// NewSecret keeps s.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal gives the secret itself, to sign or to sign in with.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == "" }

// String gives stars, or nothing for no secret.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "****"
}

// Format prints stars for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText encodes stars.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes a secret from a flag, the environment or a file.
func (s *Secret) UnmarshalText(b []byte) error {
	s.text = string(b)
	return nil
}
