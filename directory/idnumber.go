package directory

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/houzhen/houzhen"
)

// IDInfo is what a document number says of its owner.
type IDInfo struct {
	Sex      Sex          // SexUnknown if the number does not say
	Birth    houzhen.Date // zero if the number does not say
	Unlikely bool         // older than 130: valid, but worth a second look
}

// Why a number was refused, as the error's argument "reason".
const (
	ReasonEmpty         = "empty"
	ReasonLength        = "length"
	ReasonFifteen       = "fifteen_digits" // the first-generation form, no longer a document
	ReasonSign          = "sign"
	ReasonCheck         = "check"
	ReasonBirth         = "birth"
	ReasonFuture        = "birth_in_future"
	ReasonForeignerCard = "foreigner_card" // a foreigner's card given as a resident's
	ReasonType          = "type"           // no such type of document
)

// patterns are those of documents whose numbers say nothing of their owner.
// An officer's card has a word of Chinese signs in front.
var patterns = map[DocType]*regexp.Regexp{
	DocPassport: regexp.MustCompile(`^[A-Z0-9]{0,3}[0-9]{4,12}[A-Z0-9]{0,2}$`),
	DocOfficer:  regexp.MustCompile(`^\p{Han}{0,6}[0-9]{4,10}\p{Han}?$`),
	DocHKMacao:  regexp.MustCompile(`^[HMC][0-9]{8}([0-9]{2})?$`),
	DocTaiwan:   regexp.MustCompile(`^[0-9]{8}$|^[0-9]{10}[A-Z]?$|^[0-9]{10}\([A-Z]\)$`),
	DocOther:    regexp.MustCompile(`^[\p{Han}A-Z0-9()-]{3,30}$`),
}

// foreignerOld is the 15-sign form of the foreigner's card from before
// December 2023: three letters of the country and twelve digits.
var foreignerOld = regexp.MustCompile(`^[A-Z]{3}[0-9]{12}$`)

// ParseIDNumber checks the number of a document and gives it as it is stored:
// half-width, upper case, without blanks. today bounds the date of birth. A
// refusal is CodeIDNumber with the argument "reason" and never holds the number.
func ParseIDNumber(t DocType, s string, today houzhen.Date) (houzhen.IDNumber, IDInfo, error) {
	n, err := cleanNumber(s)
	if err != nil {
		return houzhen.IDNumber{}, IDInfo{}, err
	}
	info := IDInfo{}
	switch {
	case t == DocID || t == DocHousehold:
		info, err = residentInfo(n, today)
	case t == DocForeigner && !foreignerOld.MatchString(n):
		info, err = foreignerInfo(n, today)
	case t == DocForeigner:
	case patterns[t] == nil:
		err = badNumber(ReasonType).On("doc_type")
	case !patterns[t].MatchString(n):
		err = badNumber(ReasonSign)
	}
	if err != nil {
		return houzhen.IDNumber{}, IDInfo{}, err
	}
	return houzhen.NewIDNumber(n), info, nil
}

func badNumber(reason string) *houzhen.Error {
	return houzhen.E(houzhen.CodeIDNumber, "document number refused").On("doc").With("reason", reason)
}

func cleanNumber(s string) (string, error) {
	if len(s) > 200 {
		return "", badNumber(ReasonLength)
	}
	n := strings.ToUpper(narrow(s))
	if n == "" {
		return "", badNumber(ReasonEmpty)
	}
	return n, nil
}

// narrow makes full-width signs half-width and drops blanks and signs that
// cannot be seen.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			return -1
		case r > '\uff00' && r < '\uff5f':
			return r - 0xfee0
		}
		return r
	}, s)
}

func residentInfo(n string, today houzhen.Date) (IDInfo, error) {
	switch {
	case len(n) == 15 && strings.Trim(n, "0123456789") == "":
		return IDInfo{}, badNumber(ReasonFifteen)
	case len(n) == 18 && n[0] == '9':
		return IDInfo{}, badNumber(ReasonForeignerCard)
	}
	return eighteen(n, today)
}

func foreignerInfo(n string, today houzhen.Date) (IDInfo, error) {
	if len(n) == 18 && n[0] != '9' {
		return IDInfo{}, badNumber(ReasonSign)
	}
	return eighteen(n, today)
}

// eighteen checks GB 11643: 17 digits and a check sign by ISO 7064 MOD 11-2.
// Codes of places that no longer exist stay valid for life.
func eighteen(n string, today houzhen.Date) (IDInfo, error) {
	if len(n) != 18 {
		return IDInfo{}, badNumber(ReasonLength)
	}
	if strings.Trim(n[:17], "0123456789") != "" || !strings.Contains("0123456789X", n[17:]) {
		return IDInfo{}, badNumber(ReasonSign)
	}
	if CheckSign(n[:17]) != n[17] {
		return IDInfo{}, badNumber(ReasonCheck)
	}
	born, err := time.Parse("20060102", n[6:14])
	if err != nil {
		return IDInfo{}, badNumber(ReasonBirth)
	}
	birth := houzhen.DateOf(born, time.UTC)
	if today.Before(birth) {
		return IDInfo{}, badNumber(ReasonFuture)
	}
	sex := Female
	if n[16]%2 == 1 {
		sex = Male
	}
	return IDInfo{Sex: sex, Birth: birth, Unlikely: Age(birth, today) > 130}, nil
}

// CheckSign gives the check sign of the first 17 digits of a number by ISO
// 7064 MOD 11-2. It is 0 unless they are 17 digits.
func CheckSign(digits string) byte {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	if len(digits) != len(weights) {
		return 0
	}
	sum := 0
	for i, w := range weights {
		if digits[i] < '0' || digits[i] > '9' {
			return 0
		}
		sum += w * int(digits[i]-'0')
	}
	return "10X98765432"[sum%11]
}

// Age gives full years on a day. Who was born on 29 February is a year older
// on 1 March of other years.
func Age(birth, on houzhen.Date) int {
	years := on.Year - birth.Year
	if on.Month < birth.Month || on.Month == birth.Month && on.Day < birth.Day {
		years--
	}
	return years
}
