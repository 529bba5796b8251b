package aliyun_test

import (
	"errors"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func TestCheckNamesWhatIsWrong(t *testing.T) {
	s, good := start(t, aliyuntest.Options{})
	_, late := start(t, aliyuntest.Options{Now: func() time.Time { return time.Now().Add(time.Hour) }})
	wrongKey, wrongSecret, encrypted, away := good, good, good, good
	wrongKey.AccessKeyID = "LTAI-other"
	wrongSecret.AccessKeySecret = aliyun.NewSecret("other")
	encrypted.Scheme = "HTTPS"
	away.Endpoint = nowhere
	for name, tt := range map[string]struct {
		conf  aliyun.Config
		code  houzhen.Code
		field string
	}{
		"nothing":      {good, "", ""},
		"key":          {wrongKey, houzhen.CodeInvalid, "access_key_id"},
		"secret":       {wrongSecret, houzhen.CodeInvalid, "access_key_secret"},
		"clock":        {late, houzhen.CodeInvalid, "clock"},
		"no TLS there": {encrypted, houzhen.CodeUnavailable, "endpoint"},
		"nobody there": {away, houzhen.CodeUnavailable, "endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			err := client(t, tt.conf).Check(t.Context(), time.Now())
			if houzhen.CodeOf(err) != tt.code {
				t.Fatalf("error = %v, want %q", err, tt.code)
			}
			var e *houzhen.Error
			if errors.As(err, &e); err != nil && e.Field != tt.field {
				t.Errorf("field = %s, want %s", e.Field, tt.field)
			}
		})
	}
	if s.Count() != 0 {
		t.Error("a check sent a message")
	}
}
