// How an appointment looks, wherever it is shown.
import { serverNow } from "../core/clock.js";
import { h, icon } from "../core/dom.js";
import { longDay, near, t, time } from "../core/texts.js";

const TONES = {
  requested: ["wait", "clock"], confirmed: ["good", "check"], checked_in: ["good", "place"], called: ["civic", "bell"], parked: ["wait", "clock"],
  completed: ["off", "check"], rejected: ["bad", "close"], cancelled: ["off", "close"], expired: ["off", "clock"], no_show: ["off", "close"],
};
const LIVE = ["requested", "confirmed", "checked_in", "called", "parked"];
const VOID = ["rejected", "cancelled", "expired"], OVER = [...VOID, "completed", "no_show"];
export const isLive = (one) => LIVE.includes(one.state);

export function stateChip(one) {
  const [tone, mark] = TONES[one.state];
  return h(`span.chip.${tone}`, {}, icon(mark), t(`state.${one.state}`));
}

export const servicesOf = (one) => one.services.map((s) => (s.persons > 1 ? t("service.persons", { name: s.name, n: s.persons }) : s.name)).join(", ");

/** The date that it is at an offset such as +01:00, which every time of an office carries. */
export function todayLike(at) {
  const offset = at.slice(19) === "Z" ? "+00:00" : at.slice(-6);
  const minutes = (offset[0] === "-" ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  return new Date(serverNow() + minutes * 60_000).toISOString().slice(0, 10);
}

/** The ticket. `to`: where it leads when it is tapped. */
export function ticket(one, { to, chip = true, extra } = {}) {
  const close = near(one.start, todayLike(one.start));
  return h(`${to ? "a" : "div"}.ticket${OVER.includes(one.state) ? ".over" : ""}${VOID.includes(one.state) ? ".void" : ""}`, to ? { href: `#${to}` } : {},
    h("div.when", {},
      h("span.day", {}, longDay(one.start), close ? h("span.near", {}, ` · ${close}`) : null),
      h("span.clock", {}, time(one.start)), h("span.until", {}, t("until", { time: time(one.end) }))),
    h("div.tear", { aria: { hidden: "true" } }),
    h("div.stub", {},
      h("span.what", {}, servicesOf(one)),
      h("span.under", {}, `${one.office.name}, ${one.office.street}`),
      chip ? h("div.meta", {}, stateChip(one), one.reference ? h("span.reference", {}, one.reference) : null) : null,
      extra ?? null));
}
