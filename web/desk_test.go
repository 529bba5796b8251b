package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/board"
)

const (
	ready  = `document.documentElement.dataset.live === "ok"`
	atScan = `document.activeElement.name === "code" && document.activeElement.value === ""`
)

// alt presses a letter together with Alt, as a keyboard does.
func alt(letter string) chromedp.Action[chromedp.Void] {
	return chromedp.KeyEvent(letter, chromedp.KeyModifiers(chromedp.ModifierAlt))
}

// The desk is run without a mouse: what a nurse does to a number goes by Alt and
// a letter, with the number that stands in the input.
func TestDeskActsByKeyboardAlone(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "desk")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(ready), until(atScan),
		chromedp.KeyEvent("a20"), alt("m"), until(`document.activeElement.name === "value"`),
		chromedp.KeyEvent("-2\t"), until(`document.activeElement.name === "reason"`),
		chromedp.KeyEvent("wheelchair\r"), until(atScan))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return count(c, "move s") == 1 })
	l.publish(t, "desk/z1", 2, c.Boards.Desk)
	err = chromedp.Do(ctx, chromedp.KeyEvent("a20"), alt("u"), until(`document.activeElement.matches(".act button")`),
		chromedp.KeyEvent("\r"), until(atScan))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return count(c, "unwell s") == 1 })
	l.publish(t, "desk/z1", 3, c.Boards.Desk)
	err = chromedp.Do(ctx, alt("w"), until(`document.activeElement.name === "text"`),
		chromedp.KeyEvent("lift\r"), until(atScan))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return count(c, "notice z1 lift  30 n1 ") == 1 })
}

// The keys are there to be asked for, and every act has one of its own.
func TestDeskShowsItsKeys(t *testing.T) {
	parent := browser(t)
	for _, lang := range []houzhen.Lang{houzhen.Chinese, houzhen.English} {
		c, s := apitest.New(), storyOf(t, "desk")
		l := serve(t, s, c)
		ctx, _ := tab(parent, t)
		if err := chromedp.Do(ctx, open(l, s, lang, false), until(ready), until(atScan), chromedp.KeyEvent("?"), until(`document.querySelector("dialog").open`)); err != nil {
			t.Fatal(err)
		}
		shoot(ctx, t, "desk_keys."+string(lang))
		missing := `[...document.querySelectorAll(".act option")].filter((o) => ![...document.querySelectorAll("dialog kbd")].some((k) => k.textContent === "Alt+" + o.dataset.key)).length`
		twice := `(() => { const k = [...document.querySelectorAll("dialog dl kbd")].map((e) => e.textContent); return k.length - new Set(k).size; })()`
		for what, js := range map[string]string{"acts without a key in the help": missing, "keys that stand for two things": twice} {
			if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](js)); err != nil || n != 0 {
				t.Errorf("%d %s (%v)", n, what, err)
			}
		}
		if err := chromedp.Do(ctx, chromedp.KeyEvent("\x1b"), until(`!document.querySelector("dialog").open`), until(atScan), chromedp.KeyEvent("a28\r")); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return count(c, "check-in A028") == 1 })
	}
}

// What the desk tells is on the wall and on phones until its time is over, and
// at once gone when it is taken back.
func TestANoticeComesAndGoes(t *testing.T) {
	parent := browser(t)
	for _, name := range []string{"zone", "place"} {
		c, s := apitest.New(), storyOf(t, name)
		l := serve(t, s, c)
		ctx, _ := tab(parent, t)
		shown := `document.querySelector("hz-notices").offsetHeight > 0 && document.querySelector(".notice").textContent`
		gone := `document.querySelector("hz-notices").offsetHeight === 0 && !document.querySelector(".notice")`
		if err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, name == "zone"), until(ready), until(gone)); err != nil {
			t.Fatal(err)
		}
		frame := board.Notices{ID: "z1", List: apitest.Lift(), At: c.At.UnixMilli()}
		topic, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("hz-notices").getAttribute("topic")`))
		if err != nil || !strings.HasPrefix(topic, "notice/z") {
			t.Fatalf("topic %q, %v", topic, err)
		}
		l.publish(t, topic, 1, frame)
		if err := chromedp.Do(ctx, until(shown+`.includes("东侧楼梯")`)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		shoot(ctx, t, name+"_notice.zh-CN")
		l.publish(t, topic, 2, board.Notices{ID: "z1", At: c.At.UnixMilli()})
		if err := chromedp.Do(ctx, until(gone)); err != nil {
			t.Fatalf("%s: taken back: %v", name, err)
		}
		frame.At = c.At.UnixMilli()
		l.publish(t, topic, 3, frame)
		if err := chromedp.Do(ctx, until(shown+`.includes("东侧楼梯")`)); err != nil {
			t.Fatalf("%s: told again: %v", name, err)
		}
		later := `Date.now = ((at) => () => at() + 26 * 60_000)(Date.now), true`
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](later)); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, until(gone)); err != nil {
			t.Fatalf("%s: its time is over: %v", name, err)
		}
	}
}

// The doctor sends on whom he has in the room by keys alone.
func TestStripSendsOnByKeys(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "strip")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(ready), chromedp.KeyEvent("x"), until(`document.activeElement.name === "doctor"`),
		until(`(document.activeElement.value = "") === ""`), // of a real keyboard the letter is no text by then
		chromedp.KeyEvent("d2\tsurgeon"))
	if err != nil {
		t.Fatal(err)
	}
	shoot(ctx, t, "strip_transfer.zh-CN")
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\r"), until(`!document.querySelector(".strip-more").open`)); err != nil {
		t.Fatal(err)
	}
	if n := count(c, "transfer a1 d2 surgeon st1"); n != 1 {
		t.Errorf("asked %d times, want once: %v", n, c.Asked())
	}
}
