// Staff pages: the doctor's strip and the nurse's desk, by keyboard.

import "./notices.js";
import { Board, live } from "./live.js";
import { press } from "./press.js";
import { clock, h, label, reason, slice, t, telling } from "./words.js";

const deskTags = { seeing: ["go", "deskstate.seeing"], paused: ["soon", "deskstate.paused"], ended: ["off", "deskstate.ended"], suspended: ["stop", "find.suspended"] };
function deskTag(d) {
  const [tone, key] = deskTags[d.desk] || ["off", "deskstate.idle"];
  return h("span.tag." + tone, {}, t(key) + (d.desk === "paused" && d.until ? " → " + clock(d.until) : ""));
}

// numberOf is a ticket's number, in bold where somebody else is masked alike.
const numberOf = (x) => h("span.label.num" + (x.alike ? ".alike" : ""), { title: x.alike && t("doctor.alike") }, x.label);

const minutesSince = (ms) => Math.max(0, Math.floor((live.now() - ms) / 60000));

class Strip extends Board {
  started() {
    this.addEventListener("submit", (e) => { e.preventDefault(); this.send(e.target); });
    document.addEventListener("keydown", (e) => this.key(e));
    this.addEventListener("keydown", (e) => { if (e.key === "Escape") this.fold(e.target); });
    setInterval(() => this.minutes(), 5000);
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.target.closest("input,select,textarea,button,summary,a")) return;
    const on = this.querySelector(`[aria-keyshortcuts="${e.key === "Enter" ? "Enter" : e.key.toUpperCase()}"]`);
    if (!on) return;
    e.preventDefault();
    if (on.form) { this.send(on.form); return; }
    on.open = true;
    on.querySelector("input:not([type=hidden]),select")?.focus();
  }

  async send(form) {
    const button = form.querySelector("button"), flash = this.querySelector(".flash");
    if (button.disabled) return;
    button.disabled = true;
    flash.textContent = "";
    const before = this.frame;
    const res = await press(form, form.elements.ticket?.value || form.elements.number?.value || form.elements.doctor?.value || "");
    button.disabled = false;
    button.blur();
    if (!res.ok) { flash.textContent = res.words; return; }
    this.fold(form);
    setTimeout(() => { if (this.frame === before) location.reload(); }, 3000); // no socket brought it
  }

  // fold closes what was opened for more words, so that the keys are keys again.
  fold(at) {
    const more = at.closest("details.strip-more");
    if (!more) return;
    more.querySelectorAll("form").forEach((form) => form.reset());
    more.open = false;
    document.activeElement.blur();
  }

  minutes() {
    const el = this.querySelector("[data-since]");
    if (el && this.frame?.now) el.textContent = t("ticket." + this.frame.now.state) + " " + t("time.minutes", { n: minutesSince(this.frame.now.since) });
  }

  show(s) {
    this.querySelector(".strip-head").replaceChildren(h("span", {}, label(s.doctor)), h("span", {}, t("place.room", { room: s.room })), deskTag(s));
    this.present(s.now);
    this.querySelector(".strip-next").replaceChildren(...(s.next
      ? [h("strong", {}, t("doctor.nextis", { no: s.next.label, name: s.next.name })), reason(s.next.reason) && " · " + reason(s.next.reason), s.next.note && " ", noteOf(s.next)].filter(Boolean)
      : [t("doctor.none")]));
    const [waiting, seen, absent] = this.querySelectorAll(".strip-counts b");
    waiting.textContent = s.waiting; seen.textContent = s.seen; absent.textContent = s.counts.absent;
    this.missed(s);
    const paused = this.querySelector("[data-paused]").dataset.paused === "true";
    if (paused !== (s.desk === "paused")) location.reload(); // other buttons
  }

  present(now) {
    const el = this.querySelector(".present");
    el.dataset.state = now?.state || "";
    el.replaceChildren(...(now ? [
      numberOf(now),
      h("span.meta", {}, h("strong", {}, now.name), h("span.muted.num", { "data-since": now.since }, t("ticket." + now.state) + " " + t("time.minutes", { n: minutesSince(now.since) }))),
      now.same_name ? h("span.same-name", {}, "■ " + t("doctor.samename")) : "",
      noteOf(now),
    ] : [h("span.muted", {}, t("doctor.nobody"))]));
  }

  missed(s) {
    const el = this.querySelector(".strip-missed");
    if (!s.missed?.length) { el.replaceChildren(); return; }
    el.replaceChildren(h("h3", {}, t("ticket.missed") + " " + s.missed.length), h("ul", {}, s.missed.map((m) =>
      h("li", {}, h("span", {}, h("strong", {}, m.label), " " + m.name),
        h("form", { method: "post", action: `/strip/${encodeURIComponent(s.session)}/take-back` },
          h("input", { type: "hidden", name: "ticket", value: m.ticket }), h("button", {}, t("doctor.takeback")))))));
  }
}

