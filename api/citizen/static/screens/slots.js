// Days and times of one office.
import { free, office, service, wanted } from "../core/city.js";
import { fill, h, icon } from "../core/dom.js";
import { doing, empty, link, skeleton, staleNote, trouble } from "../core/parts.js";
import { dayOfMonth, longDay, month, t, time, weekday } from "../core/texts.js";
import { serverNow } from "../core/clock.js";
import { holdPlace } from "./holding.js";

const WEEKS = 4, DAY = 86_400_000;

export async function show({ root, head, params, asked, signal }) {
  const [its, where] = await Promise.all([service(params.service), office(params.office)]);
  const persons = Number(asked.persons) || 1;
  head.textContent = where.name;
  fill(root, h("p.lead", {}, persons > 1 ? t("service.persons", { name: its.name, n: persons }) : its.name, h("span.under", {}, `${where.address.street}, ${where.address.postcode} ${where.address.town}`)));
  root.append(picker(its, where, persons, signal, (place) => holdPlace(place, its, persons), link(t("service.wait"), `/wait/${its.slug}?office=${where.slug}`, { mark: "bell" })));
}

/** Days of an office, and under them the times of the chosen one. `choose({office, start})` may take its time. */
export function picker(its, where, persons, signal, choose, otherwise) {
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: where.zone }).format(new Date(serverNow()));
  const monday = new Date(Date.parse(today) - ((new Date(today).getUTCDay() + 6) % 7) * DAY);
  const days = h("div", {}, skeleton(1, "tall")), times = h("section", { aria: { live: "polite" } });
  const state = { from: monday, chosen: null };
  const query = (more) => `${wanted(its, persons)}&office=${where.id}&${more}`;
  const iso = (ms) => new Date(ms).toISOString().slice(0, 10);
  const last = Date.parse(today) + where.horizonDays * DAY;

  async function drawDays() {
    const from = Math.max(state.from.getTime(), Date.parse(today)), to = state.from.getTime() + (WEEKS * 7 - 1) * DAY;
    try {
      await free("days", query(`from=${iso(from)}&to=${iso(to)}`), { signal, draw: (found, about) => {
        const byDay = new Map(found.items.map((one) => [one.date, one.free]));
        const most = Math.max(1, ...byDay.values());
        const cells = Array.from({ length: WEEKS * 7 }, (_, n) => iso(state.from.getTime() + n * DAY));
        fill(days, staleNote(about), calendarHead(cells), h("ol.days", {}, cells.map((day) => cell(day, byDay.get(day), most))));
        const first = found.items.find((one) => one.free > 0);
        if (!state.chosen && first) { state.chosen = first.date; mark(); drawTimes(); }
        else if (!first) fill(times, empty("calendar", t("slots.none"), t("slots.none.text"), otherwise));
      } });
    } catch (error) { fill(days, trouble(error)); }
  }

  function calendarHead(cells) {
    const step = (n) => () => { state.from = new Date(state.from.getTime() + n * WEEKS * 7 * DAY); state.chosen = null; drawDays(); };
    const months = [...new Set([cells[0], cells.at(-1)].map((day) => month(day)))].join(" – ");
    return [h("div.monthrow", {}, h("h2", {}, months),
      h("button.plain", { type: "button", aria: { label: t("slots.before") }, disabled: state.from <= monday, onclick: step(-1) }, icon("back")),
      h("button.plain", { type: "button", aria: { label: t("slots.after") }, disabled: state.from.getTime() + WEEKS * 7 * DAY > last, onclick: step(1) }, icon("next"))),
    h("div.weekdays", { aria: { hidden: "true" } }, cells.slice(0, 7).map((day) => h("span", {}, weekday(day))))];
  }

  function cell(day, free, most) {
    const n = dayOfMonth(day);
    if (!free) return h("li", {}, h("span.date.none", { aria: { label: t("slots.day.none", { day: longDay(day) }) }, role: "img" }, String(n)));
    const share = h("i", { aria: { hidden: "true" } });
    share.style.setProperty("--share", String(Math.max(0.12, Math.sqrt(free / most))));
    return h("li", {}, h("button.date", { type: "button", data: { day, keep: day }, aria: { pressed: String(day === state.chosen), label: t("slots.day", { day: longDay(day), n: free }) }, onclick: () => { state.chosen = day; mark(); drawTimes(); } }, h("b", {}, String(n)), share));
  }

  function mark() {
    for (const one of days.querySelectorAll("button.date")) one.setAttribute("aria-pressed", String(one.dataset.day === state.chosen));
  }

  async function drawTimes() {
    const day = state.chosen;
    fill(times, h("h2", {}, longDay(day)), skeleton(2));
    try {
      await free("slots", query(`date=${day}`), { signal, draw: (found, about) => {
        if (day !== state.chosen) return;
        const parts = [["morning", (hour) => hour < 12], ["afternoon", (hour) => hour >= 12]];
        fill(times, h("h2", {}, longDay(day)), staleNote(about), parts.map(([name, fits]) => {
          const some = found.items.filter((one) => fits(Number(one.start.slice(11, 13))));
          return some.length ? h("div.part", {}, h("h3", {}, t(`slots.${name}`)), h("ul.slots", {}, some.map((one) => h("li", {}, slot(one, found))))) : null;
        }), found.items.length ? null : h("p", {}, t("slots.gone")));
      } });
    } catch (error) { fill(times, trouble(error)); }
  }

  function slot(one, found) {
    const button = h("button.slot", { type: "button", aria: { label: t("slots.at", { time: time(one.start), n: one.free }) } }, time(one.start));
    button.addEventListener("click", doing(button, () => choose({ office: found.office, start: one.start })));
    return button;
  }

  drawDays();
  return h("div.tworows.columns", {}, h("section.card", { aria: { label: t("slots.days") } }, days), times);
}

