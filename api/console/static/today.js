// Today: puts the parts together, keeps the stream, and gives each key its meaning.
import { keepLive, unsaved } from "./live.js";
import { data, h, longDate, onKey, t, toast } from "./shell.js";
import { callNext, takeBack, undo } from "./today_actions.js";
import { book, desk, lookUp } from "./today_desk.js";
import { scan } from "./today_scan.js";
import { LETTERS, inspector, perform } from "./today_inspector.js";
import { cardOf, drawPaper, neighbour, plan, scrollToNow } from "./today_plan.js";
import { drawCounts, side } from "./today_side.js";
import { changed, day, find, localDate, onChange, takeChanges, takeWhole } from "./today_state.js";

const at = (id) => document.getElementById(id);

// ── choosing ──
function select(id, show = false) {
  day.selected = id;
  changed([]);
  const card = cardOf(id);
  if (card && show) card.scrollIntoView({ block: "center", inline: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
plan.select = (id) => { select(id); cardOf(id)?.focus({ preventScroll: true }); };
side.select = select;
inspector.close = () => { const card = cardOf(day.selected); day.selected = null; changed([]); (card ?? plan.element).focus(); };
desk.found = (one) => { select(one.id, true); inspector.element.querySelector(".acts .primary, .acts button")?.focus(); };
// The next key is meant for what was taken back, not for what has moved to its place.
undo.done = (id) => { select(id); inspector.element.querySelector(".acts .primary, .acts button")?.focus(); };
const chosen = () => day.selected && find(day.selected);

// ── the stream ──
keepLive(`/v1/clerk/offices/${data.office.id}/day?date=${day.date}`, (kind, body) => {
  const began = performance.now();
  if (kind === "day") takeWhole(body); else if (kind === "changes") takeChanges(body);
  performance.measure(`console:${kind}`, { start: began });
});

// ── the day ──
const to = (date) => { location.href = `/console/today/${data.office.slug}${date === data.today ? "" : `?date=${date}`}`; };
const shifted = (days) => { const d = new Date(`${day.date}T12:00:00Z`); d.setUTCDate(d.getUTCDate() + days); return d.toISOString().slice(0, 10); };
at("date").value = day.date;
at("date-text").textContent = longDate(day.date, { weekday: "short", day: "numeric", month: "long" });
at("date").addEventListener("change", () => { if (at("date").value) to(at("date").value); });
at("before").addEventListener("click", () => to(shifted(-1)));
at("after").addEventListener("click", () => to(shifted(1)));
at("to-today").addEventListener("click", () => to(data.today));
at("to-today").hidden = day.date === data.today;
at("walk-in").addEventListener("click", () => book("walk_in"));
at("phone").addEventListener("click", () => book("phone"));
at("scan").addEventListener("click", scan);
at("find").addEventListener("submit", (event) => { event.preventDefault(); findShown(); });
/** What is not found stays in the field, so that one wrong letter is not ten to type again. */
async function findShown() {
  const field = at("shown"), text = field.value;
  field.removeAttribute("aria-invalid");
  if (await lookUp(text)) { if (field.value === text) field.value = ""; return; }
  field.setAttribute("aria-invalid", "true");
  field.select();
}
at("print").addEventListener("click", () => print());
addEventListener("beforeprint", () => drawPaper(at("paper")));

const mine = at("my-counter"), stored = `wartefrei-counter-${data.office.slug}`;
mine.append(...data.counters.map((one) => h("option", { value: one.id }, one.name)));
mine.value = data.counters.some((one) => one.id === localStorage.getItem(stored)) ? localStorage.getItem(stored) : "";
mine.addEventListener("change", () => { localStorage.setItem(stored, mine.value); changed([]); });
async function nextOne() {
  const one = await callNext(mine.value || null);
  if (!one) return;
  select(one.id, true);
  cardOf(one.id)?.focus({ preventScroll: true });
}
at("next").addEventListener("click", (event) => { if (event.detail < 2) nextOne(); });

onChange(() => { if (day.ready) drawCounts(at("counts")); });
setInterval(() => { changed([]); turnPage(); }, 15000);

// ── the next morning ──
/** By this machine's clock, which may be some minutes ahead of the server's. */
const dateHere = () => localDate(Date.now() - 600000);
const openedOn = dateHere();
/** A page of today that was left open overnight shows the new day, once there is nothing on it that this would lose. */
function turnPage() {
  if (day.date === day.today && dateHere() !== openedOn && !unsaved.some((ask) => ask())) to(data.today);
}

// ── keys ──
const everywhere = "keys.everywhere", selected = "keys.selected", grid = "keys.grid";
onKey("/", everywhere, "key.find", () => at("shown").focus());
onKey("n", everywhere, "key.next", () => { nextOne(); });
onKey("w", everywhere, "key.walk", () => book("walk_in"));
onKey("t", everywhere, "key.phone", () => book("phone"));
onKey("z", everywhere, "key.undo", () => takeBack());
onKey("h", everywhere, "key.today", () => (day.date === data.today ? scrollToNow() : to(data.today)));
onKey("k j", everywhere, "key.days", (event) => to(shifted(event.key.toLowerCase() === "k" ? -1 : 1)));
onKey("1", everywhere, "key.requests", () => document.querySelector("#requests button")?.focus());
onKey("2", everywhere, "key.queue", () => document.querySelector("#house .lists button, #next")?.focus());
onKey("3", everywhere, "key.plan", () => (cardOf(day.selected) ?? plan.element.querySelector('.appt[tabindex="0"]') ?? plan.element).focus());
onKey("Escape", everywhere, "key.close", () => (day.selected ? inspector.close() : false));
const named = { confirm: "key.confirm", reject: "key.reject", "check-in": "key.arrive", call: "key.call", park: "key.park", complete: "key.complete", "no-show": "key.absent", reschedule: "key.move" };
for (const [action, letter] of Object.entries(LETTERS)) {
  onKey(letter.toLowerCase(), selected, named[action], (event) => {
    const focused = event.target.closest?.("[data-id]")?.dataset.id;
    if (focused && focused !== day.selected) select(focused);
    return perform(chosen(), action) !== false;
  });
}
onKey("ArrowUp ArrowDown ArrowLeft ArrowRight", grid, "key.arrows", (event) => {
  const card = event.target.closest?.(".appt");
  if (!card) return false;
  const id = neighbour(card.dataset.id, event.key);
  if (id) { select(id); cardOf(id).focus({ preventScroll: true }); cardOf(id).scrollIntoView({ block: "nearest", inline: "nearest" }); }
  return true;
});
onKey("Enter", grid, "key.open", (event) => {
  const card = event.target.closest?.(".appt");
  if (!card) return false;
  select(card.dataset.id);
  (inspector.element.querySelector(".acts button") ?? inspector.element.querySelector("header button"))?.focus();
  return true;
});
