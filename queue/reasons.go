package queue

import "slices"

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

	ReasonEmergency        = "emergency"          // before everybody
	ReasonFrontAgain       = "front_again"        // was at the door of a doctor who paused, or was with another doctor
	ReasonPinned           = "pinned"             // a nurse put him there and said why
	ReasonPriorityTurn     = "priority_turn"      // n: so many on time go between two turns of priority
	ReasonPriorityWaited   = "priority_waited"    // minutes
	ReasonPriorityAbsolute = "priority_absolute"  // here priority goes first
	ReasonOnlyPriorityLeft = "only_priority_left" //
	ReasonReturnTurn       = "return_turn"        // n: so many on time since the last return
	ReasonReturnBurst      = "return_burst"       // waiting: so many returns wait, so one after every one on time
	ReasonReturnWaited     = "return_waited"      // minutes
	ReasonOnlyReturnLeft   = "only_return_left"   //
	ReasonDeferredTurn     = "deferred_turn"      // n: so many on time between two who had asked to go later
	ReasonDeferredWaited   = "deferred_waited"    // minutes
	ReasonOnlyDeferredLeft = "only_deferred_left" //

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

	// What staff or the patient did to a place in the order.
	ReasonPriorityOn    = "priority_on"
	ReasonPriorityOff   = "priority_off"
	ReasonUnwell        = "unwell"         // feels ill: emergency
	ReasonPinnedBy      = "pinned_by"      // cause
	ReasonMovedBy       = "moved_by"       // places, cause; negative is forward
	ReasonAssigned      = "assigned"       // waits for one doctor
	ReasonUnassigned    = "unassigned"     // any doctor of the pool
	ReasonSuspended     = "set_aside"      // cause
	ReasonBroughtBack   = "brought_back"   //
	ReasonDeferred      = "deferred_for"   // minutes
	ReasonAnnounced     = "announced"      // minutes: not here yet, said when he will be
	ReasonWoken         = "deferred_over"  // the time he had asked for has come
	ReasonBusyElsewhere = "busy_elsewhere" // is with another doctor just now
	ReasonAbandoned     = "gave_up"        // cause
	ReasonReinstated    = "reinstated"     // cause
	ReasonExcused       = "excused"        // cause: late, and taken as on time
	ReasonSentToTests   = "sent_to_tests"
	ReasonBackFromTests = "back_from_tests"
	ReasonCalledOutside = "called_out_of_turn" // cause
	ReasonCareSet       = "care_set"           // care
	ReasonNoteSet       = "note_set"           // the desk left the doctor a note, or took it back
	ReasonUndid         = "undid"              // verb
	ReasonDeskJoined    = "desk_joined"
	ReasonDeskLeft      = "desk_left"
	ReasonCheckedIn     = "checked_in"
	ReasonAdmitted      = "admitted"
	ReasonTransferred   = "transferred"
	ReasonSentOn        = "sent_on" // cause: the doctor who had him lets him go on to another
	ReasonMerged        = "merged"  // his two records became one

	// Why a position changed; n: by how many.
	ShiftCalled    = "shift_called"    // somebody before him was called
	ShiftLeft      = "shift_left"      // somebody before him left
	ShiftAside     = "shift_aside"     // somebody before him goes later
	ShiftBehind    = "shift_behind"    // somebody before him goes after him now
	ShiftArrived   = "shift_arrived"   // somebody with an earlier number checked in
	ShiftEmergency = "shift_emergency" //
	ShiftPinned    = "shift_pinned"    //
	ShiftPriority  = "shift_priority"  //
	ShiftReturn    = "shift_return"    //
	ShiftMissed    = "shift_missed"    //
	ShiftLate      = "shift_late"      //
	ShiftDeferred  = "shift_deferred"  //
	ShiftPutBack   = "shift_put_back"  // a call was taken back
	ShiftTurn      = "shift_turn"      // the turn between the lanes changed
	ShiftOwn       = "shift_own"       // his own place was changed
)

