package main

import (
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// checkTemplates judges every wording of the program by the rules of the
// providers, under the hospital's own signature, and opens no database.
type checkTemplates struct {
	Sign  string `help:"Signature to judge under; the configured one if left out, and without one the longest expected."`
	Lang  string `default:"en" enum:"en,zh-CN" help:"Language of the verdicts."`
	Notes bool   `help:"Print what may be cut or is billed more than once, too."`
}

// Run implements the command.
func (c *checkTemplates) Run(e *env) error {
	sign, lang := c.Sign, houzhen.ParseLang(c.Lang)
	if sign == "" {
		sign = e.cfg.Aliyun.Sign
	}
	bad := 0
	for _, f := range templates.LintSign(sign) {
		bad++
		_, _ = fmt.Fprintf(e.out, "BAD  signature: %s\n", f.Say(lang))
	}
	for _, d := range templates.AllShipped() {
		v := templates.Lint(d, templates.House{Sign: sign})
		mark := "ok  "
		if !v.OK() {
			mark = "BAD "
			bad++
		}
		_, _ = fmt.Fprintf(e.out, "%s %-6s %-5s %-32s%s\n", mark, d.Channel, d.Lang, d.Key, billed(v))
		for _, f := range v.Faults {
			if !f.Note || c.Notes {
				_, _ = fmt.Fprintf(e.out, "     %s\n", f.Say(lang))
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of these must be mended", bad)
	}
	return nil
}

// billed gives characters and parts of SMS with typical and longest values.
func billed(v templates.Verdict) string {
	if len(v.Samples) < 2 || v.Samples[0].Chars == 0 {
		return ""
	}
	a, b := v.Samples[0], v.Samples[1]
	return fmt.Sprintf(" %3d-%3d characters, %d-%d parts", a.Chars, b.Chars, a.Parts, b.Parts)
}
