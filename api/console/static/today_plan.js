// The plan: counters beside each other, time downwards. Each appointment is a button; only what changed is drawn anew.
import { h, icon, longDate, t, time } from "./shell.js";
import { IN_PLAN, day, isLate, onChange, services, shown } from "./today_state.js";

export const PIXELS_PER_MINUTE = 1.8;
const place = document.getElementById("plan");
let begins = 0, ends = 0, columns = new Map(), cards = new Map(), nowLine, nowTime, body;

export const plan = { element: place, select: () => {}, grab: () => {} };

/** Where an instant lies, in pixels from the top of a column. */
export const offsetOf = (at) => ((typeof at === "number" ? at : Date.parse(at)) - begins) / 60000 * PIXELS_PER_MINUTE;
/** The instant at a distance from the top. */
export const instantAt = (pixels) => begins + Math.round(pixels / PIXELS_PER_MINUTE) * 60000;
export const columnOf = (counterId) => columns.get(counterId);
export const cardOf = (id) => cards.get(id);
export const planBody = () => body;

onChange((ids) => {
  if (!day.ready) return;
  const needs = ids === null || !body || outside(ids);
  if (needs) drawAll(); else for (const id of ids) drawOne(id);
  drawHolds();
  for (const [id, column] of columns) arrange(id, column);
  mark();
});

function listed() { return [...day.appointments.values()].filter((one) => IN_PLAN.has(shown(one).state) || shown(one).state === "late"); }

function outside(ids) {
  return ids.some((id) => {
    const one = day.appointments.get(id);
    return one && (Date.parse(shown(one).start) < begins || Date.parse(shown(one).end) > ends || !columns.has(shown(one).counter));
  });
}

function drawAll() {
  const focused = document.activeElement?.closest?.(".appt")?.dataset.id;
  const scroll = body ? [place.scrollLeft, place.scrollTop] : null;
  const times = [...day.counters.flatMap((c) => c.openings.flatMap((o) => [o.start, o.end])), ...listed().flatMap((a) => [shown(a).start, shown(a).end])].map(Date.parse);
  cards = new Map(); columns = new Map();
  if (!times.length) { place.replaceChildren(h("p.empty", {}, t("grid.none"))); body = null; return; }
  const hour = 3600000;
  begins = Math.floor(Math.min(...times) / hour) * hour;
  ends = Math.ceil(Math.max(...times) / hour) * hour;
  const height = offsetOf(ends);
  const gone = listed().filter((one) => !day.counters.some((c) => c.id === one.counter.id));
  const shownCounters = [...day.counters, ...(gone.length ? [...new Map(gone.map((a) => [a.counter.id, { id: a.counter.id, name: t("elsewhere.short"), openings: [], gone: true }])).values()] : [])];
  const head = h("div.heads", {}, h("div.corner", { aria: { hidden: "true" } }), shownCounters.map((c) => h(`div.head${c.gone ? ".gone" : ""}`, { id: `head-${c.id}`, data: { counter: c.id } }, h("span", {}, c.name), c.staffOnly ? h("small", {}, t("grid.staff")) : null)));
  const axis = h("div.axis", { aria: { hidden: "true" } });
  for (let at = begins; at < ends; at += hour) { const mark = h("span", {}, time(at, day.zone)); mark.style.top = `${offsetOf(at)}px`; axis.append(mark); }
  axis.style.height = `${height}px`;
  body = h("div.columns", {}, axis);
  for (const counter of shownCounters) {
    const column = h("div.column", { role: "group", aria: { labelledby: `head-${counter.id}` }, data: { counter: counter.id } });
    column.style.height = `${height}px`;
    for (const opening of counter.openings) {
      const open = h("i.open");
      open.style.top = `${offsetOf(opening.start)}px`;
      open.style.height = `${offsetOf(opening.end) - offsetOf(opening.start)}px`;
      open.style.backgroundPositionY = `${-offsetOf(opening.start)}px`;
      column.append(open);
    }
    columns.set(counter.id, column);
    body.append(column);
  }
  nowLine = h("div.now", { aria: { hidden: "true" } });
  nowTime = h("span.now-time");
  axis.append(nowTime);
  body.append(nowLine);
  const inside = h("div.scrolled", {}, head, body);
  inside.style.setProperty("--counters", shownCounters.length);
  inside.style.setProperty("--hour", `${60 * PIXELS_PER_MINUTE}px`);
  for (const one of listed()) drawOne(one.id);
  place.replaceChildren(inside);
  if (scroll) place.scrollTo(...scroll); else scrollToNow();
  if (focused) cards.get(focused)?.focus({ preventScroll: true });
}

function drawOne(id) {
  const one = day.appointments.get(id);
  const old = cards.get(id);
  const look = one && shown(one);
  const column = look && columns.get(look.counter);
  if (!one || !column || !(IN_PLAN.has(look.state) || look.state === "late")) { old?.remove(); cards.delete(id); return; }
  const had = old && document.activeElement === old;
  const label = `${time(look.start, day.zone)}–${time(look.end, day.zone)}`;
  const card = old ?? h("button.appt", { type: "button", tabIndex: -1, data: { id }, onclick: () => plan.select(id), onpointerdown: (event) => plan.grab(event, id) });
  card.className = `appt ${look.state}${look.pending ? " pending" : ""}`;
  const minutes = (Date.parse(look.end) - Date.parse(look.start)) / 60000;
  card.classList.toggle("tall", minutes >= 22);
  card.setAttribute("aria-label", `${label}, ${one.person.name}, ${services(one)}, ${t(`state.${look.state}`)}`);
  card.replaceChildren(icon(look.state), h("span.when", {}, time(look.start, day.zone)), h("b", {}, one.person.name), h("small", {}, services(one)));
  card.style.top = `${offsetOf(look.start)}px`;
  card.style.height = `${Math.max(offsetOf(look.end) - offsetOf(look.start) - 1, 17)}px`;
  if (card.parentElement !== column) column.append(card);
  cards.set(id, card);
  if (had) card.focus({ preventScroll: true });
}

