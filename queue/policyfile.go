package queue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/houzhen/houzhen"
)

// MaxPolicyFile is the largest policy that is read, in bytes.
const MaxPolicyFile = 64 << 10

// span is a duration as people write it: 15m.
type span time.Duration

// UnmarshalYAML reads 90s, 15m or 2h.
func (s *span) UnmarshalYAML(n *yaml.Node) error {
	d, err := time.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no duration, such as 15m", n.Line, n.Value)
	}
	*s = span(d)
	return nil
}

// MarshalYAML writes a duration without its empty parts.
func (s span) MarshalYAML() (any, error) {
	d := time.Duration(s)
	switch {
	case d == 0:
		return "0s", nil
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour), nil
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute), nil
	}
	return d.String(), nil
}

// place of a missed one, as people write it: after:3, end_of_daypart.
type reinsert Reinsertion

// UnmarshalYAML reads after:n or the name of an end.
func (r *reinsert) UnmarshalYAML(n *yaml.Node) error {
	rest, behind := strings.CutPrefix(strings.ReplaceAll(n.Value, " ", ""), AtAfter+":")
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == AtAfter { // "after: 3" in a list is a map
		rest, behind = n.Content[1].Value, true
	}
	if !behind {
		*r = reinsert{At: n.Value}
		return nil
	}
	k, err := strconv.Atoi(rest)
	if err != nil {
		return fmt.Errorf("line %d: %q is no number of patients", n.Line, rest)
	}
	*r = reinsert(After(k))
	return nil
}

// MarshalYAML is the inverse.
func (r reinsert) MarshalYAML() (any, error) {
	if r.At == AtAfter {
		return AtAfter + ":" + strconv.Itoa(r.After), nil
	}
	return r.At, nil
}

// document is a policy as its file has it (domain rule §8). What a file leaves
// out has the default, so a short file is a whole policy.
type document struct {
	CheckIn struct {
		Presence   []string `yaml:"presence,flow"`
		OpenBefore span     `yaml:"open_before"`
		Early      string   `yaml:"early"`
	} `yaml:"checkin"`
	Key         Key         `yaml:"key"`
	BookedFirst BookedFirst `yaml:"booked_first"`
	ReadySize   int         `yaml:"ready_size"`
	Late        struct {
		Mode     LateMode `yaml:"mode"`
		Grace    span     `yaml:"grace"`
		Interval int      `yaml:"interval"`
		Exempt   bool     `yaml:"hospital_delay_exempt"`
	} `yaml:"late"`
	Missed struct {
		Calls     int        `yaml:"calls"`
		MinGap    span       `yaml:"min_gap"`
		MinTotal  span       `yaml:"min_total"`
		TakeBack  span       `yaml:"take_back"`
		Interval  int        `yaml:"interval"`
		Reinsert  []reinsert `yaml:"reinsert,flow"`
		VoidAfter int        `yaml:"void_after"`
		Anytime   bool       `yaml:"anytime"`
	} `yaml:"missed"`
	Return struct {
		Interval int    `yaml:"interval"`
		Burst    int    `yaml:"burst_backlog"`
		MaxWait  span   `yaml:"max_wait"`
		Doctor   string `yaml:"doctor"`
		Results  bool   `yaml:"needs_results"`
	} `yaml:"return"`
	Priority struct {
		Mode     string     `yaml:"mode"`
		First    int        `yaml:"first_after"`
		Interval int        `yaml:"interval"`
		Series   int        `yaml:"series"`
		Groups   []groupDoc `yaml:"groups,flow"`
	} `yaml:"priority"`
	Deferred struct {
		Interval int  `yaml:"interval"`
		Max      span `yaml:"max"`
	} `yaml:"deferred"`
	MaxInsertShare float64 `yaml:"max_insert_share"`
	Overtake       struct {
		Times   int  `yaml:"max_times"`
		Minutes span `yaml:"max_minutes"`
	} `yaml:"overtake"`
	Lanes struct {
		MaxWait span `yaml:"max_wait"`
	} `yaml:"lanes"`
	Pool struct {
		Order PoolOrder `yaml:"order"`
	} `yaml:"pool"`
	Pause struct {
		Show   span `yaml:"show_after"`
		Wizard span `yaml:"wizard_after"`
	} `yaml:"pause"`
	Deadline struct {
		AM string `yaml:"am"`
		PM string `yaml:"pm"`
	} `yaml:"deadline"`
	Finish struct {
		Auto bool `yaml:"by_next"`
	} `yaml:"finish"`
	UndoWithin span `yaml:"undo_within"`
	Leave      struct {
		Alpha   float64 `yaml:"alpha"`
		Near    float64 `yaml:"alpha_near"`
		Grace   span    `yaml:"grace"`
		Recheck span    `yaml:"recheck"`
		Hold    bool    `yaml:"hold"`
	} `yaml:"leave"`
	Continuation struct {
		Days     int    `yaml:"days"`
		Times    int    `yaml:"times"`
		MaxGrade string `yaml:"max_grade"`
		Lane     Lane   `yaml:"lane"`
	} `yaml:"continuation"`
}

