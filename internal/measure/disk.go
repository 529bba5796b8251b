package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// diskFor is how long the disk is asked.
const diskFor = 300 * time.Millisecond

// Fdatasync measures how often a second the disk under dir can make 4 KiB
// durable, the limit beside which a figure of committed work has to be read.
func Fdatasync(dir string) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "fdatasync"))
	if err != nil {
		return 0, fmt.Errorf("measure disk: %w", err)
	}
	defer func() { _ = f.Close(); _ = os.Remove(f.Name()) }()
	page := make([]byte, 4096)
	n, begun := 0, now()
	for ; now().Sub(begun) < diskFor; n++ {
		if _, err := f.WriteAt(page, int64(n%256)*4096); err != nil {
			return 0, fmt.Errorf("measure disk: %w", err)
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return 0, fmt.Errorf("measure disk: %w", err)
		}
	}
	return float64(n) / now().Sub(begun).Seconds(), nil
}
