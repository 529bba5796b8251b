// Words, times and small DOM helpers. Words come from the server's templates;
// times are written in the hospital's zone, whatever the machine's own is.

const root = document.documentElement;
export const lang = root.lang || "zh-CN";
const zone = root.dataset.zone || "Asia/Shanghai";
let dictionary = {};

export const ready = fetch("/words/" + lang, { headers: { Accept: "application/json" } })
  .then((r) => (r.ok ? r.json() : {}))
  .then((d) => { dictionary = d; })
  .catch(() => {});

/** fill puts values into a wording; a part in brackets without its value goes. */
export function fill(text, args = {}) {
  const has = (name) => args[name] !== undefined && args[name] !== null && args[name] !== "";
  const put = (s) => s.replace(/\$\{([a-z][a-z0-9_]*)\}/g, (all, name) => (name in args ? String(args[name]) : all));
  return put(text.replace(/\[([^\]]*)\]/g, (_, part) => {
    const names = [...part.matchAll(/\$\{([a-z][a-z0-9_]*)\}/g)].map((m) => m[1]);
    return names.every(has) ? part : "";
  }));
}

/** t gives a word in the page's language. */
export function t(key, args) { return fill(dictionary[key] ?? key, args); }

/** reason puts a code with its arguments into words, "" for none. */
export function reason(r) {
  if (!r || !r.code) return "";
  const text = dictionary["reason." + r.code];
  return text === undefined ? "" : fill(text, r.args || {});
}

/** telling reports whether a reason says more than that all goes in order. */
export const telling = (r) => !!r?.code && r.code !== "in_order" && r.code !== "ready_first" && !!reason(r);

/** maybe is t for codes that need not have words. */
export function maybe(key) { return dictionary[key] ?? ""; }

/** label picks a public name's language. */
export function label(l) { return !l ? "" : (lang === "en" && l.en) || l.zh || ""; }

const hm = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
const hms = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
export const clock = (ms) => (ms ? hm.format(ms) : "");
export const second = (ms) => (ms ? hms.format(ms) : "");
export const slice = (a, b) => (clock(a) === clock(b) ? clock(a) : clock(a) + "–" + clock(b));
export function range(lo, hi) {
  const a = clock(lo), b = clock(hi);
  return t("time.about", { lo: a, hi: a === b ? "" : b });
}

/** h makes an element: h("b.label", {title}, child, …). Absent children are left out. */
export function h(kind, attributes, ...children) {
  const [tag, ...classes] = kind.split(".");
  const el = document.createElement(tag);
  if (classes.length) el.className = classes.join(" ");
  for (const [k, v] of Object.entries(attributes || {})) {
    if (v === undefined || v === null || v === false) continue;
    el.setAttribute(k, v === true ? "" : v);
  }
  el.append(...children.flat(3).filter((c) => c !== undefined && c !== null && c !== false && c !== ""));
  return el;
}

/** requestID makes a fresh id for one press of a button. */
export function requestID() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
}
