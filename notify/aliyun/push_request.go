package aliyun

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/push"

	"github.com/houzhen/houzhen/notify"
)

// notice is what one push consists of, for both actions of the API, whose
// fields have the same names and other types.
type notice struct {
	account, title, body, expires, job string
	replaces                           string // shown in place of an earlier notice with the same; a number below 2^31
	collapse                           string // the same for iOS: any text of at most 64 bytes
	extras                             string // JSON for the app
}

func noticeOf(p notify.Parcel) notice {
	n := notice{account: p.Push, title: p.Title, body: p.Text, job: p.OutID, extras: extras(p)}
	if !p.Expires.IsZero() {
		n.expires = p.Expires.UTC().Format(time.RFC3339)
	}
	if p.Subject != "" {
		h := fnv.New32a()
		_, _ = h.Write([]byte(p.Subject)) // a hash takes everything
		n.replaces = strconv.FormatUint(uint64(h.Sum32()&0x7fffffff), 10)
		n.collapse = "hz-" + n.replaces
	}
	return n
}

// fixed are the values that every push has.
const (
	toAccount  = "ACCOUNT"
	allDevices = "ALL"
	asNotice   = "NOTICE"      // shown by the system even when the app is not running
	opensApp   = "APPLICATION" // the app reads the link in the extras and opens its page
)

func (conf Config) pushRequest(p notify.Parcel) *push.PushRequest {
	n := noticeOf(p)
	req := push.CreatePushRequest()
	req.Domain, req.RegionId = conf.PushEndpoint, conf.Region
	req.AppKey = requests.Integer(strconv.FormatInt(conf.PushAppKey, 10))
	req.Target, req.TargetValue = toAccount, n.account
	req.DeviceType, req.PushType = allDevices, asNotice
	req.Title, req.Body = n.title, n.body
	req.StoreOffline = requests.NewBoolean(true)
	req.ExpireTime = n.expires
	req.JobKey = n.job // comes back in the provider's receipt log
	req.AndroidNotificationChannel = conf.PushChannel
	req.AndroidNotificationHuaweiChannel, req.AndroidNotificationHonorChannel = conf.PushVendors.Huawei, conf.PushVendors.Honor
	req.AndroidNotificationXiaomiChannel, req.AndroidNotificationVivoChannel = conf.PushVendors.Xiaomi, conf.PushVendors.Vivo
	req.AndroidMessageHuaweiCategory, req.AndroidMessageVivoCategory = conf.PushVendors.HuaweiCategory, conf.PushVendors.VivoCategory
	req.AndroidMessageOppoCategory = conf.PushVendors.OppoCategory
	if n.replaces != "" {
		req.AndroidNotificationNotifyId, req.HarmonyNotifyId = requests.Integer(n.replaces), requests.Integer(n.replaces)
		req.IOSNotificationCollapseId = n.collapse
	}
	req.AndroidOpenType = opensApp
	req.IOSApnsEnv = conf.PushAPNS
	req.AndroidExtParameters, req.IOSExtParameters, req.HarmonyExtParameters = n.extras, n.extras, n.extras
	return req
}

// pushTask is pushRequest for one of many.
func (conf Config) pushTask(p notify.Parcel) push.MassPushPushTask {
	n := noticeOf(p)
	return push.MassPushPushTask{
		Target: toAccount, TargetValue: n.account, DeviceType: allDevices, PushType: asNotice, Title: n.title, Body: n.body,
		StoreOffline: "true", ExpireTime: n.expires, JobKey: n.job,
		AndroidNotificationChannel:       conf.PushChannel,
		AndroidNotificationHuaweiChannel: conf.PushVendors.Huawei, AndroidNotificationHonorChannel: conf.PushVendors.Honor,
		AndroidNotificationXiaomiChannel: conf.PushVendors.Xiaomi, AndroidNotificationVivoChannel: conf.PushVendors.Vivo,
		AndroidMessageHuaweiCategory: conf.PushVendors.HuaweiCategory, AndroidMessageVivoCategory: conf.PushVendors.VivoCategory,
		AndroidMessageOppoCategory:  conf.PushVendors.OppoCategory,
		AndroidNotificationNotifyId: n.replaces, HarmonyNotifyId: n.replaces, IOSNotificationCollapseId: n.collapse,
		AndroidOpenType: opensApp, IOSApnsEnv: conf.PushAPNS,
		AndroidExtParameters: n.extras, IOSExtParameters: n.extras, HarmonyExtParameters: n.extras,
	}
}

// extras gives what the app needs to open the right page and to tell us that
// it showed the message.
func extras(p notify.Parcel) string {
	b, err := json.Marshal(struct {
		ID   string `json:"id"`
		Kind string `json:"kind"`
		Link string `json:"link,omitempty"`
	}{p.OutID, string(p.Kind), p.Link})
	if err != nil { // of strings, which cannot fail
		return ""
	}
	return string(b)
}
