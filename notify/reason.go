package notify

// Reasons that this package itself gives a message which did not go. World
// adds its own in View.Stale; templates/ has words for all, as message.<code>.
const (
	// Suppressed.
	ReasonOvertaken = "overtaken"  // a later message about the same has gone out
	ReasonCapTicket = "cap_ticket" // daily limit per appointment or ticket
	ReasonCapPhone  = "cap_phone"  // daily limit per phone
	// ReasonCapTemplate is the provider's own limit of one wording to one phone.
	ReasonCapTemplate = "cap_template"
	ReasonNoPhone     = "no_phone"
	ReasonNoPush      = "no_push"
	ReasonNoChannel   = "no_channel" // no provider is set up for the channel
	ReasonNoWeChat    = "no_wechat"
	ReasonNoEmail     = "no_email"
	ReasonOptOut      = "opt_out" // the patient switched it off
	ReasonNotMe       = "not_me"  // the phone was reported as not his
	ReasonReached     = "reached" // another channel has brought it home

	// Expired.
	ReasonLate  = "late"  // its time had passed when it was due
	ReasonRetry = "retry" // tried, and the next try would be too late
	ReasonFlow  = "flow"  // flow control of the provider holds it too long

	// Failed.
	ReasonRender    = "render"    // a variable of the wording has no value
	ReasonMessage   = "message"   // the provider never takes this message
	ReasonRecipient = "recipient" // the number can never be reached
	ReasonAttempts  = "attempts"  // refused too often

	// Failed or Expired.
	ReasonUnknown = "unknown" // the answer was lost and nobody knows; not sent again
)

// Reasons lists every reason that this package gives.
func Reasons() []string {
	return []string{
		ReasonOvertaken, ReasonCapTicket, ReasonCapPhone, ReasonCapTemplate, ReasonNoPhone, ReasonNoPush, ReasonNoChannel,
		ReasonNoWeChat, ReasonNoEmail, ReasonOptOut, ReasonNotMe, ReasonReached,
		ReasonLate, ReasonRetry, ReasonFlow, ReasonRender, ReasonMessage, ReasonRecipient, ReasonAttempts, ReasonUnknown,
	}
}
