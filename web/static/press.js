// One press of a button is one request: its id is made at the press and kept
// until the server has answered, however often the network makes us ask.

import { requestID, t } from "./words.js";

const pending = new Map(); // what is pressed → its id
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** press sends a form and gives {ok, body} or {ok: false, words}. */
export async function press(form, what) {
  const key = form.getAttribute("action") + " " + what;
  if (!pending.has(key)) pending.set(key, requestID());
  const body = new URLSearchParams(new FormData(form));
  body.set("request", pending.get(key));
  for (let attempt = 0; attempt < 4; attempt++) {
    if (attempt) await wait(300 * 2 ** attempt);
    try {
      const r = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (r.status >= 500) continue;
      pending.delete(key);
      const text = await r.text();
      const json = text ? JSON.parse(text) : {};
      return r.ok ? { ok: true, body: json } : { ok: false, words: json.detail || json.title || String(r.status), code: json.code };
    } catch { /* asked again with the same id */ }
  }
  return { ok: false, words: t("live.retry") };
}
