// What the desk tells a zone: on its screen, at the desk, and on the phones of
// those who wait there. A notice goes by itself when its time is over.

import { Board, live } from "./live.js";
import { clock, h, label, t } from "./words.js";

const TURN = 8000;

class Notices extends Board {
  started() {
    setInterval(() => this.show(), 1000);
    this.show();
  }

  show() {
    let list = (this.frame?.list || []).filter((n) => n.until > live.now());
    if (list.length > 1 && document.body.classList.contains("screen")) list = [list[Math.floor(live.now() / TURN) % list.length]]; // a wall has one line
    const shown = list.map((n) => n.id).join(" ");
    if (shown === this.shown) return;
    this.shown = shown;
    this.hidden = !list.length;
    this.replaceChildren(...list.map((n) => h("p.notice", {}, h("strong", {}, "▶ " + label(n.text)), h("span.num", {}, t("notice.until", { at: clock(n.until) })), this.button(n))));
  }

  // button takes it back; there is one at the desk alone.
  button(n) {
    const zone = this.dataset.desk;
    return zone && h("form", { method: "post", action: `/desk/${encodeURIComponent(zone)}/notice/${encodeURIComponent(n.id)}/take-back` }, h("button", {}, t("notice.take")));
  }
}

customElements.define("hz-notices", Notices);
