package aliyun

import (
	_ "embed" // codes.txt
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/houzhen/houzhen/notify"
)

//go:embed codes.txt
var codeTable string

// codes is what the table codes.txt says.
type codes struct {
	exact  map[string]notify.Outcome
	prefix map[string]notify.Outcome
	words  []flowWord
}

type flowWord struct{ word, window string }

// readCodes reads the table and refuses a line that it does not understand.
func readCodes(table string) (codes, error) {
	c := codes{exact: map[string]notify.Outcome{}, prefix: map[string]notify.Outcome{}}
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		code, meaning, ok := strings.Cut(line, " ")
		if !ok || !c.add(code, meaning) {
			return codes{}, fmt.Errorf("read codes.txt: line %q", line)
		}
	}
	return c, nil
}

func (c *codes) add(code, meaning string) bool {
	if word, ok := strings.CutPrefix(code, "!"); ok {
		c.words = append(c.words, flowWord{word, meaning})
		return meaning == "minute" || meaning == "hour" || meaning == "day"
	}
	into := c.exact
	if p, ok := strings.CutSuffix(code, "*"); ok {
		into, code = c.prefix, p
	}
	if _, twice := into[code]; twice {
		return false
	}
	into[code] = notify.Outcome(meaning)
	switch notify.Outcome(meaning) {
	case notify.OutcomeRetry, notify.OutcomeAmbiguous, notify.OutcomeDefer, notify.OutcomeConfig, notify.OutcomeMessage, notify.OutcomeRecipient:
		return true
	case notify.OutcomeAccepted: // no refusal means that
	}
	return false
}

// outcome gives the meaning of a code by the longest match.
func (c codes) outcome(code string) notify.Outcome {
	if o, ok := c.exact[code]; ok {
		return o
	}
	for n := len(code); n >= 0; n-- {
		if o, ok := c.prefix[code[:n]]; ok {
			return o
		}
	}
	return notify.OutcomeAmbiguous
}

// wait reads from the message of a flow-control refusal how long it lasts.
// Minutes and hours are those of the clock; a day is counted from each send,
// so that a day's wait outlives any message. A text that names none of them
// is taken for a minute's.
func (c codes) wait(message string, now func() time.Time) time.Duration {
	for _, w := range c.words {
		if !strings.Contains(message, w.word) {
			continue
		}
		switch w.window {
		case "day":
			return 24 * time.Hour
		case "hour":
			return window(time.Hour, now)
		}
		break
	}
	return window(time.Minute, now)
}

var (
	codePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)
	digitRun    = regexp.MustCompile(`[0-9]{7}`)
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9^_-]{1,64}$`)
)

// cleanCode gives a code that is safe to store and log, whatever was sent as
// one.
func cleanCode(code string) string {
	if !codePattern.MatchString(code) || digitRun.MatchString(code) {
		return codeUnreadable
	}
	return code
}

// cleanID gives a provider's id, or "" for something that is none.
func cleanID(id string) string {
	if !idPattern.MatchString(id) {
		return ""
	}
	return id
}
