package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// first is the file that Load makes; a rotation adds 0002.key and so on.
const first = "0001.key"

// Generate makes one master key, as Parse and the key files take it.
func Generate(random io.Reader) (string, error) {
	b := make([]byte, masterSize)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

// Parse makes a ring of base64 keys of 32 bytes, oldest first, separated by
// commas or blanks. Its errors name a key by its place and never show it.
func Parse(keys string) (*Ring, error) {
	var masters [][]byte
	for i, text := range strings.FieldsFunc(keys, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }) {
		m, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		masters = append(masters, m)
	}
	return New(masters...)
}

func decode(text string) ([]byte, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(text); err == nil {
			if len(b) != masterSize {
				return nil, fmt.Errorf("has %d bytes instead of %d", len(b), masterSize)
			}
			return b, nil
		}
	}
	return nil, errors.New("is not base64")
}

// Load reads the *.key files of dir in the order of their names, oldest first.
// Where there is none it makes one, with mode 0600 in a folder of mode 0700;
// of processes that start together one makes it and all use it. A file or
// folder that others may reach is refused.
func Load(dir string) (*Ring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make key folder: %w", err)
	}
	if err := private(dir, 0o022, "changed"); err != nil {
		return nil, err
	}
	names, err := keyFiles(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if err := create(filepath.Join(dir, first)); err != nil {
			return nil, err
		}
		names = []string{filepath.Join(dir, first)}
	}
	return readRing(names)
}

func keyFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("read key folder: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".key") && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, nil
}

func readRing(names []string) (*Ring, error) {
	var masters [][]byte
	for _, name := range names {
		if err := private(name, 0o077, "read"); err != nil {
			return nil, err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
		m, err := decode(string(text))
		if err != nil {
			return nil, fmt.Errorf("key file %s: %w", name, err)
		}
		masters = append(masters, m)
	}
	return New(masters...)
}

// private refuses a file or folder with any of the bits in forbidden.
func private(name string, forbidden fs.FileMode, verb string) error {
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("look at key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&forbidden != 0 {
		right := fs.FileMode(0o600)
		if info.IsDir() {
			right = 0o700
		}
		return fmt.Errorf("%s can be %s by other users (mode %#o): run chmod %#o %s", name, verb, mode, right, name)
	}
	return nil
}

// create writes a new key under a name that nobody uses and links it to its
// own, which succeeds for one of several processes and never shows half a key.
func create(name string) error {
	text, err := Generate(rand.Reader)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // a leftover is hidden and harmless
	_, err = io.WriteString(tmp, text+"\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if err := os.Link(tmp.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("name key file: %w", err)
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes the new name survive a power cut: data sealed with a lost key
// would be lost with it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open key folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync key folder: %w", err)
	}
	return nil
}

// Rotate adds a new newest key to dir and gives its file. Running processes
// seal with it after their next start; all must have it before the first does,
// so on several machines copy the file before restarting any.
func Rotate(dir string) (string, error) {
	names, err := keyFiles(dir)
	if err != nil {
		return "", err
	}
	for n := len(names) + 1; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf("%04d.key", n))
		if _, err := os.Stat(name); err != nil { // free, or not to be looked at: create says which
			return name, create(name)
		}
	}
}
