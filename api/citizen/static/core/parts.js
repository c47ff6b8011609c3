// What several screens are made of.
import { add, fill, h, icon } from "./dom.js";
import { NoAnswer, Problem } from "./problem.js";
import { hasText, ownTime, t } from "./texts.js";

/** What an error means to the person, and what to do next, in their language. */
export function explain(error) {
  if (error instanceof NoAnswer) return { title: t("problem.offline.title"), text: t("problem.offline.text"), mark: "offline" };
  if (error instanceof Problem) {
    const key = `problem.${error.code}`;
    const next = hasText(key) ? t(key) : t(error.status >= 500 || error.status === 429 ? "problem.later" : "problem.else");
    return { title: error.title ?? t("problem.unknown"), text: next, mark: "warn" };
  }
  return { title: t("problem.unknown"), text: t("problem.else"), mark: "warn" };
}

/** A box that says what went wrong. `actions`: elements. */
export function trouble(error, ...actions) {
  const { title, text, mark } = explain(error);
  return h("div.notice.bad", { role: "alert" }, icon(mark), h("div", {}, h("strong", {}, title), h("p", {}, text), actions.length ? h("div.row", {}, actions) : null));
}

export const notice = (mark, title, ...content) => h("div.notice", {}, icon(mark), h("div", {}, h("strong", {}, title), content));

/** Nothing there yet: says what would be, and how to get it. */
export const empty = (mark, title, text, ...actions) => h("div.empty", {}, h("span.disc", {}, icon(mark)), h("h2", {}, title), h("p", {}, text), actions);

/** Where something is about to be. */
export const skeleton = (rows = 3, kind = "row") => h("div.skeleton", { aria: { busy: "true", label: t("loading") } }, Array.from({ length: rows }, () => h(`span.${kind}`)));

/** "As of 14:05, no connection." */
export const staleNote = ({ at, offline }) => (offline ? h("p.stale", {}, icon("offline"), t("stale", { time: ownTime(at) })) : null);

export const button = (label, onclick, { kind = "", mark, ...more } = {}) => h(`button${kind ? `.${kind}` : ""}`, { type: "button", onclick, data: { keep: label }, ...more }, mark ? icon(mark) : null, h("span", {}, label));
export const link = (label, to, { kind = "button", mark, ...more } = {}) => h(`a.${kind}`, { href: `#${to}`, data: { keep: to }, ...more }, mark ? icon(mark) : null, h("span", {}, label));

/** A row of a list that leads somewhere. */
export function rowLink(to, title, { under, mark, side, tone } = {}) {
  return h("li", {}, h("a.rowlink", { href: `#${to}`, data: { keep: to } },
    mark ? h(`span.disc${tone ? `.${tone}` : ""}`, {}, icon(mark)) : null,
    h("span.words", {}, h("span.title", {}, title), under ? h("span.under", {}, under) : null),
    side ?? null, icon("next")));
}

/** A button that works on `act` and shows so; it cannot be pressed twice. */
export function doing(element, act) {
  return async (event) => {
    event?.preventDefault();
    if (element.ariaDisabled === "true") return;
    element.ariaDisabled = "true";
    element.classList.add("working");
    try { await act(event); } finally {
      element.ariaDisabled = null;
      element.classList.remove("working");
    }
  };
}

// What nobody sees and the API takes in no text: it comes along with what is copied from elsewhere, a telephone number for example.
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const leaveOutUnseen = ({ target }) => { const kept = target.value.replace(UNSEEN, ""); if (kept !== target.value) target.value = kept; };

