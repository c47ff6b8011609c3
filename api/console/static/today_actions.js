// What a clerk does to an appointment. What tells the person something is sent after ten seconds, so that it can be taken
// back without anyone having heard of it; what somebody in the house waits for is sent at once.
import { Problem, commandKey, isSignedOut, post } from "./api.js";
import { unsaved } from "./live.js";
import { askFirst, beforeLeaving, h, longDate, openDialog, say, t, time, toast } from "./shell.js";
import { changed, counterName, day, find, localDate, shown, take } from "./today_state.js";

const UNDO_SECONDS = 10;
const DELAYED = new Set(["confirm", "reject", "cancel", "complete", "no-show", "reschedule"]);
const OWES_REASON = new Set(["reject", "cancel"]);
/** By appointment: what is being sent, and what could not be sent. */
const sending = new Map(), unsent = new Map();
unsaved.push(() => unsent.size > 0 || day.pending.size > 0);

/** Does `action`, asking for a reason where the person is owed one. What is under way already is not done twice. */
export async function act(one, action, body = {}, sure = false) {
  if (!one) return false;
  await sending.get(one.id);
  one = find(one.id) ?? one;
  const [chosen, left] = [day.pending.get(one.id), unsent.get(one.id)];
  if (!one.actions.includes(action) || (chosen?.action === action && action !== "reschedule")) return false;
  if (OWES_REASON.has(action) && body.reason === undefined) { askReason(one, action); return true; }
  const date = localDate(one.start);
  if (action === "check-in" && date !== day.today && !sure) {
    askFirst(t("action.check-in"), t("other_day.sure", { name: one.person.name, date: longDate(date) }), () => act(one, action, body, true));
    return true;
  }
  if (left?.action === action && JSON.stringify(left.body) === JSON.stringify(body)) return again(left);
  await sendNow(one.id);
  const current = find(one.id) ?? one;
  const order = { one: current, action, body, key: crypto.randomUUID() };
  if (DELAYED.has(action)) delay(order); else send(order);
  return true;
}

const nextKey = commandKey();
let calling = false;
/** Calls whose turn it is, which the server says: of two who ask at once each gets somebody else. Answers whom, or null. */
export async function callNext(counter) {
  if (calling) return null;
  calling = true;
  try {
    // Whoever is to be gone, though that is not sent yet, would be called.
    await Promise.allSettled([...day.pending.keys()].filter((id) => find(id)?.state === "checked_in").map((id) => sendNow(id)));
    const body = counter ? { counter } : {};
    const { body: one } = await post(`/v1/clerk/offices/${day.office.id}/call-next`, body, { key: nextKey.of(body) });
    nextKey.answered();
    take(one);
    changed([one.id]);
    toast(t("done.call", { name: one.person.name, counter: one.counter.name }));
    return one;
  } catch (problem) {
    nextKey.answered(problem);
    if (problem.code === "nobody-waits") toast(t("call.none"), { seconds: 3 });
    else toast(problem instanceof Problem ? problem.title : t("error.network"), { bad: true, seconds: 8 });
    return null;
  } finally { calling = false; }
}

function words({ one, action, body }) {
  return t(`done.${action}`, {
    name: one.person.name, counter: body.counter ? counterName(body.counter) : one.counter.name,
    time: body.start ? time(body.start, day.zone) : time(one.start, day.zone),
  });
}

function delay(order) {
  day.pending.set(order.one.id, order);
  order.timer = setTimeout(() => sendNow(order.one.id), UNDO_SECONDS * 1000);
  order.toast = toast(words(order), { action: t("undo"), onAction: () => takeBack(order.one.id), seconds: UNDO_SECONDS, shrinking: true });
  changed([order.one.id]);
}

/** `done(id)`: what happens to the choice on the page when something was taken back. */
export const undo = { done: () => {} };

/** Takes back what is not sent yet; the latest without an id. */
export function takeBack(id = [...day.pending.keys()].at(-1)) {
  const order = day.pending.get(id);
  if (!order) return false;
  drop(order);
  changed([id]);
  toast(t("undone"), { seconds: 3 });
  undo.done(id);
  return true;
}

function drop(order) {
  clearTimeout(order.timer);
  order.toast?.close();
  day.pending.delete(order.one.id);
}

/** Sends what is chosen for an appointment, if anything is. */
export async function sendNow(id, options = {}) {
  const order = day.pending.get(id);
  if (!order || order.sending) return order?.sending;
  clearTimeout(order.timer);
  order.toast?.close();
  order.sending = send(order, options).finally(() => { day.pending.delete(id); changed([id]); });
  return order.sending;
}

