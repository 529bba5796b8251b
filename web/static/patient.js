// Phone pages: my place in the queue, and no form that is sent twice.

import "./notices.js";
import { Board, live } from "./live.js";
import { clock, h, label, range, reason, slice, t, telling } from "./words.js";

class Position extends Board {
  show(p, before) {
    const hero = this.hero(p, before);
    this.replaceChildren(...[
      h("p.muted", {}, h("strong", {}, [label(p.department), label(p.doctor)].filter(Boolean).join(" · ")), " " + label(p.title), h("br"),
        label(p.zone) + (p.room ? " · " + t("place.room", { room: p.room }) : "")),
      hero, this.leave(p),
      p.moved?.code && h("section.note.soon", {}, h("strong", {}, t("place.why")), h("span", {}, reason(p.moved))),
      telling(p.reason) && h("section.note.soon", {}, h("strong", {}, t("place.why")), h("span", {}, reason(p.reason))),
      this.querySelector(".age"),
    ].filter(Boolean));
    for (const el of document.querySelectorAll("[data-while]")) el.hidden = el.dataset.while !== p.state;
    document.title = p.label + " · " + t("ticket." + p.state);
    if (p.state === "called" && before?.state !== "called") navigator.vibrate?.([300, 150, 300]);
  }

  // Time passes without word from the hospital, which sends what has changed.
  started() {
    document.addEventListener("live", () => {
      const bar = this.querySelector("progress");
      if (bar && this.frame) bar.value = done(this.frame);
    });
  }

  hero(p, before) {
    const waits = p.state === "waiting" || p.state === "ready";
    const el = h("section.card.hero", { "data-state": p.state, "aria-live": "polite" },
      h("span.muted", {}, t("place.number")), h("strong.label", {}, p.label), ...this.lines(p),
      p.desk === "paused" && h("span.tag.soon", {}, t("place.paused.open") + (p.until ? " → " + clock(p.until) : "")),
      waits && p.checked_in_at && p.hi && h("progress", { max: 100, value: done(p), "aria-label": t("place.progress") }),
      waits && p.checked_in_at && h("span.ends", {}, h("span", {}, t("desk.checkin") + " " + clock(p.checked_in_at)),
        h("span", {}, p.now_called ? t("place.nowcalled", { no: p.now_called }) : "")));
    if (before && (before.ahead !== p.ahead || before.state !== p.state)) el.classList.add("changed");
    return el;
  }

  lines(p) {
    const line = (text) => [h("span.line", {}, text)];
    switch (p.state) {
      case "called": return line(t("place.called", { room: p.room }));
      case "ready": return line(t("place.ready", { room: p.room }));
      case "in_consult": return line(t("place.inroom"));
      case "deferred": case "suspended": case "out_for_tests": return line(t("ticket." + p.state));
      case "missed": return line(t("place.missed", { place: label(p.zone) }));
      case "done": return line(t("place.done"));
      case "dropped": return line(t("ticket.dropped"));
    }
    const ahead = p.ahead ? t(p.near === "few" ? "place.few" : "place.ahead", { n: p.ahead }) : t("place.next");
    const first = h("span.line", {}, h("span", {}, ahead), p.hi && h("span", {}, range(p.lo, p.hi)));
    return p.state === "not_checked_in"
      ? [first, h("span.muted", {}, t("place.notyet") + " · " + slice(p.slice_start, p.slice_end))] : [first];
  }

  leave(p) {
    const travel = p.leave?.travel ? t("place.travel", { n: p.leave.travel }) : "";
    switch (p.leave?.advise) {
      case "now": return h("section.card.note.go.leave", {},
        h("strong.big", {}, p.leave.out ? t("place.setout.done", { at: clock(p.leave.out) }) : t("place.leave.now")), h("span", {}, travel),
        !p.leave.out && h("form", { method: "post", action: `/place/${encodeURIComponent(p.appointment)}/set-out` }, h("button.primary.wide", {}, t("place.setout"))));
      case "wait": return h("section.card.note.calm.leave", {}, h("strong.big", {}, t("place.leave", { at: clock(p.leave.at) })),
        h("span", {}, t("place.leave.wait") + " · " + travel));
    }
    return null;
  }
}

function done(p) {
  const mid = (p.lo + p.hi) / 2;
  if (mid <= p.checked_in_at) return 100;
  return Math.max(0, Math.min(100, Math.round(((live.now() - p.checked_in_at) * 100) / (mid - p.checked_in_at))));
}

customElements.define("hz-position", Position);

// The chosen day is in sight.
document.querySelector(".days [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A form is sent once. Coming back to the page makes it ready again.
document.addEventListener("submit", (e) => {
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  if (e.target.method === "post") e.target.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

// A countdown goes by the server's clock: the page says what that was when it
// was made. The page without a script shows the instant itself.
const begun = performance.now();
function count() {
  let due = false;
  for (const el of document.querySelectorAll("[data-opens]")) {
    const left = Math.ceil((el.dataset.opens - el.dataset.now - (performance.now() - begun)) / 1000);
    if (left <= 0) { due ||= el.dataset.opens > el.dataset.now; el.textContent = ""; continue; }
    const two = (n) => String(n).padStart(2, "0");
    el.textContent = el.dataset.left + " " + two(Math.floor(left / 3600)) + ":" + two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
  }
  // Not everybody at the same instant.
  if (due) setTimeout(() => location.reload(), 200 + Math.random() * 1800);
  else if (document.querySelector("[data-opens]")) setTimeout(count, 1000);
}
count();
