package web_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/board"
)

// storyOf finds a story by its name.
func storyOf(t *testing.T, name string) story {
	t.Helper()
	i := slices.IndexFunc(stories(), func(s story) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("no story %q", name)
	}
	return stories()[i]
}

// until waits for a condition in the page.
func until(js string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Poll[bool](js, chromedp.WithPollingTimeout(15*time.Second))(ctx, target)
		if err != nil {
			err = fmt.Errorf("wait for %s: %w", js, err)
		}
		return chromedp.Void{}, err
	}
}

func TestZoneScreenShowsANewCallAndThenTheBoard(t *testing.T) {
	t.Parallel() // it waits for seconds of the page's own clock
	parent := browser(t)
	for _, lang := range []houzhen.Lang{houzhen.Chinese, houzhen.English} {
		c, s := apitest.New(), storyOf(t, "zone")
		l := serve(t, s, c)
		ctx, said := tab(parent, t)
		if err := chromedp.Do(ctx, open(l, s, lang, true), until(`document.documentElement.dataset.live === "ok"`)); err != nil {
			t.Fatal(err)
		}
		z := c.Boards.Zone
		z.Rows = slices.Clone(z.Rows)
		z.Rows[1].Now, z.Rows[1].NowIn = &board.Person{Label: "B033", Name: z.Rows[1].Ready[0].Name}, false
		z.Call = &board.Call{Seq: 9, Label: "B033", Name: z.Rows[1].Ready[0].Name, Room: "4", At: z.At}
		l.publish(t, "zone/z1", 2, z)
		err := chromedp.Do(ctx, until(`document.querySelector(".band")?.textContent.includes("B033")`),
			until(`document.querySelector("tr.calling")?.textContent.includes("B033")`))
		if err != nil {
			t.Fatal(err)
		}
		shoot(ctx, t, "zone_calling."+string(lang))
		if err := chromedp.Do(ctx, until(`!document.querySelector(".band")`)); err != nil {
			t.Error("the band does not go after its 8 seconds")
		}
		shoot(ctx, t, "zone_after."+string(lang))
		if list := said.all(); len(list) > 0 {
			t.Errorf("console: %s", list)
		}
	}
}

func TestPhoneFollowsItsPlace(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "place")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	if err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(`document.documentElement.dataset.live === "ok"`)); err != nil {
		t.Fatal(err)
	}
	p := c.Boards.Position
	p.Ahead, p.Version = 4, 13
	l.publish(t, "pos/a1", 13, p)
	if err := chromedp.Do(ctx, until(`document.querySelector(".hero .line").textContent.includes("4")`)); err != nil {
		t.Fatal(err)
	}
	shoot(ctx, t, "place_live.zh-CN")
	// Nothing changes for five minutes, and nothing is sent: his bar goes on.
	later := `window.was = document.querySelector("progress").value, Date.now = ((at) => () => at() + 300_000)(Date.now), window.was < 100`
	if moved, err := chromedp.Run(ctx, chromedp.Evaluate[bool](later)); err != nil || !moved {
		t.Fatal("the bar is full before its time: ", err)
	}
	if err := chromedp.Do(ctx, until(`document.querySelector("progress").value > window.was`)); err != nil {
		t.Fatal(err)
	}
	p.State, p.Version = "called", 14
	l.publish(t, "pos/a1", 14, p)
	if err := chromedp.Do(ctx, until(`document.querySelector(".hero").dataset.state === "called"`)); err != nil {
		t.Fatal(err)
	}
}

func TestStripIsRunByKeys(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "strip")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	if err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(`document.documentElement.dataset.live === "ok"`), chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return count(c, "call-next s1 ") == 1 })
	b := c.Boards.Strip
	b.Now = &board.Seat{Ticket: "t2", Label: "A032", Name: "x", State: "called", Since: b.At}
	l.publish(t, "strip/s1", 2, b)
	if err := chromedp.Do(ctx, until(`document.querySelector(".present .label").textContent === "A032"`), chromedp.KeyEvent("m")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return count(c, "missed s1 ") == 1 })
	shoot(ctx, t, "strip_live.zh-CN")
}

func TestStripSaysWhyAPressWasRefused(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "strip")
	c.Fail["call-next"] = houzhen.E(houzhen.CodeQueueEmpty, "nobody")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(`document.documentElement.dataset.live === "ok"`),
		chromedp.KeyEvent("\r"), until(`document.querySelector(".flash").textContent !== ""`))
	if err != nil {
		t.Fatal(err)
	}
	shoot(ctx, t, "strip_refused.zh-CN")
}

func TestDeskChecksInByKeyboardAlone(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "desk")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(`document.documentElement.dataset.live === "ok"`),
		chromedp.KeyEvent("a28\r"), until(`document.querySelector(".scan-result").classList.contains("go")`))
	if err != nil {
		t.Fatal(err)
	}
	if n := count(c, "check-in A028"); n != 1 {
		t.Errorf("asked %d times for A028, want once: %v", n, c.Asked())
	}
	l.publish(t, "desk/z1", 2, c.Boards.Desk)
	if err := chromedp.Do(ctx, until(`document.activeElement.name === "code" && document.activeElement.value === ""`)); err != nil {
		t.Error("the input has lost the focus")
	}
	shoot(ctx, t, "desk_live.zh-CN")
}

