package wechat

import (
	_ "embed" // codes.txt
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/houzhen/houzhen/notify"
)

//go:embed codes.txt
var codeTable string

// table is codes.txt as read.
var table = sync.OnceValues(func() (map[int]notify.Outcome, error) { return readCodes(codeTable) })

func readCodes(text string) (map[int]notify.Outcome, error) {
	codes := map[int]notify.Outcome{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		code, meaning, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(code)
		_, twice := codes[n]
		if err != nil || twice {
			return nil, fmt.Errorf("read codes.txt: line %q", line)
		}
		switch o := notify.Outcome(meaning); o {
		case notify.OutcomeRetry, notify.OutcomeAmbiguous, notify.OutcomeConfig, notify.OutcomeMessage, notify.OutcomeRecipient:
			codes[n] = o
		case notify.OutcomeAccepted, notify.OutcomeDefer:
			return nil, fmt.Errorf("read codes.txt: line %q", line)
		default:
			return nil, fmt.Errorf("read codes.txt: line %q", line)
		}
	}
	return codes, nil
}

// outcome gives the meaning of an errcode other than 0.
func outcome(code int) notify.Outcome {
	codes, err := table()
	if err != nil {
		return notify.OutcomeAmbiguous
	}
	if o, ok := codes[code]; ok {
		return o
	}
	return notify.OutcomeMessage
}

// stale reports whether an errcode says that the token is not valid any more.
func stale(code int) bool { return code == 40001 || code == 40014 || code == 42001 }

// refused is the errcode of a person who did not consent, or not any more.
const refused = 43101
