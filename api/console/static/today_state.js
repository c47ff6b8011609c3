// The day as this page knows it: what the stream has sent, and what is chosen. Whoever shows it listens for changes.
import { drawing } from "./redraw.js";
import { data } from "./shell.js";

const LATE_AFTER_MINUTES = 5;
export const IN_PLAN = new Set(["requested", "confirmed", "checked_in", "called", "parked", "completed", "no_show"]);
const LIVE = new Set(["requested", "confirmed", "checked_in", "called", "parked"]);

export const day = {
  date: data.date, today: data.today, zone: data.zone, office: data.office,
  ready: false, appointments: new Map(), counters: [], holds: [], queue: null, requests: [], selected: null,
  /** What is chosen and not sent yet, by appointment: {action, body}. */
  pending: new Map(),
};

export const { onChange, changed } = drawing();

export function takeWhole({ day: whole, queue, requests }) {
  day.appointments.clear();
  day.counters = whole.counters.map(({ id, name, staffOnly, openings }) => ({ id, name, staffOnly, openings }));
  day.holds = whole.counters.flatMap((counter) => counter.holds.map((hold) => ({ ...hold, counter: counter.id })));
  for (const one of [...whole.counters.flatMap((counter) => counter.appointments), ...whole.elsewhere]) day.appointments.set(one.id, one);
  day.queue = queue;
  day.requests = requests;
  day.ready = true;
  changed();
}

export function takeChanges({ appointments, gone, holds, queue, requests }) {
  const newer = appointments.filter((one) => take(one));
  for (const id of gone) day.appointments.delete(id);
  day.holds = holds;
  day.queue = queue;
  day.requests = requests;
  changed([...newer.map((one) => one.id), ...gone]);
}

/** Keeps an appointment if it is of this day and newer than what is known. */
export function take(one) {
  const known = day.appointments.get(one.id);
  if (known && known.version >= one.version) return false;
  if (one.office.id !== day.office.id || localDate(one.start) !== day.date) { day.appointments.delete(one.id); return Boolean(known); }
  day.appointments.set(one.id, one);
  return true;
}

export function find(id) { return day.appointments.get(id) ?? day.requests.find((one) => one.id === id) ?? null; }

const dates = new Intl.DateTimeFormat("sv-SE", { timeZone: data.zone });
export function localDate(at) { return dates.format(new Date(at)); }

export function isLate(one, now = Date.now()) {
  return one.state === "confirmed" && now > Date.parse(one.start) + LATE_AFTER_MINUTES * 60000 && now < Date.parse(one.start) + 12 * 3600000;
}

const AFTER = { confirm: "confirmed", reject: "rejected", cancel: "cancelled", complete: "completed", "no-show": "no_show" };
/** How an appointment is shown: what is chosen for it and not sent yet counts as done. */
export function shown(one) {
  const waiting = day.pending.get(one.id);
  if (!waiting) return { state: isLate(one) ? "late" : one.state, start: one.start, end: one.end, counter: one.counter.id, pending: false };
  if (waiting.action === "reschedule") {
    const start = waiting.body.start, length = Date.parse(one.end) - Date.parse(one.start);
    return { state: "confirmed", start, end: new Date(Date.parse(start) + length).toISOString(), counter: waiting.body.counter, pending: true };
  }
  return { state: AFTER[waiting.action] ?? one.state, start: one.start, end: one.end, counter: one.counter.id, pending: true };
}

export function isLive(one) { return LIVE.has(shown(one).state) || shown(one).state === "late"; }

export function counterName(id) { return day.counters.find((one) => one.id === id)?.name ?? "–"; }

export function services(one) {
  return one.services.map((s) => (s.persons > 1 ? `${s.name} ×${s.persons}` : s.name)).join(", ");
}
