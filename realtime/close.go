package realtime

import "time"

// Why a connection is closed, as its close code. From 4500 on a client must
// not come back with the same request.
const (
	CloseSlow     = 4001 // took nothing for SlowAfter
	CloseSignIn   = 4002 // nobody may watch anything any more; sign in first
	CloseDrain    = 4100 // this node stops; come back to another
	CloseProtocol = 4500 // said what the protocol does not know
	CloseTooMuch  = 4501 // said too much in one heartbeat
	CloseNoHello  = 4502 // said nothing
)

// bye is a close code and the time within which the client may come back.
type bye struct {
	code  int
	after time.Duration
}
