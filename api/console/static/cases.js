// Cases: the queue, which case is open, the stream that says when to look again, and what each key means.
import { Problem, read } from "./api.js";
import { perform } from "./cases_actions.js";
import { LETTERS, drawCase, noteField } from "./cases_case.js";
import { drawPapers, preview } from "./cases_papers.js";
import { ICON, LOOK, ago, cases, changed, isOverdue, nameOf, onChange, take } from "./cases_state.js";
import { keepLive } from "./live.js";
import { data, h, icon, onKey, say, t, toast } from "./shell.js";

const at = (id) => document.getElementById(id);
const queue = at("queue"), filters = at("filters");

// ── the queue ──
function query(cursor) {
  const wanted = new URLSearchParams([["office", data.office.slug], ...[...new FormData(filters)].filter(([, value]) => value)]);
  if (cursor) wanted.set("cursor", cursor);
  return `/v1/clerk/cases?${wanted}`;
}
let asked = 0;
async function load() {
  const mine = ++asked;
  try {
    const { body } = await read(query());
    if (mine !== asked) return;
    Object.assign(cases, { items: body.items, next: body.next, ready: true });
    changed();
  } catch (problem) { failed(problem); }
}
async function more() {
  try {
    const { body } = await read(query(cases.next));
    const first = cases.items.length;
    Object.assign(cases, { items: [...cases.items, ...body.items], next: body.next });
    changed();
    queue.querySelectorAll("[data-id]")[first]?.focus();
  } catch (problem) { failed(problem); }
}
const failed = (problem) => toast(problem instanceof Problem ? problem.title : t("error.network"), { bad: true });

function drawQueue() {
  const focused = queue.contains(document.activeElement) ? document.activeElement.dataset.id : undefined;
  at("queue-count").textContent = cases.ready ? `${cases.items.length}${cases.next ? "+" : ""}` : "";
  const reached = cases.items.some((one) => one.id === cases.openId) ? cases.openId : cases.items[0]?.id;
  queue.replaceChildren(
    ...cases.items.map((one) => h(`li.item.${LOOK[one.state]}${one.id === cases.openId ? ".chosen" : ""}`, {},
      h("button.what", { type: "button", data: { id: one.id }, tabIndex: one.id === reached ? 0 : -1, aria: { current: one.id === cases.openId ? "true" : undefined }, onclick: () => choose(one.id, true) },
        h("span.line", {}, icon(ICON[one.state]), h("b", {}, one.title)),
        h("span.sub", {}, h("span.number", {}, one.reference), ` · ${ago(one.submittedAt)}`),
        h("span.sub", {}, t(`cases.state.${one.state}`), ` · ${nameOf(one.assignee)}`, isOverdue(one) ? h("span.overdue", {}, t("cases.overdue")) : null)))),
    ...(cases.ready && !cases.items.length ? [h("li.none", {}, t("cases.none"))] : []),
    ...(cases.next ? [h("li.more", {}, h("button", { type: "button", onclick: more }, t("cases.more")))] : []));
  if (focused) queue.querySelector(`[data-id="${focused}"]`)?.focus();
}
onChange(() => { drawQueue(); drawCase(); drawPapers(); at("cases").classList.toggle("opened", Boolean(cases.openId)); });

// ── which one is open; its id stands behind the #, which is sent to nobody ──
function choose(id, go = false) {
  const wanted = id ? `#${id}` : location.pathname;
  if (location.hash.slice(1) !== (id ?? "")) history.pushState(null, "", wanted);
  return open(id, go);
}
async function open(id, go = false) {
  cases.openId = id;
  cases.open = null;
  changed();
  if (!id) { queue.querySelector("[data-id]")?.focus(); return; }
  try {
    const { body } = await read(`/v1/clerk/cases/${id}`);
    if (cases.openId !== id) return;
    take(body);
    if (go) at("case").focus({ preventScroll: true });
    say(`${body.title}, ${t(`cases.state.${body.state}`)}`);
  } catch (problem) {
    failed(problem);
    if (cases.openId === id) { cases.openId = null; changed(); }
  }
}
addEventListener("popstate", () => open(location.hash.slice(1) || null));
at("case").addEventListener("close-case", () => choose(null));

// ── what others do ──
let soon;
async function heard(kind, { items }) {
  clearTimeout(soon);
  soon = setTimeout(load, 60);
  const mine = cases.open && items.find((one) => one.id === cases.openId);
  if (!mine || (mine.version <= cases.open.version && mine.notes === cases.open.notes.length)) return;
  const before = cases.open.version;
  try {
    const { body } = await read(`/v1/clerk/cases/${mine.id}`);
    if (cases.openId !== body.id) return;
    take(body);
    const last = body.events.at(-1);
    if (body.version > before && last.clerk?.id !== data.me) toast(t("cases.changed", { who: last.clerk?.name ?? t(`cases.by.${last.by}`), what: t(`cases.event.${last.kind}`) }), { seconds: 8 });
  } catch (problem) { failed(problem); }
}
keepLive(`/v1/clerk/offices/${data.office.id}/cases`, heard);

filters.addEventListener("change", load);
filters.addEventListener("submit", (event) => event.preventDefault());

// ── keys ──
const everywhere = "keys.everywhere", selected = "keys.case", list = "keys.queue";
/** The case before or after one of the queue, which is reached; the first where that is not in it. */
function step(from, by) {
  const all = cases.items.map((one) => one.id);
  const here = all.indexOf(from);
  const there = all[here < 0 ? 0 : here + by];
  if (there) queue.querySelector(`[data-id="${there}"]`)?.focus();
  return there;
}
const reachedOf = (target) => target?.closest?.("#queue [data-id]")?.dataset.id;
onKey("/", everywhere, "key.filters", () => filters.querySelector("select").focus());
onKey("k j", everywhere, "key.cases", (event) => {
  const here = reachedOf(document.activeElement);
  const id = !cases.openId && here ? here : step(cases.openId ?? here, event.key.toLowerCase() === "k" ? -1 : 1);
  if (id) choose(id);
});
onKey("1", everywhere, "key.queue_of_cases", () => queue.querySelector('[tabindex="0"]')?.focus());
onKey("2", everywhere, "key.answers", () => cases.open && at("case").focus());
onKey("3", everywhere, "key.papers", () => at("papers").querySelector("button")?.focus());
onKey("Escape", everywhere, "key.close", () => (cases.openId ? choose(null) : false));
onKey("ArrowUp ArrowDown", list, "key.steps", (event) => Boolean(reachedOf(event.target) && step(reachedOf(event.target), event.key === "ArrowUp" ? -1 : 1)));
onKey("Enter", list, "key.open", (event) => { const id = reachedOf(event.target); if (!id) return false; choose(id, true); return true; });
for (const [action, letter] of Object.entries(LETTERS)) onKey(letter.toLowerCase(), selected, `key.case.${action}`, () => cases.open && perform(cases.open, action));
onKey("n", selected, "key.case.note", () => { if (!cases.open) return false; noteField.focus(); return true; });
onKey("p", selected, "key.case.preview", () => Boolean(cases.open?.documents.length) && preview(0));

load();
if (location.hash) open(location.hash.slice(1));