// ReasonCodes lists every code of a Reason.
func ReasonCodes() []string {
	picks := []string{
		ReasonInOrder, ReasonLateEndOfSlice, ReasonLateInterval, ReasonLateWaited, ReasonOnlyLateLeft,
		ReasonMissedAfter, ReasonMissedWaited, ReasonOnlyMissedLeft, ReasonMissedAtEnd, ReasonReadyFirst,
		ReasonEmergency, ReasonFrontAgain, ReasonPinned, ReasonPriorityTurn, ReasonPriorityWaited, ReasonPriorityAbsolute,
		ReasonOnlyPriorityLeft, ReasonReturnTurn, ReasonReturnBurst, ReasonReturnWaited, ReasonOnlyReturnLeft,
		ReasonDeferredTurn, ReasonDeferredWaited, ReasonOnlyDeferredLeft,
	}
	happened := []string{
		ReasonRecalled, ReasonNotThere, ReasonVoid, ReasonTakenBack, ReasonPutBack, ReasonBackAfter, ReasonBackAtEnd,
		ReasonEntered, ReasonEnteredByNext, ReasonFinished, ReasonFinishedNext, ReasonFinishedEnd, ReasonUndone,
		ReasonPaused, ReasonResumed, ReasonEnded, ReasonPriorityOn, ReasonPriorityOff, ReasonUnwell, ReasonPinnedBy,
		ReasonMovedBy, ReasonAssigned, ReasonUnassigned, ReasonSuspended, ReasonBroughtBack, ReasonDeferred, ReasonAnnounced,
		ReasonWoken, ReasonBusyElsewhere, ReasonAbandoned, ReasonReinstated, ReasonExcused, ReasonSentToTests,
		ReasonBackFromTests, ReasonCalledOutside, ReasonCareSet, ReasonNoteSet, ReasonUndid, ReasonDeskJoined, ReasonDeskLeft,
		ReasonCheckedIn, ReasonAdmitted, ReasonTransferred, ReasonSentOn, ReasonMerged,
	}
	return slices.Concat(picks, happened, shiftCodes())
}

func shiftCodes() []string {
	return []string{
		ShiftCalled, ShiftLeft, ShiftAside, ShiftBehind, ShiftArrived, ShiftEmergency, ShiftPinned, ShiftPriority,
		ShiftReturn, ShiftMissed, ShiftLate, ShiftDeferred, ShiftPutBack, ShiftTurn, ShiftOwn,
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
	DropContinued   = "continued"     // out for tests when the day was over: comes again with a continuation
)

// DropReasons lists every reason for leaving without a consultation.
func DropReasons() []string {
	return []string{
		DropCancelled, DropMoved, DropSuspended, DropVoid, DropMissed, DropNotArrived, DropCarriedOver, DropRefunded, DropAbandoned, DropContinued,
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

	// What concerns one place in the order (Action).
	VerbPriority    = "priority"
	VerbPriorityOff = "priority_off"
	VerbUnwell      = "unwell"
	VerbPin         = "pin"
	VerbMove        = "move"
	VerbAssign      = "assign"
	VerbSuspend     = "set_aside"
	VerbBringBack   = "bring_back"
	VerbDefer       = "defer"
	VerbAbandon     = "abandon"
	VerbReinstate   = "reinstate"
	VerbExcuse      = "excuse"
	VerbTests       = "out_for_tests"
	VerbReturn      = "return"
	VerbCall        = "call"
	VerbCare        = "care"
	VerbNote        = "note"
	VerbUndoLast    = "undo"
	VerbJoin        = "join"
	VerbLeave       = "leave"

	// What is in the log beside the calls.
	VerbOpen       = "open"
	VerbAdmit      = "admit"
	VerbCheckIn    = "check_in"
	VerbDrop       = "drop"
	VerbTravel     = "travel"
	VerbAdvise     = "advise_leave"
	VerbAdviseWait = "advise_wait"
	VerbSetOut     = "set_out"
	VerbTransfer   = "transfer" // a Call only where it ends a consultation
	VerbRelocate   = "relocate"
	VerbRetime     = "retime"
	VerbResults    = "results"
	VerbTick       = "tick" // the time did it
	VerbRepoint    = "repoint"
)