// noteOf is what the desk tells the doctor about somebody.
const noteOf = (seat) => seat.note ? h("span.told", {}, t("doctor.note", { text: seat.note })) : "";

const tones = { called: "soon", in_consult: "go", ready: "soon", missed: "late", waiting: "" };

class Desk extends Board {
  started() {
    this.input = this.querySelector(".scan input[name=code]");
    this.addEventListener("submit", (e) => { e.preventDefault(); this.send(e.target); });
    this.help = this.querySelector("dialog");
    const button = this.querySelector("[data-help]");
    button.hidden = false;
    button.addEventListener("click", () => this.help.showModal());
    document.addEventListener("keydown", (e) => {
      if (this.help.open) return; // it closes itself
      if (e.altKey && !e.ctrlKey && !e.metaKey && /^Key[A-Z]$/.test(e.code) && this.choose(e.code.slice(3))) { e.preventDefault(); return; }
      if (e.key === "?" && (e.target === this.input || !e.target.closest("input,select,textarea"))) { e.preventDefault(); this.help.showModal(); return; }
      if (e.key === "Escape") { this.input.value = ""; this.input.focus(); }
      if (e.key.length === 1 && !e.ctrlKey && !e.metaKey && !e.altKey && !e.target.closest("input,select,textarea")) this.input.focus();
    });
    document.addEventListener("focusout", () => setTimeout(() => { if (document.activeElement === document.body) this.input.focus({ preventScroll: true }); }, 0));
    this.input.focus({ preventScroll: true });
  }

  // choose does what Alt and a letter say: it takes the number that was typed
  // along, and leaves the cursor in the first field that is still empty.
  choose(key) {
    if (key === "W") { this.querySelector(".tell [name=text]").focus(); return true; }
    const act = this.querySelector(".act"), option = act.querySelector(`option[data-key="${key}"]`);
    const form = key === "K" ? this.querySelector(".print") : option && act;
    if (!form) return false;
    const { number } = form.elements;
    if (this.input.value.trim()) number.value = this.input.value.trim();
    if (form !== act) {
      if (number.value) form.requestSubmit(); else number.focus();
      return true;
    }
    act.elements.verb.value = option.value;
    const asks = [number, "value" in option.dataset && act.elements.value, "why" in option.dataset && act.elements.reason].filter(Boolean);
    (asks.find((el) => !el.value) || act.querySelector("button")).focus();
    this.input.value = "";
    return true;
  }

  async send(form) {
    if (form.method === "get") { location.assign(form.action + "?" + new URLSearchParams(new FormData(form))); return; }
    if (form.method === "dialog") { this.help.close(); this.input.focus(); return; }
    const button = form.querySelector("button"), scan = form.classList.contains("scan");
    if (button.disabled) return;
    button.disabled = true;
    const what = (form.elements.code || form.elements.ticket || form.elements.number || form.elements.text)?.value + (form.elements.verb?.value || "");
    const before = this.frame;
    const res = await press(form, what);
    button.disabled = false;
    if (scan && res.ok) this.input.value = "";
    if (form.matches(".act, .tell") && res.ok) form.reset();
    const at = document.activeElement; // whoever has gone on to something else meanwhile is left there
    if (at === document.body || at === this.input || form.contains(at)) this.input.focus({ preventScroll: true });
    if (scan && !res.ok) this.input.select();
    this.result(res);
    const shown = form.matches(".tell") || form.closest("hz-notices"); // by a topic of its own
    if (res.ok && !shown) setTimeout(() => { if (this.frame === before) location.reload(); }, 3000);
  }

