// Words, dates and durations in the person's language. All words are in texts/de.json and texts/en.json.
import { speak } from "./http.js";

export const LANGUAGES = ["de", "en"];
let words = {}, language = "de";

/** The language in use. */
export const inUse = () => language;

export async function loadTexts(wanted) {
  language = wanted;
  speak(wanted);
  document.documentElement.lang = wanted;
  const answer = await fetch(new URL(`../texts/${wanted}.json`, import.meta.url));
  words = await answer.json();
}

/** As the person chose, else as the browser wishes, else German. */
export function preferred() {
  const chosen = localStorage.getItem("wartefrei-language");
  if (LANGUAGES.includes(chosen)) return chosen;
  return navigator.languages.map((one) => one.slice(0, 2)).find((one) => LANGUAGES.includes(one)) ?? "de";
}

/** The text of a key with {names} filled in. With `n`, `key.one` where it is 1. */
export function t(key, values = {}) {
  const text = (values.n === 1 && words[`${key}.one`]) || words[key];
  if (text === undefined) throw new Error(`no text: ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const hasText = (key) => key in words;

const formats = new Map();
function format(options, zone) {
  const key = JSON.stringify([language, options, zone]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", { ...options, timeZone: zone }));
  return formats.get(key);
}

// Times of an office come with its offset ("2026-11-26T08:15:00+01:00"): what stands there is what its clocks show, in
// whatever zone the phone is. So the wall time is read as if it were UTC, and written in UTC.
const wall = (at) => new Date(/T/.test(at) ? `${at.slice(0, 16)}:00Z` : `${at}T12:00:00Z`);
export const time = (at) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, "UTC").format(wall(at));
export const longDay = (at) => format({ weekday: "long", day: "numeric", month: "long" }, "UTC").format(wall(at));
export const shortDay = (at) => format({ weekday: "short", day: "numeric", month: "short" }, "UTC").format(wall(at));
export const weekday = (at, style = "short") => format({ weekday: style }, "UTC").format(wall(at));
export const month = (at, style = "long") => format({ month: style }, "UTC").format(wall(at));
export const dayOfMonth = (at) => Number(at.slice(8, 10));
export const longDate = (at) => format({ day: "numeric", month: "long", year: "numeric" }, "UTC").format(wall(at));
export const dayAndTime = (at) => t("day.time", { day: shortDay(at), time: time(at) });

/** An instant by this device's own clock: for what was read or written here. */
export const ownTime = (ms) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(ms));

/** "heute", "morgen", else nothing. Both are dates of the office. */
export function near(at, today) {
  const days = Math.round((Date.parse(at.slice(0, 10)) - Date.parse(today)) / 86_400_000);
  return days === 0 ? t("today") : days === 1 ? t("tomorrow") : null;
}

/** m:ss, or h:mm:ss. */
export function duration(ms) {
  const all = Math.max(0, Math.ceil(ms / 1000)), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(all / 3600), minutes = Math.floor((all % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

export function size(bytes) {
  const mega = bytes / 1_000_000;
  return new Intl.NumberFormat(language, { maximumFractionDigits: mega < 10 ? 1 : 0 }).format(mega < 0.1 ? bytes / 1000 : mega) + (mega < 0.1 ? " kB" : " MB");
}

export const distance = (metres) => (metres < 950
  ? t("metres", { n: Math.round(metres / 50) * 50 })
  : t("kilometres", { n: new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(metres / 1000) }));
