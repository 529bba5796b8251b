package sandboxpay

import "time"

// Script says how the provider misbehaves. The zero value is a good one.
type Script struct {
	Down          bool          // no request is taken
	LoseAnswers   int           // so many of the next requests are done, and their answer is lost
	Mute          bool          // no callbacks
	Delay         time.Duration // before a callback goes out for the first time
	Copies        int           // of each callback besides the first
	Newest        bool          // callbacks go out in reverse order
	RefundAfter   time.Duration // a refund runs that long
	FailRefunds   int           // so many of the next refunds fail in the end
	RefuseRefunds int           // so many of the next refunds are refused at once
	Charge        int64         // taken instead of what was asked, if set
	Insured       int64         // borne by the insurance
	Partial       bool          // the insurance pays, the patient's part stays open
}

// Tell changes the script.
func (s *Server) Tell(change func(*Script)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.script)
}

// spend reports whether one of a number of misdeeds is due and counts it down.
func spend(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}