func TestAScreenSaysThatItIsOld(t *testing.T) {
	t.Parallel() // it waits for seconds of the page's own clock
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "zone")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	if err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, true), until(`document.documentElement.dataset.live === "ok"`)); err != nil {
		t.Fatal(err)
	}
	l.stop()
	if err := chromedp.Do(ctx, until(`document.documentElement.dataset.live === "stale"`)); err != nil {
		t.Fatal(err)
	}
	shoot(ctx, t, "zone_stale.zh-CN")
}

func count(c *apitest.Clinic, prefix string) int {
	n := 0
	for _, a := range c.Asked() {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

// eventually looks again until the browser has acted.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(15 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it did not happen in 15 seconds")
		}
	}
}

// A wall shows one call a room, the newest, and none that its room has
// answered while others were shown.
func TestZoneScreenSkipsCallsThatAreOver(t *testing.T) {
	t.Parallel() // it waits for seconds of the page's own clock
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "zone")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	if err := chromedp.Do(ctx, open(l, s, houzhen.English, true), until(`document.documentElement.dataset.live === "ok"`)); err != nil {
		t.Fatal(err)
	}
	z, rev := c.Boards.Zone, int64(1)
	z.Rows = slices.Clone(z.Rows)
	call := func(row int, label string) {
		rev++
		z.Rows[row].Now, z.Rows[row].NowIn = &board.Person{Label: label}, false
		z.Call = &board.Call{Seq: 10 + rev, Label: label, Room: z.Rows[row].Room, At: z.At}
		l.publish(t, "zone/z1", rev, z)
	}
	shows := func(label string) {
		t.Helper()
		if err := chromedp.Do(ctx, until(`document.querySelector(".band")?.textContent.includes("`+label+`")`)); err != nil {
			t.Fatal(err)
		}
	}
	call(0, "A051")
	shows("A051")
	call(0, "A052") // the same room again: at once
	shows("A052")
	call(1, "B061")
	if err := chromedp.Do(ctx, until(`!!document.querySelector("tr.calling + tr.calling")`)); err != nil {
		t.Fatal(err)
	}
	z.Rows[1].NowIn = true // B061 has gone in while A052 stood there
	call(3, "D071")
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.seen = [], new MutationObserver(() => window.seen.push(document.querySelector(".band")?.textContent || "")).observe(document.body, {childList: true}), true`))
	if err != nil || !seen {
		t.Fatal(err)
	}
	shows("D071")
	stale, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.seen.some((x) => x.includes("B061"))`))
	if err != nil || stale {
		t.Errorf("a call that was over was still shown (%v)", err)
	}
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".band").length`)); err != nil || n != 1 {
		t.Errorf("%d banners at once (%v), want one", n, err)
	}
}

func TestAPhoneStopsAskingForTheRoadOnArrival(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "place_home")
	s.set(c)
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	asked := `[...document.querySelectorAll("[data-while]")].filter((e) => e.offsetParent).length`
	if err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(`document.documentElement.dataset.live === "ok"`), until(asked+` === 2`)); err != nil {
		t.Fatal(err)
	}
	p := c.Boards.Position
	p.State, p.Version, p.CheckedInAt = "waiting", 13, p.At
	l.publish(t, "pos/a1", 13, p)
	if err := chromedp.Do(ctx, until(asked+` === 0`)); err != nil {
		t.Error("who has arrived is still asked for the road, or to check in")
	}
}

func TestAListOnTheDeskStaysWhereItWasScrolled(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "desk")
	for range 5 {
		c.Boards.Desk.Absent = append(c.Boards.Desk.Absent, c.Boards.Desk.Absent...)
	}
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	list := `document.querySelector(".col > .lines")`
	err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, false), until(`document.documentElement.dataset.live === "ok"`),
		until(`(`+list+`.scrollTop = 300, `+list+`.dataset.old = 1, `+list+`.scrollTop === 300)`))
	if err != nil {
		t.Fatal(err)
	}
	l.publish(t, "desk/z1", 2, c.Boards.Desk)
	if err := chromedp.Do(ctx, until(`!`+list+`.dataset.old && `+list+`.scrollTop === 300`)); err != nil {
		t.Error("the list jumped back to its top")
	}
}

// A door shows its one number larger than any banner could: it only pulses.
func TestADoorHasNoBanner(t *testing.T) {
	parent := browser(t)
	c, s := apitest.New(), storyOf(t, "door")
	l := serve(t, s, c)
	ctx, _ := tab(parent, t)
	if err := chromedp.Do(ctx, open(l, s, houzhen.Chinese, true), until(`document.documentElement.dataset.live === "ok"`)); err != nil {
		t.Fatal(err)
	}
	d := c.Boards.Door
	d.Now, d.NowIn = &board.Person{Label: "A040"}, false
	d.Call = &board.Call{Seq: 99, Label: "A040", Room: d.Room, At: d.At}
	l.publish(t, "door/r3", 2, d)
	if err := chromedp.Do(ctx, until(`!!document.querySelector(".door-now.calling")?.textContent.includes("A040")`)); err != nil {
		t.Fatal(err)
	}
	if up, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!document.querySelector(".band")`)); err != nil || up {
		t.Errorf("a door has a banner (%v)", err)
	}
}
