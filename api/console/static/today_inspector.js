// One appointment with everything that is known of it, and what can be done now.
import { h, icon, longDate, t, time } from "./shell.js";
import { act, takeBack } from "./today_actions.js";
import { beginMove } from "./today_move.js";
import { day, find, localDate, onChange, services, shown } from "./today_state.js";

const place = document.getElementById("inspector");
export const inspector = { element: place, close: () => {} };
/** The letter of each action. */
export const LETTERS = { confirm: "B", reject: "R", "check-in": "D", call: "A", park: "S", complete: "E", "no-show": "X", reschedule: "M" };
const FIRST = { requested: "confirm", confirmed: "check-in", late: "check-in", checked_in: "call", called: "complete", parked: "call" };
const ORDER = ["confirm", "check-in", "call", "complete", "park", "reschedule", "no-show", "reject", "cancel"];
const BAD = new Set(["reject", "cancel", "no-show"]);

onChange(() => draw());

/** Does an action; moving begins with choosing where to. */
export function perform(one, action) {
  if (!one) return false;
  if (action === "reschedule") return one.actions.includes(action) && beginMove(one.id);
  return act(one, action);
}

function draw() {
  const one = day.selected && find(day.selected);
  place.hidden = !one;
  document.getElementById("today").classList.toggle("inspecting", Boolean(one));
  if (!one) return;
  const held = place.contains(document.activeElement) ? document.activeElement.dataset.action ?? "close" : null;
  const look = shown(one);
  const first = FIRST[look.state];
  const waiting = day.pending.get(one.id);
  const actions = waiting ? [] : ORDER.filter((action) => one.actions.includes(action) && !(action === "cancel" && one.state === "requested"));
  const date = localDate(one.start);
  const pair = (label, ...value) => (value.some(Boolean) ? [h("dt", {}, label), h("dd", {}, value)] : []);
  place.replaceChildren(
    h("header", {}, h(`span.state.${look.state}`, {}, icon(look.state), t(`state.${look.state}`)),
      h("button.icon", { type: "button", data: { action: "close" }, aria: { label: t("close") }, onclick: () => inspector.close() }, icon("close"))),
    h("h2", {}, one.person.name),
    h("p.lead", {}, date === day.date ? null : `${longDate(date, { weekday: "short", day: "numeric", month: "long" })}, `, h("b", {}, `${time(look.start, day.zone)}–${time(look.end, day.zone)}`), ` · ${look.counter === one.counter.id ? one.counter.name : day.counters.find((c) => c.id === look.counter)?.name}`),
    h("p.what", {}, services(one)),
    h("div.acts", {},
      waiting ? h("button", { type: "button", data: { action: "undo" }, onclick: () => takeBack(one.id) }, t("undo"), h("kbd", {}, "Z")) : null,
      actions.map((action) => h(`button${action === first ? ".primary" : BAD.has(action) ? ".danger" : ""}`, { type: "button", data: { action }, onclick: () => perform(find(one.id), action) }, t(`action.${action}`), LETTERS[action] ? h("kbd", { aria: { hidden: "true" } }, LETTERS[action]) : null))),
    h("dl", {},
      pair(t("inspect.number"), h("span.number", {}, one.reference)),
      pair(t("inspect.birth"), one.person.dateOfBirth && longDate(one.person.dateOfBirth, { day: "numeric", month: "long", year: "numeric" })),
      pair(t("inspect.contact"), one.contact.phone && h("a", { href: `tel:${one.contact.phone.replace(/[^+\d]/g, "")}` }, one.contact.phone), one.contact.phone && one.contact.email ? h("br") : null, one.contact.email && h("a", { href: `mailto:${one.contact.email}` }, one.contact.email)),
      pair(t("inspect.note"), one.note),
      pair(t("inspect.reason"), one.reason)),
    h("p.quiet", {}, t(`inspect.channel.${one.channel}`)));
  if (held) (place.querySelector(`[data-action="${held}"]`) ?? place.querySelector(".acts button") ?? place.querySelector("button")).focus();
}
