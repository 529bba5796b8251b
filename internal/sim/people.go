package sim

import (
	_ "embed" // names.txt
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

//go:embed names.txt
var names string

// Rand gives a source of chance that depends on seed and key alone, so that one
// person's chances do not shift when another is added.
func Rand(seed uint64, key string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Person makes the patient number i: name, document, phone, birth. Documents
// carry a correct check sign, phones are distinct for i below ten million.
func Person(seed uint64, i int, today houzhen.Date) directory.Patient {
	r := Rand(seed, fmt.Sprint("person", i))
	lines := strings.Split(strings.TrimSpace(names), "\n")
	surnames, given := strings.Fields(lines[0]), strings.Fields(lines[1])
	birth := today.AddDays(-365*14 - r.IntN(365*74))
	sex, seq := directory.Female, i%1000&^1
	if i%2 == 1 {
		sex, seq = directory.Male, i%1000|1
	}
	return directory.Patient{
		Name:    houzhen.NewName(surnames[r.IntN(len(surnames))] + given[r.IntN(len(given))]),
		DocType: directory.DocID,
		Doc:     houzhen.NewIDNumber(idNumber(110101+i/1000%9000, birth, seq)),
		Sex:     sex,
		Birth:   birth,
		Phone:   houzhen.NewPhone(fmt.Sprintf("1390%07d", i%10_000_000)),
		Lang:    houzhen.Chinese,
	}
}

// idNumber builds a resident identity number with its check sign (GB 11643,
// ISO 7064 MOD 11-2).
func idNumber(area int, birth houzhen.Date, seq int) string {
	body := fmt.Sprintf("%06d%04d%02d%02d%03d", area, birth.Year, int(birth.Month), birth.Day, seq)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}