let counted = 0;
/** A labelled field: `{box, input, complain(text)}`. */
export function field(label, input, { hint, optional } = {}) {
  const id = input.id || `f${(counted += 1)}`;
  input.id = id;
  input.addEventListener("input", leaveOutUnseen, { capture: true }); // before whoever reads what was typed
  const wrong = h("p.wrong", { id: `${id}-wrong`, hidden: true });
  const help = hint ? h("p.hint", { id: `${id}-hint` }, hint) : null;
  const describe = () => {
    const ids = [help && `${id}-hint`, !wrong.hidden && `${id}-wrong`].filter(Boolean).join(" ");
    if (ids) input.setAttribute("aria-describedby", ids); else input.removeAttribute("aria-describedby");
  };
  describe();
  const box = h("div.field", {}, h("label", { for: id }, label, optional ? h("span.optional", {}, ` ${t("optional")}`) : null), help, input, wrong);
  return {
    box, input,
    complain(text) {
      fill(wrong, text ? [icon("warn"), h("span", {}, text)] : []);
      wrong.hidden = !text;
      if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      describe();
    },
  };
}

/** One of several. `choices`: [value, label, under?]. */
export function radios(name, legend, choices, chosen, onchange, { kind = "", unseen = false } = {}) {
  return h(`fieldset.choices${kind ? `.${kind}` : ""}`, {}, h(`legend${unseen ? ".unseen" : ""}`, {}, legend), h("div.options", {}, choices.map(([value, label, under]) =>
    h("label.choice", {}, h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) }),
      h("span.words", {}, h("span.title", {}, label), under ? h("span.under", {}, under) : null)))));
}

/** Something that is on or off. */
export const toggle = (label, checked, onchange, { under } = {}) => h("label.toggle", {},
  h("span.words", {}, h("span.title", {}, label), under ? h("span.under", {}, under) : null),
  h("input", { type: "checkbox", role: "switch", checked, onchange: (event) => onchange(event.target.checked) }));

/** Focus on what had it, or on what has come in its place since. */
function focusAgain(element) {
  const keep = element?.dataset?.keep;
  (element?.isConnected ? element : keep && document.querySelector(`[data-keep="${CSS.escape(keep)}"]`))?.focus();
}

/** A modal dialog; focus goes back to where it was. `build(close)` answers the content. */
export function dialog(title, build) {
  const before = document.activeElement, element = h("dialog", { aria: { labelledby: "dialog-title" } });
  const close = () => element.close();
  element.addEventListener("close", () => { element.remove(); focusAgain(before); });
  element.addEventListener("click", (event) => { if (event.target === element) close(); });
  addEventListener("hashchange", close, { once: true });
  add(element, h("div.inside", {},
    h("header", {}, h("h2", { id: "dialog-title" }, title), h("button.plain", { type: "button", aria: { label: t("close") }, onclick: close }, icon("close"))),
    build(close)));
  document.body.append(element);
  element.showModal();
  return { close, element };
}

/** Asks whether it is meant; `act` may take its time and may fail, which is said in the dialog. */
export function confirm(title, content, { yes, no = t("back"), danger = false, act }) {
  return dialog(title, (close) => {
    const said = h("div", {});
    const sure = h(`button.${danger ? "danger" : "primary"}`, { type: "button" }, h("span", {}, yes));
    sure.addEventListener("click", doing(sure, async () => {
      try { await act(); close(); } catch (error) { fill(said, trouble(error)); }
    }));
    return [h("div.text", {}, content), said, h("footer", {}, button(no, close), sure)];
  });
}

// Whoever has come to what a message is about needs it no more.
addEventListener("hashchange", () => {
  for (const one of document.querySelectorAll(".toast[data-to]")) if (location.hash.startsWith(`#${one.dataset.to}`)) one.remove();
});

/** What happened, for some seconds; 0: until it is put away, or the person is at `to`. */
export function toast(text, { mark = "check", action, onAction, to, seconds = 6 } = {}) {
  const place = document.getElementById("toasts");
  const element = h("div.toast", {}, icon(mark), h("span", {}, text), action ? h("button.plain", { type: "button", onclick: () => { element.remove(); onAction(); } }, action) : null,
    seconds === 0 ? h("button.plain", { type: "button", aria: { label: t("close") }, onclick: () => element.remove() }, icon("close")) : null);
  if (to) element.dataset.to = to;
  place.append(element);
  while (place.children.length > 3) place.firstElementChild.remove();
  if (seconds) setTimeout(() => element.remove(), seconds * 1000);
  return () => element.remove();
}

/** To screen readers only. */
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 40);
}
