// Wall screens: the newest call fills the band for 8 seconds, pages turn
// without turning away from a call, and an old picture says that it is old.

import "./notices.js";
import { Board, live } from "./live.js";
import { clock, h, label, maybe, t } from "./words.js";

const PER_PAGE = 8, BAND = 8000, GLANCE = 3000, TURN = 10_000, OLD_CALL = 120_000;

class Screen extends Board {
  started() {
    this.seq = this.frame?.call?.seq || 0;
    this.page = 0;
    this.calls = [];
    this.pulsing = new Map(); // label → until
    setInterval(() => this.tick(), 1000);
    document.addEventListener("live", (e) => this.cover(e.detail));
    if (this.frame) this.draw(this.frame);
  }

  show(f, before) {
    this.noteCall(f);
    for (const row of f.rows || [f]) {
      const was = (before?.rows || [before || {}]).find((r) => r.session === row.session);
      if (row.now && !row.now_in && row.now.label !== was?.now?.label) this.pulsing.set(row.now.label, performance.now() + BAND);
    }
    this.pass();
    this.draw(f);
  }

  noteCall(f) {
    if (!f.call || f.call.seq <= this.seq) return;
    this.seq = f.call.seq;
    if ((f.at || live.now()) - f.call.at > OLD_CALL) return; // an old call is not called again
    this.calls = this.calls.filter((c) => c.room !== f.call.room); // one a room, the newest
    this.calls.push(f.call);
    this.pulsing.set(f.call.label, performance.now() + BAND);
    if (this.shown?.call.room === f.call.room) this.clear();
  }

  // open reports whether a call still stands: its room has not gone on.
  open(call) { return (this.frame?.rows || [this.frame]).some((r) => r?.now && !r.now_in && r.now.label === call.label); }

  // pass puts up the next call that still stands. What is up stays for its
  // time, or for a glance once its room has gone on or others are waiting.
  pass() {
    this.calls = this.calls.filter((c) => this.open(c));
    if (this.shown) {
      const up = performance.now() - this.shown.since, open = this.open(this.shown.call);
      if (up < GLANCE || (open && up < (this.calls.length ? BAND / 2 : BAND))) return;
      this.clear();
    }
    const call = this.calls.shift();
    if (!call) return;
    const el = h("div.band", { role: "alert" }, h("div", {}, ...sentence(call)));
    this.shown = { call, el, since: performance.now() };
    document.body.append(el);
  }

  clear() {
    this.shown?.el.remove();
    this.shown = null;
  }

  calling(row) { return row.now && !row.now_in && (this.pulsing.get(row.now.label) || 0) > performance.now(); }

  tick() {
    const el = this.querySelector(".clock");
    if (el) el.textContent = clock(live.now());
    this.pass();
    for (const [key, until] of this.pulsing) if (until < performance.now()) { this.pulsing.delete(key); this.draw(this.frame); }
  }

  cover({ state, at }) {
    document.querySelector(".lost-cover")?.remove();
    if (state === "lost") document.body.append(h("div.lost-cover", { role: "alert" }, t("screen.notice"), h("small", {}, t("live.stale", { at: clock(at) }))));
  }
}

// sentence makes the call of its words, with number and room as the big parts.
function sentence(c) {
  const mark = "\u0000";
  const words = t(c.name ? "screen.call.name" : "screen.call", { no: mark + "n" + mark, name: mark + "p" + mark, room: mark + "r" + mark });
  return words.split(mark).map((part) => {
    if (part === "n") return h("span.label", {}, c.label);
    if (part === "p") return h("span.name", {}, c.name);
    if (part === "r") return h("b", {}, c.room);
    return part;
  });
}

class Zone extends Screen {
  started() { super.started(); setInterval(() => this.turn(), TURN); }

  turn() {
    const pages = Math.ceil((this.frame?.rows?.length || 0) / PER_PAGE);
    if (pages < 2 || (this.frame.rows.slice(this.page * PER_PAGE, (this.page + 1) * PER_PAGE)).some((r) => this.calling(r))) return;
    this.page = (this.page + 1) % pages;
    this.draw(this.frame);
  }

