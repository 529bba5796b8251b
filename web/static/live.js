// One socket for a page. It keeps the newest state of each topic, comes back
// with patience when it is cut, and says how old what one sees is.

import { ready, second, t } from "./words.js";

const STALE = 10_000, LOST = 60_000, FINAL = 4500;

class Live {
  #topics = new Map(); // topic → {e, v, show}
  #socket = null;
  #tries = 0;
  #heard = performance.now();
  #beat = 30_000;
  #cut = 0; // when the connection was lost, 0 while it is there
  #timer = 0;
  offset = 0; // the server's clock minus ours

  constructor() {
    const at = Number(document.querySelector("[data-at]")?.dataset.at || 0);
    if (at) this.offset = at - Date.now();
    this.#cut = performance.now();
    setInterval(() => this.#age(), 1000);
    addEventListener("online", () => this.#soon(0));
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.#socket) this.#soon(0); });
  }

  /** now is the server's time, as far as we know it. */
  now() { return Date.now() + this.offset; }

  watch(topic, show) {
    this.#topics.set(topic, { show });
    if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ t: "sub", sub: [{ q: topic }] });
    else if (!this.#socket) this.#soon(0);
  }

  #soon(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), ms);
  }

  #open() {
    if (this.#socket || !this.#topics.size) return;
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const s = new WebSocket(scheme + location.host + "/ws");
    this.#socket = s;
    s.onopen = () => this.#send({ t: "hello", sub: [...this.#topics].map(([q, x]) => (x.e ? { q, e: x.e, v: x.v } : { q })) });
    s.onmessage = (m) => { try { this.#take(JSON.parse(m.data)); } catch { /* a frame we cannot read is no frame */ } };
    s.onclose = (c) => this.#closed(c.code);
  }

  #send(o) { this.#socket.send(JSON.stringify(o)); }

  #take(m) {
    this.#heard = performance.now();
    this.#cut = 0;
    switch (m.t) {
      case "welcome": this.#tries = 0; this.#beat = m.hb || this.#beat; break;
      case "s": this.#state(m); break;
      case "no": if (m.code === "sign_in" || m.code === "forbidden" || m.code === "not_found") this.#topics.delete(m.q); break;
      case "bye": this.after = m.after; break;
    }
    this.#age();
  }

  #state(m) {
    const x = this.#topics.get(m.q);
    if (!x || (x.e === m.e && x.v >= m.v)) return;
    x.e = m.e;
    x.v = m.v;
    if (m.d.at) this.offset = m.d.at - Date.now(); // the hospital's clock, which a demonstration moves
    x.show(m.d);
  }

  #closed(code) {
    this.#socket = null;
    if (!this.#cut) this.#cut = performance.now();
    if (code >= FINAL && code < FINAL + 100) return;
    const wait = this.after ?? Math.min(20_000, 500 * 2 ** this.#tries++);
    this.after = undefined;
    this.#soon(Math.random() * wait);
  }

  #age() {
    const now = performance.now();
    if (this.#socket?.readyState === WebSocket.OPEN && now - this.#heard > 2.5 * this.#beat) this.#socket.close();
    const silent = this.#cut ? now - this.#cut : 0;
    const state = silent > LOST ? "lost" : silent > STALE ? "stale" : "";
    for (const el of document.querySelectorAll(".age")) {
      el.classList.toggle("stale", state === "stale");
      el.classList.toggle("lost", state === "lost");
      const at = second(this.now() - (now - this.#heard));
      ready.then(() => { el.textContent = state ? t("live.stale", { at }) : t("live.updated", { at }); });
    }
    document.documentElement.dataset.live = state || "ok";
    document.dispatchEvent(new CustomEvent("live", { detail: { state, silent, at: this.now() - (now - this.#heard) } }));
  }
}

export const live = new Live();

/** Board is an element whose frame comes from the server, then from the socket. */
export class Board extends HTMLElement {
  connectedCallback() {
    this.frame = JSON.parse(this.dataset.frame || "null");
    this.removeAttribute("data-frame");
    ready.then(() => {
      this.started?.();
      live.watch(this.getAttribute("topic"), (frame) => {
        const before = this.frame;
        this.frame = frame;
        this.show(frame, before);
      });
    });
  }
}