const sendAll = (options) => Promise.allSettled([...day.pending.keys()].map((id) => sendNow(id, options)));
beforeLeaving(() => Promise.allSettled([sendAll(), sendUnsent()]));
// The page goes: what is chosen goes with it, not lost.
addEventListener("pagehide", () => { sendAll({ keepalive: true }); for (const order of [...unsent.values()]) again(order, { keepalive: true }); });
for (const heard of ["live-again", "online"]) addEventListener(heard, () => { sendUnsent(); });

/** What could not be sent stays on the page, and goes out by itself as soon as there is a way. */
function keep(order) {
  unsent.set(order.one.id, order);
  showUnsent();
}

let notSent = null;
/** One message names them all: on a long outage there are many. */
function showUnsent() {
  notSent?.close();
  notSent = unsent.size ? toast(t("unsent", { what: [...unsent.values()].map(words).join(" · ") }), { bad: true, action: t("send"), onAction: sendUnsent, seconds: 0 }) : null;
}

const sendUnsent = () => Promise.allSettled([...unsent.values()].map((order) => again(order)));

function again(order, options = {}) {
  unsent.delete(order.one.id);
  showUnsent();
  return send(order, options);
}

function send(order, options = {}) {
  const done = sendOnce(order, options).finally(() => { if (sending.get(order.one.id) === done) sending.delete(order.one.id); });
  sending.set(order.one.id, done);
  return done;
}

async function sendOnce(order, { keepalive = false } = {}) {
  const { one, action, body, key } = order;
  try {
    const answer = await post(`/v1/clerk/appointments/${one.id}/${action}`, body, { version: one.version, key, keepalive });
    take(answer.body);
    changed([one.id]);
    if (DELAYED.has(action)) say(words(order)); else toast(words(order));
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status >= 500 || isSignedOut(problem)) { keep(order); return; }
    if (problem.code === "appointment-changed" || problem.code === "appointment-state") { await choose(order); return; }
    toast(`${words(order)} – ${problem.title}`, { bad: true, seconds: 8 });
    changed([one.id]);
  }
}

/** Somebody else was quicker: theirs as it is, or mine all the same. */
async function choose(order) {
  const { one, action, body } = order;
  const answer = await post("/v1/clerk/appointments/lookup", { reference: one.reference });
  const theirs = answer.body.appointment;
  take(theirs);
  changed([one.id]);
  const still = theirs.actions.includes(action);
  const row = (label, state, start, counter) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, t(`state.${state}`)),
    h("td", {}, time(start, day.zone)), h("td", {}, counter));
  const mine = { confirm: "confirmed", reject: "rejected", cancel: "cancelled", complete: "completed", "no-show": "no_show", "check-in": "checked_in", call: "called", park: "parked", reschedule: "confirmed" };
  openDialog(t("conflict.title"), (close) => h("div.inside.conflict", {},
    h("p", {}, t("conflict.text", { action: t(`action.${action}`), name: one.person.name })),
    h("table.plain", {}, h("tbody", {}, row(t("conflict.theirs"), theirs.state, theirs.start, theirs.counter.name),
      row(t("conflict.mine"), mine[action], body.start ?? one.start, body.counter ? counterName(body.counter) : one.counter.name))),
    still ? null : h("p.problem", {}, t("conflict.not")),
    h("footer", {},
      h("button", { type: "button", autofocus: true, onclick: close }, t("conflict.keep")),
      still ? h("button.primary", { type: "button", onclick: () => { close(); send({ one: theirs, action, body, key: crypto.randomUUID() }); } }, t("conflict.redo")) : null)));
}

function askReason(one, action) {
  openDialog(t(`reason.${action}`), (close) => {
    const field = h("textarea", { rows: 3, maxLength: 500, required: true, autofocus: true, name: "reason" });
    const fault = h("p.problem", { hidden: true, role: "alert" }, t("reason.needed"));
    return h("form", { onsubmit: (event) => {
      event.preventDefault();
      if (!field.value.trim()) { fault.hidden = false; field.setAttribute("aria-invalid", "true"); field.focus(); return; }
      close();
      act(one, action, { reason: field.value.trim() });
    }, noValidate: true },
      h("p", {}, `${one.person.name}, ${time(shown(one).start, day.zone)}`),
      h("label.field", {}, t("reason.label"), field), fault,
      h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), h("button.danger", { type: "submit" }, t(`action.${action}`))));
  });
}
