package realtime

import "sync/atomic"

// counters grow for the life of a hub.
type counters struct {
	opened, sent, skipped, rendered, failed, refused, slow atomic.Int64
}

// Stats says how a hub is doing: the first two now, the rest since its start.
type Stats struct {
	Connections int
	Topics      int
	Opened      int64 // connections
	Sent        int64 // states and "same"
	Skipped     int64 // states that a newer one replaced before they were written
	Rendered    int64 // calls of Snapshot
	Failed      int64 // states that could not be loaded and are tried again
	Refused     int64 // topics that somebody was not let watch
	Slow        int64 // connections cut because they took nothing
}

// Stats takes the numbers.
func (h *Hub) Stats() Stats {
	h.mu.RLock()
	conns, topics := h.conns, len(h.topics)
	h.mu.RUnlock()
	c := &h.count
	return Stats{
		Connections: conns, Topics: topics, Opened: c.opened.Load(), Sent: c.sent.Load(), Skipped: c.skipped.Load(),
		Rendered: c.rendered.Load(), Failed: c.failed.Load(), Refused: c.refused.Load(), Slow: c.slow.Load(),
	}
}
