package notify

import "time"

// conclude gives the row that a provider's answer makes of a claimed message.
// stopped is until when the channel is stopped, for OutcomeConfig.
func (p Policy) conclude(m Message, sent Sent, now, stopped time.Time) Message {
	m.ErrorCode = sent.Code
	switch sent.Outcome {
	case OutcomeAccepted:
		m.State, m.ProviderID, m.SentAt, m.ErrorCode, m.Reason = Accepted, sent.ProviderID, now, "", ""
	case OutcomeRetry:
		m = p.again(m, now)
	case OutcomeDefer:
		if until := now.Add(sent.RetryIn); until.Before(m.ExpiresAt) {
			m = m.held(until)
		} else {
			m.State, m.Reason = Expired, ReasonFlow
		}
	case OutcomeConfig:
		m = m.held(stopped)
	case OutcomeMessage:
		m.State, m.Reason = Failed, ReasonMessage
	case OutcomeRecipient:
		m.State, m.Reason = Failed, ReasonRecipient
	default: // ambiguous, or an outcome that we do not know: it may have gone
		m.State, m.ProviderID, m.SentAt = Unknown, sent.ProviderID, now
	}
	return m.discreet()
}

// again plans the next try of a message that was certainly refused.
func (p Policy) again(m Message, now time.Time) Message {
	due := now.Add(backoff(m.Kind, m.Attempts))
	switch {
	case m.Attempts >= p.Attempts:
		m.State, m.Reason = Failed, ReasonAttempts
	case !due.Before(m.ExpiresAt):
		m.State, m.Reason = Expired, ReasonRetry
	default:
		m.State, m.DueAt = Planned, due
	}
	return m
}

// held puts a message back that was not tried, or is not to blame, without
// burning an attempt. If it is of no use by then, the gate lets it expire.
func (m Message) held(until time.Time) Message {
	m.Attempts = max(0, m.Attempts-1)
	m.State, m.DueAt = Planned, earlier(until, m.ExpiresAt)
	return m
}

// discreet drops the secret of a message that will not be sent (again).
func (m Message) discreet() Message {
	if m.State != Planned && m.State != Claimed && m.State != Unknown {
		m.Secret = ""
	}
	return m
}