type groupDoc struct {
	Code   string `yaml:"code"`
	MinAge int    `yaml:"min_age,omitempty"`
}

// Words of a policy's document that stand for yes or no.
const (
	earlyRefuse  = "refuse"
	earlyNoGain  = "accept_no_gain"
	doctorSame   = "same"
	doctorAny    = "any"
	modeAbsolute = "absolute"
	modeTurns    = "interleave"
)

// ParsePolicy reads a policy's document: YAML, of which JSON is a part. What it
// leaves out has the default; a field that no policy has is refused with its
// line, and a value that cannot be by the field's name (CodeInvalid).
func ParsePolicy(text []byte) (Policy, error) {
	if len(text) > MaxPolicyFile {
		return Policy{}, houzhen.E(houzhen.CodeTooLarge, "the policy is too large").On("policy")
	}
	d := documentOf(DefaultPolicy())
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		return Policy{}, houzhen.E(houzhen.CodeInvalid, "the policy cannot be read: "+err.Error()).On("policy").With("why", err.Error())
	}
	for field, w := range map[string][3]string{
		"checkin.early": {d.CheckIn.Early, earlyRefuse, earlyNoGain},
		"return.doctor": {d.Return.Doctor, doctorSame, doctorAny},
		"priority.mode": {d.Priority.Mode, modeAbsolute, modeTurns},
	} {
		if w[0] != w[1] && w[0] != w[2] {
			return Policy{}, badPolicy(field, "give "+w[1]+" or "+w[2])
		}
	}
	p := d.policy()
	return p, p.Validate()
}

// Document writes a policy as ParsePolicy reads it.
func (p Policy) Document() ([]byte, error) {
	text, err := yaml.Marshal(documentOf(p))
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	return text, nil
}

