// Package realtime carries the latest state of named topics to screens and
// phones over WebSocket. It knows topics and bytes: what a topic means, who
// may watch it and what its state looks like are decided by its callers. It
// decides which state is newer, who has to be told, and when a connection has
// had its chance. It never waits for a client, never keeps a history, and
// never makes up a state.
//
// # States, not events
//
// A topic has one current state: a JSON value with a position (epoch,
// version). Every message carries a whole state, so a slow client that skips
// some of them has lost nothing. Between the nodes runs a [Bus]: it holds the
// latest state of each topic and announces positions; each node reads a state
// once and hands it to its own connections. [MemoryBus] serves one process,
// [RedisBus] any number. Both may be emptied at any moment: states that are
// missing are rendered again by [Snapshot], under a new epoch.
//
// There are two ways to say that something has changed, both called after the
// commit. Publish hands over a state that the caller has rendered. Touch says
// only that the state is no longer what it was: each node that has watchers
// renders it by Snapshot, once however many touches pile up meanwhile, and a
// topic without watchers costs nothing. Either carries rev, the version of
// the truth behind the state, below 2^53; a state with a lower rev than a
// known one is refused, so that rev has to grow whenever the state changes.
// A truth without a version of its own can use the microsecond of its last
// change.
//
// # Protocol
//
// Text frames with one JSON object each; an unknown "t" or field is ignored.
// From the client, of at most 4 KiB and 64 in one heartbeat:
//
//	{"t":"hello","sub":[{"q":"zone:7","e":"9f2c","v":412}]}  first, within 10 s; e and v say what it holds, or are left out
//	{"t":"sub","sub":[{"q":"zone:8"}]}                       watch more topics, 16 in all
//	{"t":"unsub","unsub":["zone:7"]}
//
// From the server:
//
//	{"t":"welcome","hb":30000}                                   something will come every hb milliseconds
//	{"t":"s","q":"zone:7","e":"9f2c","v":413,"at":1767225600000,"d":{...}}  the state; at: when it was published
//	{"t":"same","q":"zone:7","e":"9f2c","v":412}                 what the client holds is current
//	{"t":"no","q":"desk:1","code":"forbidden"}                   not watched (or no longer), and why: a houzhen.Code
//	{"t":"hb"}                                                   nothing new, still here
//	{"t":"bye","code":4100,"after":10000}                        about to be closed; come back within so many ms
//
// # Rules for a client
//
//   - Another epoch than the one held: replace. The same epoch and a higher
//     version: replace. Anything else: drop.
//   - Keep e and v of each topic and say them in the next hello: the answer is
//     "same" or the current state.
//   - Nothing heard for 2.5 times hb: close and connect again. Meanwhile show
//     that the state is old.
//   - Connect again after a random time between 0 and 500 ms × 2^n, at most
//     20 s; after "bye", after a random time between 0 and its "after". A
//     "welcome" sets n back to 0.
//   - Close codes: 4001 too slow, 4002 sign in again first, 4100 this node
//     stops, 45xx final: do not come back with the same request. A client that
//     was too slow to read anything sees 1006 instead of 4001.
package realtime
