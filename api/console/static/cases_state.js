// The cases as this page knows them: the queue as it is filtered, and the one that is open.
import { drawing } from "./redraw.js";
import { data, language, locale, t } from "./shell.js";

export const cases = { items: [], next: null, ready: false, openId: null, open: null };

export const { onChange, changed } = drawing();

/** Keeps a case as it is by now, in the queue as well. */
export function take(one) {
  if (cases.openId === one.id && (cases.open?.id !== one.id || cases.open.version <= one.version)) cases.open = one;
  const at = cases.items.findIndex((other) => other.id === one.id);
  if (at >= 0 && cases.items[at].version <= one.version) cases.items[at] = { ...cases.items[at], state: one.state, version: one.version, assignee: one.assignee, dueAt: one.dueAt };
  changed();
}

/** How a state looks: as its like does among appointments. */
export const LOOK = { submitted: "requested", in_review: "confirmed", info_requested: "parked", approved: "checked_in", rejected: "late", withdrawn: "no_show" };
export const ICON = { submitted: "paper", in_review: "eye", info_requested: "note", approved: "completed", rejected: "cancelled", withdrawn: "no_show" };

const moments = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.zone });
const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: data.zone });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
/** A moment in the office's zone. */
export const moment = (at) => moments.format(new Date(at));
export const dayOf = (at) => days.format(new Date(at));
/** How long ago, in words. */
export function ago(at) {
  const minutes = Math.round((Date.parse(at) - Date.now()) / 60000);
  if (minutes === 0) return t("now");
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  if (Math.abs(minutes) < 60 * 36) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}
export const isOverdue = (one) => Boolean(one.dueAt) && Date.parse(one.dueAt) < Date.now();
/** Who it is, seen from here. */
export const nameOf = (clerk) => (clerk === null ? t("cases.nobody") : clerk.id === data.me ? t("cases.me") : clerk.name);
/** What the last answer to a question has brought, by the first names of pointers and by ids of documents. */
export function brought(one) {
  const last = one.events.findLast((event) => event.kind === "answered");
  return { fields: last?.data.fields ?? [], documents: last?.data.documents ?? [] };
}
