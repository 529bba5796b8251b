package main

import (
	"strings"
	"testing"

	"github.com/houzhen/houzhen/templates"
)

func TestCheckTemplatesPrintsAVerdictForEach(t *testing.T) {
	got := call(t, "check", "templates", "--sign", "示例医院")
	got.expect(t, 0, "ok   sms    zh-CN appt.remind.d1 ", "ok   wechat en    queue.near", " 1-1 parts")
	if n := strings.Count(got.out, "\n"); n != len(templates.AllShipped()) {
		t.Errorf("got %d lines, want one for each of %d wordings", n, len(templates.AllShipped()))
	}
}

func TestCheckTemplatesFailsOverABadSignature(t *testing.T) {
	call(t, "check", "templates", "--sign", "St. Mary").expect(t, 1, "BAD  signature", "must be mended")
}