function drawHolds() {
  if (!body) return;
  for (const old of body.querySelectorAll(".hold")) old.remove();
  for (const hold of day.holds) {
    const column = columns.get(hold.counter);
    if (!column) continue;
    const mark = h("div.hold", { title: t("hold.until", { time: time(hold.until, day.zone) }) }, h("span", {}, t("hold.until", { time: time(hold.until, day.zone) })));
    mark.style.top = `${offsetOf(hold.start)}px`;
    mark.style.height = `${offsetOf(hold.end) - offsetOf(hold.start) - 1}px`;
    column.append(mark);
  }
}

/** Beside each other what overlaps: a place can be taken again once its appointment is over. */
function arrange(_, column) {
  const found = [...column.querySelectorAll(".appt")].map((card) => ({ card, top: parseFloat(card.style.top), bottom: parseFloat(card.style.top) + parseFloat(card.style.height) })).sort((a, b) => a.top - b.top);
  let group = [], until = -1;
  const place = () => {
    const lanes = [];
    for (const one of group) { let lane = lanes.findIndex((end) => end <= one.top + 0.5); if (lane < 0) { lane = lanes.length; lanes.push(0); } lanes[lane] = one.bottom; one.lane = lane; }
    for (const one of group) { one.card.style.left = `calc(${one.lane / lanes.length * 100}% + 2px)`; one.card.style.width = `calc(${100 / lanes.length}% - 4px)`; }
  };
  for (const one of found) { if (one.top >= until - 0.5) { place(); group = []; until = -1; } group.push(one); until = Math.max(until, one.bottom); }
  place();
  // In the order of time for whoever listens.
  let previous = null;
  for (const { card } of found) { if (previous && !(previous.compareDocumentPosition(card) & Node.DOCUMENT_POSITION_FOLLOWING)) previous.after(card); previous = card; }
}

/** The line of the present, who has become late, and which card the Tab key reaches. */
function mark() {
  if (!body) return;
  const now = Date.now();
  nowLine.hidden = day.date !== day.today || now < begins || now > ends;
  nowTime.hidden = nowLine.hidden;
  if (!nowLine.hidden) { nowTime.style.top = nowLine.style.top = `${offsetOf(now)}px`; nowTime.textContent = time(now, day.zone); }
  for (const [id, card] of cards) {
    const one = day.appointments.get(id);
    if (one && isLate(one) !== card.classList.contains("late") && !day.pending.has(id)) drawOne(id);
    card.setAttribute("aria-pressed", String(id === day.selected));
  }
  const reached = cards.get(day.selected) ?? inOrder()[0]?.card;
  for (const card of cards.values()) card.tabIndex = card === reached ? 0 : -1;
  place.tabIndex = cards.size ? -1 : 0;
}

export function scrollToNow() {
  if (!body) return;
  const at = day.date === day.today ? Date.now() : begins;
  place.scrollTop = Math.max(0, offsetOf(Math.min(Math.max(at, begins), ends)) - 140);
}

function inOrder() {
  return [...cards].map(([id, card]) => ({ id, card, start: Date.parse(shown(day.appointments.get(id)).start), column: [...columns.keys()].indexOf(shown(day.appointments.get(id)).counter) }))
    .sort((a, b) => a.column - b.column || a.start - b.start);
}

/** The neighbour of a card: up and down in its column, left and right at about the same time. */
export function neighbour(id, key) {
  const all = inOrder();
  const here = all.find((one) => one.id === id);
  if (!here) return all[0]?.id;
  const same = all.filter((one) => one.column === here.column);
  if (key === "ArrowUp" || key === "ArrowDown") return same[same.indexOf(here) + (key === "ArrowDown" ? 1 : -1)]?.id;
  const step = key === "ArrowRight" ? 1 : -1;
  for (let column = here.column + step; column >= 0 && column < columns.size; column += step) {
    const there = all.filter((one) => one.column === column);
    if (there.length) return there.reduce((best, one) => (Math.abs(one.start - here.start) < Math.abs(best.start - here.start) ? one : best)).id;
  }
  return undefined;
}

/** The day as a table, for paper. */
export function drawPaper(into) {
  const rows = listed().sort((a, b) => Date.parse(a.start) - Date.parse(b.start) || a.counter.name.localeCompare(b.counter.name, undefined, { numeric: true }));
  into.replaceChildren(h("h1", {}, `${day.office.name}, ${longDate(day.date)}`), h("table.plain", {},
    h("thead", {}, h("tr", {}, ["book.when", "inspect.counter", "book.name", "book.service", "inspect.number", "paper.state"].map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {}, rows.map((one) => h("tr", {}, h("td", {}, `${time(one.start, day.zone)}–${time(one.end, day.zone)}`), h("td", {}, one.counter.name), h("td", {}, one.person.name), h("td", {}, services(one)), h("td.number", {}, one.reference), h("td", {}, t(`state.${shown(one).state}`)))))));
}