  draw(f) {
    const rows = f.rows || [], pages = Math.max(1, Math.ceil(rows.length / PER_PAGE));
    this.page = Math.min(this.page, pages - 1);
    const shown = rows.slice(this.page * PER_PAGE, (this.page + 1) * PER_PAGE);
    const age = this.querySelector(".age");
    this.replaceChildren(
      h("header.zone-head", {}, h("h1", {}, t("screen.title", { zone: label(f.zone) })), age, h("span.clock.num", {}, clock(live.now()))),
      shown.length ? this.table(shown) : h("p.screen-empty", {}, t("screen.none")),
      h("footer.foot", {}, h("div.missed", {}, f.missed?.length ? [h("strong", {}, "▲ " + t("screen.missed")), f.missed.map((m) => h("span", {}, m)), t("screen.desk")] : ""),
        pages > 1 && h("span.pages.num", {}, this.page + 1 + " / " + pages), this.square(f)));
  }

  // square is the picture with which phones check in; another code is another
  // picture, and the same one is not fetched again.
  square(f) {
    if (!f.here) return null;
    if (this.code !== f.here) {
      this.code = f.here;
      this.picture = h("figure.here", {}, h("img", { src: `/screen/zone/${encodeURIComponent(f.id)}/here.svg?${encodeURIComponent(f.here.slice(-12))}`, alt: "", width: 180, height: 180 }),
        h("figcaption", {}, t("screen.here")));
    }
    return this.picture;
  }

  table(rows) {
    return h("table.board", {},
      h("thead", {}, h("tr", {}, h("th.c-room", {}, t("screen.room")), h("th.c-doc", {}, t("screen.doctor")), h("th.c-now", {}, t("screen.now")),
        h("th", {}, t("screen.ready")), h("th.c-wait", {}, t("screen.waiting")))),
      h("tbody", {}, rows.map((r) => this.row(r))));
  }

  row(r) {
    const head = [h("td.room", {}, r.room), h("td.doctor", {}, h("div.doc", {}, h("span", {}, label(r.doctor)), r.class && h("b.tag-class", {}, t("class.short." + r.class)), h("small", {}, label(r.title))))];
    if (r.desk === "suspended") return h("tr", {}, head, h("td.away.off", { colspan: 2 }, "■ " + t("screen.suspended")), h("td.wait", {}));
    return h(this.calling(r) ? "tr.calling" : "tr", {}, head,
      h("td.now", {}, r.now ? [r.now.label, h("small", {}, r.now.name || "")] : h("span.none", {}, "–")),
      h("td.ready", {}, away(r) || (r.ready?.length ? r.ready.map((p) => h("span", {}, p.label)) : h("span.none", {}, "–"))),
      h("td.wait", {}, String(r.waiting)));
  }
}

function away(r) {
  if (r.desk !== "paused") return null;
  const why = r.reason?.code ? maybe("pausewhy." + r.reason.code) : "";
  return h("span.away", {}, "◆ " + (why || t("screen.away.open")) + (r.until ? " → " + clock(r.until) : ""));
}

class Door extends Screen {
  pass() {} // the number itself is larger than any band

  draw(d) {
    const age = this.querySelector(".age");
    const off = d.desk === "suspended", paused = d.desk === "paused";
    const kind = "section.door-now" + (off ? ".off" : paused ? ".away" : "") + (this.calling(d) ? ".calling" : "");
    this.replaceChildren(
      h("header.door-head", {}, h("span.room", {}, d.room), h("span", {}, h("span.doctor", {}, label(d.doctor)), h("br"), h("span.sub", {}, [label(d.title), label(d.department)].filter(Boolean).join(" · ")))),
      h(kind, {}, h("div.cap", {}, t("screen.now")),
        h("div.label", {}, off ? t("screen.suspended") : paused ? away(d) : d.now?.label || "–"), h("div.name", {}, (!off && !paused && d.now?.name) || "")),
      h("section.door-ready", {}, (off ? [] : d.ready || []).map((p) => h("div", {}, h("div.cap", {}, t("screen.ready")), h("div.label", {}, p.label), h("div.name", {}, p.name || "")))),
      h("footer.door-foot", {}, h("span.wait", {}, t("screen.waiting") + " " + d.waiting), age));
  }
}

customElements.define("hz-zone", Zone);
customElements.define("hz-door", Door);
