package queue

// Codes of a Reason. Each has its arguments listed; templates/ has words for
// every one, and none names a person.
const (
	// Why a patient was picked.
	ReasonInOrder        = "in_order"          // next by slice and number
	ReasonLateEndOfSlice = "late_end_of_slice" // late within the grace: the end of the slice he came in
	ReasonLateInterval   = "late_interval"     // n: so many on time go between two late ones
	ReasonLateWaited     = "late_waited"       // minutes: a late one who waited too long
	ReasonOnlyLateLeft   = "only_late_left"    // nobody on time is waiting
	ReasonMissedAfter    = "missed_after"      // n: so many on time went first after the miss
	ReasonMissedWaited   = "missed_waited"     // minutes: a missed one who waited too long
	ReasonOnlyMissedLeft = "only_missed_left"  // nobody on time is waiting
	ReasonMissedAtEnd    = "missed_at_end"     // misses: so many misses, so after everybody
	ReasonReadyFirst     = "ready_first"       // lane: first of those already asked to the door

	// What happened to a ticket or to the desk.
	ReasonRecalled      = "recalled"       // n: how many-eth call
	ReasonNotThere      = "not_there"      // calls, misses: called so often, did not come
	ReasonVoid          = "void"           // misses: the number is void
	ReasonTakenBack     = "taken_back"     // the missed one came in time; the call stands again
	ReasonPutBack       = "put_back"       // back to the front of the door: another call was taken back
	ReasonBackAfter     = "back_after"     // n: checked in again, goes after n more
	ReasonBackAtEnd     = "back_at_end"    // misses: checked in again, goes at the end
	ReasonEntered       = "entered"        // the patient is in the room
	ReasonEnteredByNext = "entered_unseen" // nobody pressed start; the end of the consultation implies it
	ReasonFinished      = "finished"       // the doctor finished
	ReasonFinishedNext  = "finished_by_next"
	ReasonFinishedEnd   = "finished_by_end"
	ReasonUndone        = "check_in_undone"
	ReasonPaused        = "paused"  // minutes (0 open-ended), why
	ReasonResumed       = "resumed" //
	ReasonEnded         = "ended"   // disposed: how many were waiting
)

// ReasonCodes lists every code of a Reason.
func ReasonCodes() []string {
	return []string{
		ReasonInOrder, ReasonLateEndOfSlice, ReasonLateInterval, ReasonLateWaited, ReasonOnlyLateLeft,
		ReasonMissedAfter, ReasonMissedWaited, ReasonOnlyMissedLeft, ReasonMissedAtEnd, ReasonReadyFirst,
		ReasonRecalled, ReasonNotThere, ReasonVoid, ReasonTakenBack, ReasonPutBack, ReasonBackAfter, ReasonBackAtEnd,
		ReasonEntered, ReasonEnteredByNext, ReasonFinished, ReasonFinishedNext, ReasonFinishedEnd, ReasonUndone,
		ReasonPaused, ReasonResumed, ReasonEnded,
	}
}

// Why a ticket left the queue without a consultation (Ticket.EndReason).
const (
	DropCancelled   = "cancelled"
	DropMoved       = "moved"
	DropSuspended   = "suspended"
	DropVoid        = "void"          // missed too often
	DropMissed      = "closed_missed" // missed, and never came back
	DropNotArrived  = "not_arrived"   // never checked in
	DropCarriedOver = "carried_over"  // waiting at the end: seen in the next session
	DropRefunded    = "refunded"      // waiting at the end: fee returned
	DropAbandoned   = "abandoned"     // the patient gave up
)

// DropReasons lists every reason for leaving without a consultation.
func DropReasons() []string {
	return []string{
		DropCancelled, DropMoved, DropSuspended, DropVoid, DropMissed, DropNotArrived, DropCarriedOver, DropRefunded, DropAbandoned,
	}
}

// Verbs of a Call.
const (
	VerbNext      = "next"
	VerbReady     = "ready" // asked to the door; recorded with the reason of the pick
	VerbStart     = "start"
	VerbRecall    = "recall"
	VerbMiss      = "missed"
	VerbTakeBack  = "take_back"
	VerbPutBack   = "put_back"
	VerbReCheckIn = "re_check_in"
	VerbFinish    = "finish"
	VerbUndo      = "undo_check_in"
	VerbPause     = "pause"
	VerbResume    = "resume"
	VerbEnd       = "end"
)
