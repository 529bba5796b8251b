package aliyun_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

var samePhone = cmp.Comparer(func(a, b houzhen.Phone) bool { return a.Reveal() == b.Reveal() })

// TestLostAnswerIsFound is the way out of an ambiguous outcome.
func TestLostAnswerIsFound(t *testing.T) {
	at := time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)
	s, conf := start(t, aliyuntest.Options{Stamp: func() time.Time { return at }, Delivery: func(m aliyuntest.Taken) string {
		return map[string]string{"lost": "DELIVERED", "off": "MOBILE_NOT_ON_SERVICE"}[m.OutID]
	}})
	sms := client(t, conf).SMS()
	s.Script(aliyuntest.Reset().ButTaken(), aliyuntest.Reset().ButTaken(), aliyuntest.Reset())
	for _, id := range []string{"lost", "off", "never"} {
		if sent := sms.Send(t.Context(), parcel(id)); sent.Outcome != notify.OutcomeAmbiguous {
			t.Fatalf("%s: %+v, want ambiguous", id, sent)
		}
	}
	find := func(id string) (notify.Receipt, bool) {
		t.Helper()
		r, found, err := sms.Find(t.Context(), id, houzhen.NewPhone(phone), at)
		if err != nil {
			t.Fatal(err)
		}
		return r, found
	}
	if _, found := find("never"); found {
		t.Error("a message that was never taken is found")
	}
	waiting := notify.Receipt{OutID: "lost", Phone: houzhen.NewPhone(phone)}
	if r, found := find("lost"); !found || !cmp.Equal(r, waiting, samePhone) {
		t.Errorf("before the carrier's word: %+v, %v", r, found)
	}
	s.PendingReceipts(0)
	for _, want := range []notify.Receipt{
		{OutID: "lost", Phone: houzhen.NewPhone(phone), Delivered: true, ErrorCode: "DELIVERED", At: at},
		{OutID: "off", Phone: houzhen.NewPhone(phone), ErrorCode: "MOBILE_NOT_ON_SERVICE", At: at},
	} {
		r, found := find(want.OutID)
		if diff := cmp.Diff(r, want, samePhone); !found || diff != "" {
			t.Errorf("%v: %s", found, diff)
		}
	}
}

func TestFindLooksOnBothSidesOfMidnight(t *testing.T) {
	midnight := time.Date(2026, 5, 4, 16, 0, 0, 0, time.UTC) // in UTC+8
	for name, tt := range map[string]struct {
		claimed, dated time.Time
		found          bool
	}{
		"same day":          {midnight.Add(-time.Hour), midnight.Add(-time.Hour), true},
		"dated after":       {midnight.Add(-time.Second), midnight.Add(time.Second), true},
		"dated before":      {midnight.Add(time.Second), midnight.Add(-time.Second), true},
		"another day's":     {midnight.Add(time.Hour), midnight.Add(-time.Hour), false},
		"our zone is not 8": {midnight.Add(-time.Second).In(time.FixedZone("", -9*3600)), midnight.Add(-time.Second), true},
	} {
		t.Run(name, func(t *testing.T) {
			_, conf := start(t, aliyuntest.Options{Stamp: func() time.Time { return tt.dated }})
			sms := client(t, conf).SMS()
			sms.Send(t.Context(), parcel("out-1"))
			if _, found, err := sms.Find(t.Context(), "out-1", houzhen.NewPhone(phone), tt.claimed); found != tt.found || err != nil {
				t.Errorf("found = %v, %v, want %v", found, err, tt.found)
			}
		})
	}
}

func TestFindTurnsPages(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{DailyLimit: -1})
	sms := client(t, conf).SMS()
	for i := range 120 {
		sms.Send(t.Context(), parcel(fmt.Sprint("out-", i)))
	}
	sent := s.Requests()
	for id, pages := range map[string]int{"out-119": 1, "out-60": 2, "out-0": 3, "out-120": 3} {
		before := s.Requests()
		_, found, err := sms.Find(t.Context(), id, houzhen.NewPhone(phone), time.Now())
		if err != nil || found != (id != "out-120") {
			t.Errorf("%s: found = %v, %v", id, found, err)
		}
		if n := s.Requests() - before; n < pages || n > 2*pages { // twice near midnight
			t.Errorf("%s: %d queries, want %d", id, n, pages)
		}
	}
	if s.Count() != 120 || sent != 120 {
		t.Errorf("taken %d of %d, want 120", s.Count(), sent)
	}
}

