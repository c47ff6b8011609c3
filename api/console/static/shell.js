// What every screen has: words, elements, dialogs, messages, keys, and the switches of the bar.
import { remove } from "./api.js";

const found = JSON.parse(document.getElementById("data").textContent);
export const data = found;
export const language = found.language;
/** Of dates: day before month in English, too, as people in the city's country write it. */
export const locale = language === "de" ? "de-DE" : "en-GB";

/** The text of a key, with {names} filled in. */
export function t(key, values = {}) {
  const text = found.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** An element: h("button.primary", {onclick, aria: {label}}, "text", child…). Text is never markup. */
export function h(what, attributes = {}, ...children) {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "aria") for (const [a, v] of Object.entries(value)) { if (v !== undefined && v !== null) element.setAttribute(`aria-${a}`, v); }
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of templates/icons.svg. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

const clock = new Map();
/** A time of day in an office's zone. */
export function time(at, zone) {
  if (!clock.has(zone)) clock.set(zone, new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }));
  return clock.get(zone).format(new Date(at));
}

/** A date, from YYYY-MM-DD or an instant in a zone. */
export function longDate(day, options = { weekday: "long", day: "numeric", month: "long", year: "numeric" }) {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(new Date(`${day.slice(0, 10)}T12:00:00Z`));
}

/** A wall-clock time of a zone as an instant: tried with the offset that the zone has about then. */
export function instantOf(wall, zone) {
  const guess = Date.parse(`${wall}:00Z`);
  const there = Date.parse(`${new Date(guess).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T")}Z`);
  return new Date(guess - (there - guess)).toISOString();
}

/** Says something to screen readers only. */
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 30);
}

/** A message for some seconds; with `action` a button. Of many only the last are shown, but one that waits for an answer
 *  stays. Answers an object with `close()`. */
export function toast(text, { action, onAction, seconds = 5, bad = false, shrinking = false } = {}) {
  const place = document.getElementById("toasts");
  let timer;
  const close = () => { clearTimeout(timer); element.remove(); };
  const button = action && h("button", { type: "button", onclick: () => { close(); onAction(); } }, action, shrinking ? h("kbd", {}, "Z") : null);
  const element = h(`div.toast${bad ? ".bad" : ""}`, { role: bad ? "alert" : null, data: { stays: action ? "yes" : "no" } }, h("span", {}, text), button);
  if (shrinking) {
    const rest = h("i.rest");
    element.append(rest);
    rest.animate?.([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: seconds * 1000, fill: "forwards" });
  }
  place.append(element);
  for (const old of [...place.querySelectorAll('[data-stays="no"]')].slice(0, Math.max(0, place.children.length - 5))) if (old !== element) old.remove();
  if (seconds) timer = setTimeout(close, seconds * 1000);
  return { close };
}

/** Beside an open dialog nothing can be seen, clicked or heard: messages are part of the uppermost. */
function placeMessages() { ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body).append(document.getElementById("toasts")); }

/** A modal dialog; focus goes back to where it was. `build(close)` answers the content. A click beside it closes it, unless
 *  something has been written in it. */
export function openDialog(title, build, { wide = false } = {}) {
  const before = document.activeElement;
  const element = h(`dialog${wide ? ".wide" : ""}`, { aria: { label: title } });
  const close = () => { element.close(); placeMessages(); };
  // Heard a moment after it has closed: whoever types fast is somewhere else by then, and stays there.
  element.addEventListener("close", () => { placeMessages(); element.remove(); if (before?.isConnected && document.activeElement === document.body) before.focus(); });
  // Whoever selects text and lets go of the mouse beside the dialog has clicked into the dialog as well, says the browser.
  let pressedBeside = false, written = false;
  element.addEventListener("pointerdown", (event) => { pressedBeside = event.target === element; });
  element.addEventListener("input", () => { written = true; });
  element.addEventListener("click", (event) => { if (event.target === element && pressedBeside && !written) close(); });
  const head = h("div.dialog-head", {}, h("h2", {}, title),
    h("button.icon", { type: "button", aria: { label: t("close") }, onclick: close }, icon("close")));
  const inside = build(close);
  inside.prepend(head);
  element.append(inside);
  document.body.append(element);
  element.showModal();
  placeMessages();
  (inside.querySelector("[autofocus]") ?? inside.querySelector("input, select, textarea, footer button") ?? head.lastElementChild).focus();
  return { close, element };
}

/** Asks before something that cannot be taken back. */
export function askFirst(title, text, act) {
  openDialog(title, (close) => h("div.inside", {}, h("p", {}, text), h("footer", {}, h("button", { type: "button", autofocus: true, onclick: close }, t("abort")),
    h("button.danger", { type: "button", onclick: () => { close(); act(); } }, title))));
}

// ── keys ──
const keys = [];
/** A key of this screen. `group` and `text` stand in the overview; letters can be switched off there. */
export function onKey(key, group, text, act) { keys.push({ key, group, text, act }); }

const lettersOn = () => localStorage.getItem("wartefrei-letters") !== "off";
/** Not in a dialog that has closed: for a moment its field still has the focus, and the next key is meant for the page. */
function typing(target) {
  return !target.closest?.("dialog:not([open])") && target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
}
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  // A key that is held down is meant once; otherwise it would call one person after the other.
  if (typing(event.target) || (event.repeat && event.key.length === 1)) return;
  const found = keys.find((one) => one.act && one.key.split(" ").some((k) => k.toLowerCase() === event.key.toLowerCase()));
  if (!found || (event.key.length === 1 && event.key !== "?" && !lettersOn())) return;
  if (found.act(event) !== false) event.preventDefault();
});

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Enter: "⏎", Escape: "Esc" };
function showKeys() {
  openDialog(t("keys.title"), () => {
    const groups = [...new Set(keys.map((one) => one.group))].map((group) => h("section", {}, h("h3", {}, t(group)), h("dl.keys", {}, keys.filter((one) => one.group === group).map((one) =>
      h("div", {}, h("dt", {}, one.key.split(" ").map((k) => h("kbd", {}, SHOWN[k] ?? k.toUpperCase()))), h("dd", {}, t(one.text)))))));
    const box = h("input", { type: "checkbox", checked: lettersOn(), onchange: () => localStorage.setItem("wartefrei-letters", box.checked ? "on" : "off") });
    return h("div.inside", {}, h("label.check", {}, box, t("keys.on")), h("div.key-groups", {}, groups));
  }, { wide: true });
}
onKey("?", "keys.everywhere", "key.help", () => showKeys());

// ── the bar ──
function keep(name, value) {
  document.cookie = `wartefrei-${name}=${value}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => { keep("language", button.dataset.language); location.reload(); });
}
document.getElementById("theme")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  keep("theme", root.dataset.theme);
});
document.querySelector(".screens [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
const office = document.getElementById("office");
if (office) {
  keep("office", office.value);
  office.addEventListener("change", () => { location.href = `/console/${office.dataset.screen}/${office.value}`; });
}
document.getElementById("help")?.addEventListener("click", showKeys);
const goodbyes = [];
/** What has to be done, and waited for, before the session ends. */
export function beforeLeaving(act) { goodbyes.push(act); }
document.getElementById("sign-out")?.addEventListener("click", async () => {
  await Promise.allSettled(goodbyes.map((act) => act()));
  await remove("/console/session");
  location.href = "/console/signed-out";
});
