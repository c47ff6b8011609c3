// The column at the side: what waits for an answer, and who waits in the house.
import { h, icon, longDate, t, time } from "./shell.js";
import { act } from "./today_actions.js";
import { day, find, localDate, onChange, services, shown } from "./today_state.js";

const requests = document.querySelector("#requests .list");
const house = document.querySelector("#house .lists");
export const side = { select: () => {} };

onChange(() => { if (day.ready) { drawRequests(); drawHouse(); } });

function keepFocus(place, draw) {
  const focused = place.contains(document.activeElement) ? [document.activeElement.dataset.id, document.activeElement.dataset.action] : null;
  draw();
  if (!focused) return;
  const again = place.querySelector(`[data-id="${focused[0]}"]${focused[1] ? `[data-action="${focused[1]}"]` : ":not([data-action])"}`);
  (again ?? place.querySelector("button") ?? place).focus?.();
}

function drawRequests() {
  const open = day.requests.filter((one) => !day.pending.has(one.id));
  document.getElementById("requests-count").textContent = open.length || "";
  keepFocus(requests, () => requests.replaceChildren(...(open.length ? open.map(request) : [h("li.none", {}, t("requests.none"))])));
}

/** Not for the second click of a double one: the list has moved by then, and it would meet the next person. */
const once = (does) => (event) => { if (event.detail < 2) does(); };

function request(one) {
  const date = localDate(one.start);
  const when = date === day.date ? time(one.start, day.zone) : `${longDate(date, { weekday: "short", day: "numeric", month: "numeric" })} ${time(one.start, day.zone)}`;
  return h(`li.item.requested${day.selected === one.id ? ".chosen" : ""}`, {},
    h("button.what", { type: "button", data: { id: one.id }, onclick: () => side.select(one.id, true) },
      h("span.line", {}, icon("requested"), h("b", {}, one.person.name), h("span.when", {}, when)), h("span.sub", {}, services(one))),
    h("span.acts", {},
      h("button.small", { type: "button", data: { id: one.id, action: "confirm" }, aria: { label: `${t("action.confirm")}: ${one.person.name}` }, onclick: once(() => act(one, "confirm")) }, t("action.confirm")),
      h("button.small.danger", { type: "button", data: { id: one.id, action: "reject" }, aria: { label: `${t("action.reject")}: ${one.person.name}` }, onclick: once(() => act(one, "reject")) }, t("action.reject"))));
}

function drawHouse() {
  const queue = day.queue ?? { called: [], waiting: [], parked: [] };
  document.getElementById("house").hidden = !day.queue;
  const inside = queue.waiting.length + queue.called.length + queue.parked.length;
  document.getElementById("house-count").textContent = inside || "";
  document.getElementById("next").disabled = !isSomebodyNext();
  const list = (name, tickets, action) => (tickets.length ? [h("h3", {}, t(`house.${name}`), h("span", {}, String(tickets.length))), h("ul.list", {}, tickets.map((one) => ticket(one, name, action)))] : []);
  keepFocus(house, () => house.replaceChildren(...(inside
    ? [...list("called", queue.called, "complete"), ...list("waiting", queue.waiting, "call"), ...list("parked", queue.parked, "call")]
    : [h("p.none", {}, t("house.none"))])));
}

function ticket(one, name, action) {
  const state = { called: "called", waiting: "checked_in", parked: "parked" }[name];
  const appointment = find(one.id);
  const from = name === "waiting" ? Math.max(Date.parse(one.checkedInAt), Math.min(Date.parse(one.start), Date.now())) : Date.parse(one.changedAt);
  const minutes = Math.max(0, Math.floor((Date.now() - from) / 60000));
  const waiting = appointment && day.pending.has(one.id);
  return h(`li.item.${state}${day.selected === one.id ? ".chosen" : ""}${waiting ? ".pending" : ""}`, {},
    h("button.what", { type: "button", data: { id: one.id }, onclick: () => side.select(one.id, true) },
      h("span.line", {}, icon(state), h("b", {}, one.name), h(`span.when${name === "waiting" && minutes >= 15 ? ".long" : ""}`, { title: t("since", { n: minutes }) }, t("minutes", { n: minutes }))),
      h("span.sub", {}, h("span.number", {}, one.reference.slice(-4)), name === "called" ? ` · ${one.counter.name}` : ` · ${time(one.start, day.zone)} · ${one.counter.name}`)),
    appointment && !waiting ? h("button.small", { type: "button", data: { id: one.id, action }, aria: { label: `${t(`action.${action}`)}: ${one.name}` }, onclick: once(() => act(find(one.id), action)) }, t(`action.${action}`)) : null);
}

/** Whether somebody waits for the chosen counter, or for any. */
function isSomebodyNext() {
  const mine = document.getElementById("my-counter").value;
  return Boolean(day.queue?.waiting.some((one) => !mine || one.counter.id === mine));
}

const COUNTED = ["requested", "confirmed", "late", "checked_in", "called", "parked", "completed", "no_show"];
export function drawCounts(into) {
  const counts = Object.fromEntries(COUNTED.map((state) => [state, 0]));
  for (const one of day.appointments.values()) { const { state } = shown(one); if (state in counts) counts[state] += 1; }
  into.replaceChildren(...COUNTED.filter((state) => counts[state] || ["confirmed", "checked_in", "completed"].includes(state)).map((state) => h(`li.${state}`, {}, icon(state), h("b", {}, String(counts[state])), h("span", {}, t(`count.${state}`)))));
}