func either(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

func documentOf(p Policy) (d document) {
	d.CheckIn.Presence, d.CheckIn.OpenBefore, d.CheckIn.Early = p.Presence, span(p.OpenBefore), either(p.EarlyRefuse, earlyRefuse, earlyNoGain)
	d.Key, d.BookedFirst, d.ReadySize = p.Key, p.BookedFirst, p.ReadySize
	d.Late.Mode, d.Late.Grace, d.Late.Interval, d.Late.Exempt = p.LateMode, span(p.LateGrace), p.LateInterval, p.DelayExempt
	d.Missed.Calls, d.Missed.MinGap, d.Missed.MinTotal, d.Missed.TakeBack = p.CallsBeforeMissed, span(p.MinCallGap), span(p.MinCallTotal), span(p.TakeBack)
	d.Missed.Interval, d.Missed.VoidAfter, d.Missed.Anytime = p.MissedInterval, p.VoidAfter, p.MissAnytime
	for _, r := range p.Reinsert {
		d.Missed.Reinsert = append(d.Missed.Reinsert, reinsert(r))
	}
	d.Return.Interval, d.Return.Burst, d.Return.MaxWait = p.ReturnInterval, p.ReturnBurst, span(p.ReturnMaxWait)
	d.Return.Doctor, d.Return.Results = either(p.ReturnAny, doctorAny, doctorSame), !p.ReturnBlind
	d.Priority.Mode, d.Priority.First = either(p.PriorityAbsolute, modeAbsolute, modeTurns), p.PriorityFirst
	d.Priority.Interval, d.Priority.Series = p.PriorityInterval, p.PrioritySeries
	for _, g := range p.Groups {
		d.Priority.Groups = append(d.Priority.Groups, groupDoc(g))
	}
	d.Deferred.Interval, d.Deferred.Max = p.DeferredInterval, span(p.DeferMax)
	d.MaxInsertShare, d.Overtake.Times, d.Overtake.Minutes = p.MaxInsertShare, p.OvertakeTimes, span(p.OvertakeFor)
	d.Lanes.MaxWait, d.Pool.Order = span(p.LaneMaxWait), p.Pool
	d.Pause.Show, d.Pause.Wizard = span(p.PauseShow), span(p.PauseWizard)
	d.Deadline.AM, d.Deadline.PM, d.Finish.Auto, d.UndoWithin = p.DeadlineAM, p.DeadlinePM, p.AutoFinish, span(p.UndoWithin)
	d.Leave.Alpha, d.Leave.Near, d.Leave.Grace, d.Leave.Recheck = p.LeaveAlpha, p.LeaveNear, span(p.LeaveGrace), span(p.LeaveRecheck)
	d.Leave.Hold = p.LeaveHold
	d.Continuation = struct {
		Days     int    `yaml:"days"`
		Times    int    `yaml:"times"`
		MaxGrade string `yaml:"max_grade"`
		Lane     Lane   `yaml:"lane"`
	}(p.Continuation)
	return d
}

func (d document) policy() Policy {
	p := Policy{
		Key: d.Key, BookedFirst: d.BookedFirst, Presence: d.CheckIn.Presence, OpenBefore: time.Duration(d.CheckIn.OpenBefore),
		EarlyRefuse: d.CheckIn.Early == earlyRefuse, ReadySize: d.ReadySize,
		LateMode: d.Late.Mode, LateGrace: time.Duration(d.Late.Grace), LateInterval: d.Late.Interval, DelayExempt: d.Late.Exempt,
		CallsBeforeMissed: d.Missed.Calls, MinCallGap: time.Duration(d.Missed.MinGap), MinCallTotal: time.Duration(d.Missed.MinTotal),
		TakeBack: time.Duration(d.Missed.TakeBack), MissedInterval: d.Missed.Interval, VoidAfter: d.Missed.VoidAfter, MissAnytime: d.Missed.Anytime,
		ReturnInterval: d.Return.Interval, ReturnBurst: d.Return.Burst, ReturnMaxWait: time.Duration(d.Return.MaxWait),
		ReturnAny: d.Return.Doctor == doctorAny, ReturnBlind: !d.Return.Results,
		PriorityAbsolute: d.Priority.Mode == modeAbsolute, PriorityFirst: d.Priority.First, PriorityInterval: d.Priority.Interval, PrioritySeries: d.Priority.Series,
		DeferredInterval: d.Deferred.Interval, DeferMax: time.Duration(d.Deferred.Max),
		MaxInsertShare: d.MaxInsertShare, OvertakeTimes: d.Overtake.Times, OvertakeFor: time.Duration(d.Overtake.Minutes), LaneMaxWait: time.Duration(d.Lanes.MaxWait),
		Pool: d.Pool.Order, PauseShow: time.Duration(d.Pause.Show), PauseWizard: time.Duration(d.Pause.Wizard),
		DeadlineAM: d.Deadline.AM, DeadlinePM: d.Deadline.PM, AutoFinish: d.Finish.Auto, UndoWithin: time.Duration(d.UndoWithin),
		LeaveAlpha: d.Leave.Alpha, LeaveNear: d.Leave.Near, LeaveGrace: time.Duration(d.Leave.Grace), LeaveRecheck: time.Duration(d.Leave.Recheck), LeaveHold: d.Leave.Hold,
		Continuation: ContinuationRule(d.Continuation),
	}
	for _, r := range d.Missed.Reinsert {
		p.Reinsert = append(p.Reinsert, Reinsertion(r))
	}
	for _, g := range d.Priority.Groups {
		p.Groups = append(p.Groups, Group(g))
	}
	return p
}
