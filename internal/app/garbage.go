package app

import (
	"os"
	"runtime/debug"
)

// garbage is by how many percent the heap may grow between two collections. What
// a server keeps is small, some tens of MB, and collecting it each time it has
// doubled took a sixth of the work for a message.
const garbage = 300

// CollectLess makes the collector run as rarely as suits a server, unless GOGC
// says otherwise. It is for the commands, before anything is opened.
func CollectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
