//go:build !linux

package realtime

import "net"

// rawWriter exists on Linux only; elsewhere a goroutine writes and waits.
type rawWriter struct{}

func newRawWriter(net.Conn) *rawWriter { return nil }

func (*rawWriter) write([]byte) (int, error) { return 0, nil }

func limitUnsent(*net.TCPConn) {}
