package notify

// Abilities are what a channel's adapter can do. They are declared by the
// adapter and never guessed from its behaviour; docs/channels.md lists them.
type Abilities struct {
	Batch      int  // parcels in one call of the provider; 0 means that it takes one at a time
	Receipts   bool // the provider says later what became of a message
	Query      bool // a lost answer can be asked about: the adapter is a Finder
	Idempotent bool // the provider takes the same out-id once within minutes
	Renders    bool // the provider renders from its approved template, not we
	Cost       int  // of one message, in thousandths of a yuan, to compare channels by; not for accounts
	PerSecond  int  // calls that the provider takes; 0 means that it names no limit
}

// Able is a Sender that declares its abilities.
type Able interface {
	Abilities() Abilities
}

// AbilitiesOf gives what a sender declares, and for one that declares nothing
// what can be seen of it.
func AbilitiesOf(s Sender) Abilities {
	if a, ok := s.(Able); ok {
		return a.Abilities()
	}
	_, query := s.(Finder)
	return Abilities{Query: query}
}

// Abilities gives what each channel of the service can do.
func (s *Service) Abilities() map[Channel]Abilities {
	all := make(map[Channel]Abilities, len(s.senders))
	for c, sender := range s.senders {
		all[c] = AbilitiesOf(sender)
	}
	return all
}
