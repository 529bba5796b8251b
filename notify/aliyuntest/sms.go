package aliyuntest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the SMS API.
const (
	maxNumbers = 1000 // of SendSms
	maxBatch   = 100  // of SendBatchSms
	maxOutID   = 255
	maxParam   = 35 // characters of one template parameter
)

func readSendSms(p params) (order, *refusal) {
	if k := p.missing("PhoneNumbers", "SignName", "TemplateCode"); k != "" {
		return order{}, missing(k)
	}
	o := order{action: "SendSms", outID: p.get("OutId"), template: p.get("TemplateCode")}
	numbers := strings.Split(p.get("PhoneNumbers"), ",")
	if len(numbers) > maxNumbers {
		return order{}, business("isv.MOBILE_COUNT_OVER_LIMIT", "too many numbers")
	}
	o.items = make([]item, len(numbers))
	for i, n := range numbers {
		o.items[i] = item{phone: n, sign: p.get("SignName"), params: p.get("TemplateParam"), outID: o.outID}
	}
	return o, nil
}

func readSendBatchSms(p params) (order, *refusal) {
	if k := p.missing("PhoneNumberJson", "SignNameJson", "TemplateCode"); k != "" {
		return order{}, missing(k)
	}
	var numbers, signs []string
	var values []map[string]any
	for _, f := range []struct {
		text string
		into any
	}{{p.get("PhoneNumberJson"), &numbers}, {p.get("SignNameJson"), &signs}, {or(p.get("TemplateParamJson"), "null"), &values}} {
		if json.Unmarshal([]byte(f.text), f.into) != nil {
			return order{}, business("isv.INVALID_JSON_PARAM", "a parameter is not a JSON array")
		}
	}
	switch {
	case len(numbers) > maxBatch:
		return order{}, business("isv.MOBILE_COUNT_OVER_LIMIT", "too many numbers")
	case len(numbers) == 0 || len(signs) != len(numbers) || values != nil && len(values) != len(numbers):
		return order{}, business("isv.INVALID_PARAMETERS", "the arrays differ in length")
	}
	o := order{action: "SendBatchSms", outID: p.get("OutId"), template: p.get("TemplateCode")}
	for i, n := range numbers {
		it := item{phone: n, sign: signs[i], outID: o.outID}
		if values != nil {
			b, _ := json.Marshal(values[i]) // was just decoded
			it.params = string(b)
		}
		o.items = append(o.items, it)
	}
	return o, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// checkSMS judges an order by the rules that the business applies.
func (s *Server) checkSMS(o order) *refusal {
	if len(o.outID) > maxOutID {
		return business("isv.INVALID_PARAMETERS", "OutId is too long")
	}
	variables, known := s.opt.Templates[o.template]
	if s.opt.Templates == nil {
		known = anyTemplate(o.template)
	}
	if !known {
		return business("isv.SMS_TEMPLATE_ILLEGAL", "the template does not exist or is not approved")
	}
	for i := range o.items {
		it := &o.items[i]
		if !s.knowsSign(it.sign) {
			return business("isv.SMS_SIGNATURE_ILLEGAL", "the sign does not exist or is not approved")
		}
		if it.phone = mainland(it.phone); it.phone == "" {
			return business("isv.MOBILE_NUMBER_ILLEGAL", "a number is not a mobile number")
		}
		if i > 0 && it.params == o.items[i-1].params {
			continue
		}
		if refused := checkParams(it.params, variables); refused != nil {
			return refused
		}
	}
	return nil
}

func anyTemplate(code string) bool {
	digits, ok := strings.CutPrefix(code, "SMS_")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

func (s *Server) knowsSign(sign string) bool {
	if len(s.opt.Signs) > 0 {
		return slices.Contains(s.opt.Signs, sign)
	}
	n := utf8.RuneCountInString(sign)
	return n >= 2 && n <= 12
}

// mainland gives the 11 digits of a mobile number in any form that the API
// takes, or "".
func mainland(phone string) string {
	for _, prefix := range []string{"+86", "0086", "86", "+"} {
		if rest, cut := strings.CutPrefix(phone, prefix); cut && len(rest) == 11 {
			phone = rest
			break
		}
	}
	if len(phone) != 11 || phone[0] != '1' || phone[1] < '3' || strings.Trim(phone, "0123456789") != "" {
		return ""
	}
	return phone
}

// checkParams judges the JSON of template parameters.
func checkParams(text string, variables []string) *refusal {
	values := map[string]any{}
	if text != "" && json.Unmarshal([]byte(text), &values) != nil {
		return business("isv.INVALID_JSON_PARAM", "TemplateParam is not a JSON object")
	}
	for _, v := range variables {
		if values[v] == nil || values[v] == "" {
			return business("isv.TEMPLATE_MISSING_PARAMETERS", "a variable of the template has no value")
		}
	}
	for _, v := range values {
		value, isString := v.(string)
		switch {
		case !isString:
			return business("isv.TEMPLATE_PARAMS_ILLEGAL", "a value is not a string")
		case utf8.RuneCountInString(value) > maxParam:
			return business("isv.PARAM_LENGTH_LIMIT", "a value is too long")
		case strings.Contains(value, "://") || strings.Contains(value, "www."):
			return business("isv.PARAM_NOT_SUPPORT_URL", "a value holds an address")
		}
	}
	return nil
}

// querySendDetails answers what became of the messages to one number on one
// day of the provider's calendar.
func (s *Server) querySendDetails(w http.ResponseWriter, p params) {
	if k := p.missing("PhoneNumber", "SendDate", "PageSize", "CurrentPage"); k != "" {
		s.refuse(w, missing(k))
		return
	}
	q, ok := readQuery(p)
	if !ok {
		s.refuse(w, business("isv.INVALID_PARAMETERS", "a parameter is out of its range"))
		return
	}
	s.answerJSON(w, http.StatusOK, s.details(q))
}
