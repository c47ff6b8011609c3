// Moving an appointment: by dragging it, or step by step with the arrow keys or a tap; both end at the same question.
import { h, say, t, time, toast } from "./shell.js";
import { act } from "./today_actions.js";
import { cardOf, columnOf, instantAt, offsetOf, plan, planBody } from "./today_plan.js";
import { counterName, day, find, isLive, shown } from "./today_state.js";

const STEP = 5 * 60000;
let moving = null;

function judge(one, start, counter) {
  const end = start + Date.parse(one.end) - Date.parse(one.start);
  if (start < Date.now() && start !== Date.parse(one.start)) return "past";
  const there = day.counters.find((c) => c.id === counter);
  if (!there || !there.openings.some((o) => Date.parse(o.start) <= start && end <= Date.parse(o.end))) return "closed";
  const taken = [...day.appointments.values()].filter((other) => other.id !== one.id && isLive(other)).map(shown)
    .concat(day.holds.map((hold) => ({ ...hold })))
    .some((other) => other.counter === counter && Date.parse(other.start) < end && start < Date.parse(other.end));
  return taken ? "busy" : "free";
}

function begin(id) {
  const one = day.appointments.get(id);
  const look = one && shown(one);
  if (!one?.actions.includes("reschedule") || day.pending.has(id)) return null;
  const ghost = h("div.ghost", { aria: { hidden: "true" } }, h("span"));
  moving = { id, one, start: Date.parse(look.start), counter: look.counter, ghost };
  cardOf(id)?.classList.add("moving");
  draw();
  return moving;
}

function draw() {
  const { one, start, counter, ghost } = moving;
  const state = judge(one, start, counter);
  moving.state = state;
  ghost.className = `ghost ${state}`;
  ghost.style.top = `${offsetOf(start)}px`;
  ghost.style.height = `${offsetOf(one.end) - offsetOf(one.start) - 1}px`;
  ghost.firstElementChild.textContent = `${time(start, day.zone)}${state === "free" ? "" : ` ${t(`move.${state}`)}`}`;
  columnOf(counter)?.append(ghost);
}

function finish(send) {
  const { one, start, counter, state, ghost, bar } = moving;
  ghost.remove(); bar?.remove();
  cardOf(moving.id)?.classList.remove("moving");
  document.getElementById("today").classList.remove("choosing");
  const same = start === Date.parse(one.start) && counter === one.counter.id;
  moving = null;
  if (!send || same) return;
  if (state !== "free") { toast(`${time(start, day.zone)}, ${counterName(counter)}: ${t(`move.${state}`)}`, { bad: true }); return; }
  act(find(one.id), "reschedule", { start: new Date(start).toISOString(), counter });
}

/** Step by step: arrows and Enter, or a tap into the plan and a button. */
export function beginMove(id) {
  if (moving || !planBody() || !begin(id)) return false;
  document.getElementById("today").classList.add("choosing");
  plan.element.scrollIntoView({ block: "nearest" });
  const card = cardOf(id);
  card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  moving.bar = h("div.move-bar", { role: "group", aria: { label: t("action.reschedule") } }, h("span", {}, t("move.begin")),
    h("button", { type: "button", onclick: () => finish(false) }, t("abort")),
    h("button.primary", { type: "button", onclick: () => finish(true) }, t("action.reschedule")));
  document.getElementById("today").append(moving.bar);
  const bar = moving.bar;
  bar.tabIndex = -1;
  bar.focus();
  say(t("move.begin"));
  bar.addEventListener("keydown", (event) => {
    if (!moving || event.target.closest("button")) { if (event.key === "Escape" && moving) { finish(false); card?.focus(); } return; }
    const order = day.counters.map((c) => c.id);
    const steps = { ArrowUp: [-STEP, 0], ArrowDown: [STEP, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-3600000, 0], PageDown: [3600000, 0] }[event.key];
    if (steps) {
      moving.start += steps[0];
      moving.counter = order[Math.min(Math.max(order.indexOf(moving.counter) + steps[1], 0), order.length - 1)];
      draw();
      moving.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
      say(`${time(moving.start, day.zone)}, ${counterName(moving.counter)}, ${t(moving.state === "free" ? "state.free" : `move.${moving.state}`)}`);
    } else if (event.key === "Enter") { finish(true); card?.focus(); } else if (event.key === "Escape") { finish(false); card?.focus(); } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return true;
}

// A tap into the plan while moving chooses the place.
plan.element.addEventListener("click", (event) => {
  if (!moving?.bar) return;
  const column = event.target.closest(".column");
  if (!column) return;
  moving.counter = column.dataset.counter;
  moving.start = Math.round(instantAt(event.clientY - column.getBoundingClientRect().top) / STEP) * STEP;
  draw();
}, true);

// Dragging with a mouse or pen; fingers scroll, and move by tapping.
plan.grab = (event, id) => {
  if (event.button !== 0 || event.pointerType === "touch" || moving) return;
  const card = event.currentTarget;
  const from = { x: event.clientX, y: event.clientY, grip: event.clientY - card.getBoundingClientRect().top };
  const move = (e) => {
    if (!moving) {
      if (Math.hypot(e.clientX - from.x, e.clientY - from.y) < 6 || !begin(id)) return;
      card.setPointerCapture(e.pointerId);
      moving.dragged = true;
    }
    const under = [...planBody().querySelectorAll(".column")].find((column) => { const box = column.getBoundingClientRect(); return e.clientX >= box.left && e.clientX < box.right; });
    if (under) {
      moving.counter = under.dataset.counter;
      moving.start = Math.round(instantAt(e.clientY - from.grip - under.getBoundingClientRect().top) / STEP) * STEP;
      draw();
    }
    const box = plan.element.getBoundingClientRect();
    if (e.clientY > box.bottom - 30) plan.element.scrollTop += 12; else if (e.clientY < box.top + 60) plan.element.scrollTop -= 12;
    if (e.clientX > box.right - 30) plan.element.scrollLeft += 12; else if (e.clientX < box.left + 80) plan.element.scrollLeft -= 12;
  };
  const stop = (e) => {
    removeEventListener("pointermove", move); removeEventListener("pointerup", stop); removeEventListener("pointercancel", stop); removeEventListener("keydown", escape, true);
    if (moving?.dragged) { addEventListener("click", (c) => c.stopPropagation(), { capture: true, once: true }); setTimeout(() => {}, 0); finish(e.type === "pointerup"); }
  };
  const escape = (e) => { if (e.key === "Escape" && moving?.dragged) { e.stopPropagation(); finish(false); } };
  addEventListener("pointermove", move); addEventListener("pointerup", stop); addEventListener("pointercancel", stop); addEventListener("keydown", escape, true);
};
