package seal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/houzhen/houzhen/internal/seal"
)

func load(t *testing.T, dir string) *seal.Ring {
	t.Helper()
	r, err := seal.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestLoadMakesAKeyForItsOwnerAndKeepsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "keys")
	sealed := mustSeal(t, load(t, dir), "a", "p")
	if got, err := load(t, dir).Open(sealed, "p"); err != nil || got != "a" {
		t.Errorf("after a restart: got %q and error %v", got, err)
	}
	if got := mode(t, dir); got != 0o700 {
		t.Errorf("got folder mode %#o, want 0700", got)
	}
	if got := mode(t, filepath.Join(dir, "0001.key")); got != 0o600 {
		t.Errorf("got file mode %#o, want 0600", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("got %d files and error %v, want the key alone", len(entries), err)
	}
}

func TestProcessesThatStartTogetherAgreeOnTheKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	rings := make([]*seal.Ring, 16)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() { rings[i], _ = seal.Load(dir) })
	}
	wg.Wait()
	for i, r := range rings {
		if r == nil || r.String() != rings[0].String() {
			t.Fatalf("process %d has %v, the first %v", i, r, rings[0])
		}
	}
}

func TestLoadRefusesKeysThatOthersCanReach(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	load(t, dir)
	file := filepath.Join(dir, "0001.key")
	for _, c := range []struct {
		name string
		mode fs.FileMode
		want string
	}{
		{file, 0o644, "chmod 0600 " + file},
		{file, 0o640, "read by other users (mode 0640)"},
		{file, 0o602, "chmod 0600"},
		{dir, 0o777, "chmod 0700 " + dir},
		{dir, 0o720, "changed by other users (mode 0720)"},
	} {
		before := mode(t, c.name)
		if err := os.Chmod(c.name, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := seal.Load(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %#o: got %v, want %q in it", c.name, c.mode, err, c.want)
		}
		if err := os.Chmod(c.name, before); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	load(t, dir) // a key that its owner cannot change is fine
}

func TestLoadRefusesADamagedKeyAndDoesNotReplaceIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	load(t, dir)
	file := filepath.Join(dir, "0001.key")
	for _, text := range []string{"", "hunter2!", "aHVudGVyMg=="} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := seal.Load(dir)
		if err == nil || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want an error that names the file", text, err)
		}
		if got, _ := os.ReadFile(file); string(got) != text {
			t.Errorf("%q: got the file changed to %q", text, got)
		}
	}
}

func TestLoadSaysWhyItCannotMakeAKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Load(filepath.Join(file, "keys")); err == nil || !strings.Contains(err.Error(), "make key folder") {
		t.Errorf("got %v", err)
	}
}

func TestRotateAddsANewestKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	before := load(t, dir)
	sealed, index := mustSeal(t, before, "a", "p"), before.Index("x", "p")
	for _, want := range []string{"0002.key", "0003.key"} {
		name, err := seal.Rotate(dir)
		if err != nil || filepath.Base(name) != want {
			t.Fatalf("got %s and error %v, want %s", name, err, want)
		}
		if got := mode(t, name); got != 0o600 {
			t.Errorf("got mode %#o, want 0600", got)
		}
	}
	after := load(t, dir)
	if got, err := after.Open(sealed, "p"); err != nil || got != "a" {
		t.Errorf("got %q and error %v", got, err)
	}
	if after.SealedByNewest(sealed) || after.Index("x", "p") != index {
		t.Error("got the old key sealing, or another blind index")
	}
	if _, err := seal.Rotate(filepath.Join(dir, "none")); err == nil {
		t.Error("got no error for a folder that is not there")
	}
}
