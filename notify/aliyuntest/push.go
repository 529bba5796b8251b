package aliyuntest

import (
	"net/http"
	"strconv"
	"strings"
)

// maxTasks is how many messages one MassPush may carry.
const maxTasks = 100

func readPush(p params) (order, *refusal) {
	it, refused := readTask(p, "")
	if refused != nil {
		return order{}, refused
	}
	return order{action: "Push", outID: it.outID, items: []item{it}}, nil
}

func readMassPush(p params) (order, *refusal) {
	o := order{action: "MassPush"}
	for n := 1; p.get(taskField(n)+"Target") != ""; n++ {
		if n > maxTasks {
			return order{}, gateway(http.StatusBadRequest, "InvalidPushTask.Format", "too many tasks")
		}
		it, refused := readTask(p, taskField(n))
		if refused != nil {
			return order{}, refused
		}
		o.items = append(o.items, it)
	}
	if len(o.items) == 0 {
		return order{}, missing("PushTask")
	}
	o.outID = o.items[0].outID
	return o, nil
}

func taskField(n int) string { return "PushTask." + strconv.Itoa(n) + "." }

// readTask reads the fields of one push, which are the same in both actions.
func readTask(p params, prefix string) (item, *refusal) {
	if k := p.missing("AppKey", prefix+"Target", prefix+"TargetValue", prefix+"DeviceType", prefix+"PushType", prefix+"Title", prefix+"Body"); k != "" {
		return item{}, missing(strings.TrimPrefix(k, prefix))
	}
	if _, err := strconv.ParseInt(p.get("AppKey"), 10, 64); err != nil {
		return item{}, gateway(http.StatusBadRequest, "InvalidAppKey.Format", "AppKey is not a number.")
	}
	for _, f := range pushWords {
		if !strings.Contains(f.values, " "+p.get(prefix+f.field)+" ") {
			return item{}, gateway(http.StatusBadRequest, "Invalid"+f.field+".Format", f.field+" has none of the values it may have.")
		}
	}
	return item{
		account: p.get(prefix + "TargetValue"), title: p.get(prefix + "Title"), body: p.get(prefix + "Body"),
		params: p.get(prefix + "AndroidExtParameters"), outID: p.get(prefix + "JobKey"), from: p, prefix: prefix,
	}, nil
}

// common are the fields of a push that every request has, or that Taken has
// fields of its own for.
const common = " AccessKeyId Action Format RegionId SignatureMethod SignatureNonce SignatureType SignatureVersion Timestamp Version Signature SecurityToken" +
	" TargetValue Title Body JobKey AndroidExtParameters "

// restOf gives the other fields of a push, nothing for an SMS.
func restOf(p params, prefix string) map[string]string {
	if p == nil {
		return nil
	}
	m := map[string]string{}
	for _, f := range p {
		k, ok := strings.CutPrefix(f.key, prefix)
		if ok && !strings.Contains(common, " "+k+" ") {
			m[k] = f.value
		}
	}
	return m
}

// pushWords are the fields of a push that take certain words only.
var pushWords = []struct{ field, values string }{
	{"Target", " DEVICE ACCOUNT ALIAS "},
	{"DeviceType", " ANDROID iOS HARMONY ALL "},
	{"PushType", " NOTICE MESSAGE "},
	{"StoreOffline", "  true false "},
}