  result(res) {
    const el = this.querySelector(".scan-result");
    el.className = "scan-result " + (res.ok ? "go" : "stop");
    const b = res.body || {};
    el.replaceChildren(...(res.ok
      ? [h("span.label.num", {}, b.label), h("span", {}, b.name || ""), h("span", {}, b.room ? t("desk.checkedin", { no: b.label, n: b.ahead }) + " · " + t("place.room", { room: b.room }) : b.label ? t("desk.back", { no: b.label }) : t("desk.done"))]
      : ["■ " + res.words]));
  }

  show(d) {
    const [left, middle, right] = this.querySelectorAll(".col");
    const all = d.queues.flatMap((q) => q.tickets || []), missed = all.filter((l) => l.state === "missed");
    left.querySelector("h2 .num").textContent = d.absent?.length || 0;
    swap(left, list((d.absent || []).map((l) => this.line(l, this.form("checkin", { code: l.label, session: l.session }, "desk.checkin")))));
    swap(right, list(missed.map((l) => this.line(l, this.form("recheckin", { ticket: l.ticket }, "desk.recheckin"), t("ticket.missed") + " " + clock(l.since)))));
    swap(middle, h("div.queues", {}, d.queues.map((q) => h("section.queue", {},
      h("header", {}, h("strong", {}, t("place.room", { room: q.room }) + " · " + label(q.doctor)), deskTag(q),
        h("a.button", { href: `/strip/${encodeURIComponent(q.session)}` }, t("desk.strip")), h("a.button", { href: `/sessions/${encodeURIComponent(q.session)}/places` }, t("desk.places")),
        q.wizard && h("a.button", { href: `/sessions/${encodeURIComponent(q.session)}/wizard` }, t("desk.wizard"))),
      list((q.tickets || []).filter((l) => l.state !== "missed" && l.state !== "not_checked_in").map((l) => this.line(l)), "doctor.none")))));
  }

  line(l, form, sub) {
    const lane = l.lane && l.lane !== "normal" ? " · " + t("lane." + l.lane) : "";
    const tone = tones[l.state] ?? "off";
    return h("li", { "data-ticket": l.ticket }, numberOf(l),
      h("span.name", {}, l.name),
      form || h("span.tag" + (tone && "." + tone), {}, t("ticket." + l.state)),
      h("span.sub.num", {}, l.same_name && [h("span.same-name", { title: t("doctor.samename") }, "■ " + t("desk.same")), " · "], sub || slice(l.slice_start, l.slice_end) + (l.out ? " · " + t("desk.setout", { at: clock(l.out) }) : "") + (form ? "" : lane + (telling(l.reason) ? " · " + reason(l.reason) : "")), l.note && " ", noteOf(l)));
  }

  form(verb, fields, word) {
    return h("form", { method: "post", action: `/desk/${encodeURIComponent(this.dataset.zone)}/${verb}` },
      Object.entries(fields).map(([name, value]) => h("input", { type: "hidden", name, value })), h("button", {}, t(word)));
  }
}

function list(items, empty = "desk.empty") {
  return items.length ? h("ul.lines", {}, items) : h("div.card.empty", {}, t(empty));
}

// swap replaces what stands under a column's title, and stays where it was.
function swap(column, el) {
  const at = column.lastElementChild.scrollTop;
  while (column.children.length > 1) column.lastElementChild.remove();
  column.append(el);
  el.scrollTop = at;
}

customElements.define("hz-strip", Strip);
customElements.define("hz-desk", Desk);

// A part of a page that asks for itself again, so that its counts are live. It
// says how old it is by the time it shows, which the server gave.
class Refresh extends HTMLElement {
  connectedCallback() {
    if (!this.id) this.id = "refresh-" + [...document.querySelectorAll("hz-refresh")].indexOf(this);
    this.timer = setInterval(() => this.again(), 1000 * (Number(this.dataset.every) || 5));
  }

  disconnectedCallback() { clearInterval(this.timer); }

  async again() {
    if (document.hidden) return;
    try {
      const r = await fetch(location.pathname + "?live=1", { headers: { Accept: "text/html" } });
      if (!r.ok || !(r.headers.get("Content-Type") || "").startsWith("text/html")) return;
      const page = new DOMParser().parseFromString(await r.text(), "text/html");
      const fresh = page.querySelectorAll("hz-refresh")[Number(this.id.split("-")[1])];
      if (fresh) this.replaceChildren(...fresh.childNodes);
    } catch { /* the time it shows grows old, and the next one asks again */ }
  }
}

customElements.define("hz-refresh", Refresh);