func TestFindTellsOfTroubleWithoutThePhone(t *testing.T) {
	c := client(t, config(nowhere))
	_, found, err := c.SMS().Find(t.Context(), "out-1", houzhen.NewPhone(phone), time.Now())
	if found || houzhen.CodeOf(err) != houzhen.CodeUnavailable {
		t.Fatalf("found = %v, %v, want unavailable", found, err)
	}
	if strings.Contains(err.Error(), phone) || strings.Contains(err.Error(), keyID) {
		t.Errorf("error = %v", err)
	}
	for _, bad := range []struct{ id, phone string }{{"", phone}, {"out-1", ""}} {
		if _, _, err := c.SMS().Find(t.Context(), bad.id, houzhen.NewPhone(bad.phone), time.Now()); houzhen.CodeOf(err) != houzhen.CodeInvalid {
			t.Errorf("%+v: %v, want invalid", bad, err)
		}
	}
}

func TestPush(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	sent := client(t, conf).Push().Send(t.Context(), parcel("out-1"))
	want := []aliyuntest.Taken{{
		Action: "Push", Account: "account-7", Title: "挂号成功", Body: "欧阳修，挂号成功", OutID: "out-1", BizID: sent.ProviderID,
		Params: `{"id":"out-1","kind":"appt.booked","link":"/a/1"}`,
		Fields: map[string]string{
			"AppKey": "23267207", "Target": "ACCOUNT", "DeviceType": "ALL", "PushType": "NOTICE", "StoreOffline": "true", "ExpireTime": "2031-05-06T01:02:03Z",
			"AndroidNotificationChannel": "houzhen", "AndroidOpenType": "APPLICATION", "iOSApnsEnv": "PRODUCT",
			"iOSExtParameters": `{"id":"out-1","kind":"appt.booked","link":"/a/1"}`, "HarmonyExtParameters": `{"id":"out-1","kind":"appt.booked","link":"/a/1"}`,
		},
	}}
	if diff := cmp.Diff(s.Taken(), want, cmpopts.IgnoreFields(aliyuntest.Taken{}, "At")); diff != "" {
		t.Error(diff)
	}
	if sent.Outcome != notify.OutcomeAccepted || sent.ProviderID == "" {
		t.Errorf("%+v, want accepted", sent)
	}
}

func TestPushOutcomes(t *testing.T) {
	for name, tt := range map[string]struct {
		fault aliyuntest.Fault
		want  notify.Sent
	}{
		"no message id": {aliyuntest.Answer(200, "application/json", `{"RequestId":"A"}`), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.empty"}},
		"empty":         {aliyuntest.Empty(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.empty"}},
		"throttled":     {aliyuntest.RefuseWith(400, "Throttling.Api"), notify.Sent{Outcome: notify.OutcomeRetry, Code: "Throttling.Api"}},
		"needs TLS":     {aliyuntest.RefuseWith(404, "InvalidProtocol.NeedSsl"), notify.Sent{Outcome: notify.OutcomeConfig, Code: "InvalidProtocol.NeedSsl"}},
		"bad field":     {aliyuntest.RefuseWith(400, "InvalidTitle.Format"), notify.Sent{Outcome: notify.OutcomeMessage, Code: "InvalidTitle.Format"}},
		"reset":         {aliyuntest.Reset(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{})
			s.Script(tt.fault)
			if diff := cmp.Diff(client(t, conf).Push().Send(t.Context(), parcel("out-1")), tt.want); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, conf := start(t, aliyuntest.Options{})
	nobody := parcel("out-1")
	nobody.Push = ""
	want := notify.Sent{Outcome: notify.OutcomeRecipient, Code: "local.no_account"}
	if diff := cmp.Diff(client(t, conf).Push().Send(t.Context(), nobody), want); diff != "" {
		t.Error(diff)
	}
}
