// Hours: the week of every counter, edited on the page, judged before it is saved, and saved with an answer for each
// appointment that would be left at a closed counter. Closures go the same way.
import { Problem, commandKey, post, put, read, remove } from "./api.js";
import { keepSession, unsaved } from "./live.js";
import { askFirst, data, h, icon, instantOf, language, locale, longDate, openDialog, t, time, toast } from "./shell.js";
import { showDisplays } from "./hours_displays.js";

const at = (id) => document.getElementById(id);
const weekday = (n, style = "short") => new Intl.DateTimeFormat(locale, { weekday: style, timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, n)));
const plain = (rule) => rule.everyWeeks === 1 && !rule.validFrom && !rule.validUntil;
const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const known = new Map();

/** Reads all of them. What is changed here and not saved stays, unless somebody else has changed the same day of the same
 *  counter; answers whether anybody has. */
async function load() {
  let clash = false;
  await Promise.all(data.counters.map(async ({ id }) => {
    const { body, etag } = await read(`/v1/clerk/counters/${id}/opening-hours`);
    const before = known.get(id), saved = JSON.stringify(body.rules);
    const of = (rules, n) => JSON.stringify(rules.filter((rule) => rule.weekday === n));
    const mine = before ? [1, 2, 3, 4, 5, 6, 7].filter((n) => of(before.rules, n) !== of(JSON.parse(before.saved), n)) : [];
    const kept = mine.filter((n) => of(body.rules, n) === of(JSON.parse(before.saved), n));
    clash ||= kept.length < mine.length;
    known.set(id, { rules: kept.length ? sorted([...body.rules.filter((rule) => !kept.includes(rule.weekday)), ...before.rules.filter((rule) => kept.includes(rule.weekday))]) : body.rules, saved, etag });
  }));
  draw();
  return clash;
}
const changedCounters = () => data.counters.filter(({ id }) => known.has(id) && JSON.stringify(known.get(id).rules) !== known.get(id).saved);

function draw() {
  const focused = document.activeElement?.closest?.(".day-cell")?.id;
  at("week").replaceChildren(h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("inspect.counter")), [1, 2, 3, 4, 5, 6, 7].map((n) => h("th", { scope: "col" }, weekday(n, "long"))))),
    h("tbody", {}, data.counters.map((counter) => h("tr", {}, h("th", { scope: "row" }, counter.name, counter.staffOnly ? h("small", {}, t("grid.staff")) : null), [1, 2, 3, 4, 5, 6, 7].map((n) => h("td", {}, cell(counter, n)))))));
  const count = changedCounters().length;
  at("save-bar").hidden = !count;
  at("unsaved").textContent = `${t("hours.unsaved")}: ${t("hours.changed", { n: count })}`;
  if (focused) at(focused)?.focus();
}

function cell(counter, n) {
  const rules = known.get(counter.id).rules.filter((rule) => rule.weekday === n).sort((a, b) => minutes(a.opens) - minutes(b.opens));
  const own = rules.filter(plain), other = rules.length - own.length;
  const words = own.map((rule) => `${rule.opens}–${rule.closes}`).join(", ") || (other ? "" : t("hours.closed"));
  const strip = h("span.strip", { aria: { hidden: "true" } }, own.map((rule) => {
    const bar = h("i");
    bar.style.left = `${(minutes(rule.opens) - 360) / 9.0}%`;
    bar.style.width = `${(minutes(rule.closes) - minutes(rule.opens)) / 9.0}%`;
    return bar;
  }));
  return h(`button.day-cell${own.length ? "" : ".closed"}${other ? ".other" : ""}`, { type: "button", id: `c-${counter.id}-${n}`, aria: { label: `${counter.name}, ${weekday(n, "long")}: ${words}${other ? `, ${t("hours.pattern")}` : ""}` }, onclick: () => edit(counter, n) },
    h("span", {}, words, other ? ` ${t("hours.pattern")}` : ""), own.length ? strip : null);
}

function edit(counter, n) {
  openDialog(`${counter.name}, ${weekday(n, "long")}`, (close) => {
    const spans = h("div.spans");
    const row = (opens, closes) => {
      const line = h("div.span", {}, h("input", { type: "time", value: opens, required: true, aria: { label: t("hours.opens") } }), "–",
        h("input", { type: "time", value: closes === "24:00" ? "23:59" : closes, required: true, aria: { label: t("hours.closes") } }),
        h("button.icon", { type: "button", aria: { label: t("hours.remove") }, title: t("hours.remove"), onclick: () => line.remove() }, icon("close")));
      return line;
    };
    spans.append(...known.get(counter.id).rules.filter((rule) => rule.weekday === n && plain(rule)).sort((a, b) => minutes(a.opens) - minutes(b.opens)).map((rule) => row(rule.opens, rule.closes)));
    const days = [1, 2, 3, 4, 5, 6, 7].map((d) => h("input", { type: "checkbox", checked: d === n, disabled: d === n, value: String(d) }));
    const every = h("input", { type: "checkbox" });
    const fault = h("p.problem", { hidden: true, role: "alert" }, t("hours.faulty"));
    return h("form", { noValidate: true, onsubmit: (event) => {
      event.preventDefault();
      const found = [...spans.children].map((line) => { const [opens, closes] = line.querySelectorAll("input"); return { opens: opens.value, closes: closes.value === "23:59" ? "24:00" : closes.value }; }).sort((a, b) => a.opens.localeCompare(b.opens));
      if (found.some((one, i) => !one.opens || !one.closes || one.closes <= one.opens || (i > 0 && one.opens < found[i - 1].closes))) { fault.hidden = false; return; }
      const on = days.filter((box) => box.checked).map((box) => Number(box.value));
      for (const { id } of every.checked ? data.counters : [counter]) {
        const entry = known.get(id);
        const kept = entry.rules.filter((rule) => !(on.includes(rule.weekday) && plain(rule)));
        const added = on.flatMap((d) => found.map((one) => ({ weekday: d, ...one, validFrom: null, validUntil: null, everyWeeks: 1, anchor: null })));
        entry.rules = sorted([...kept, ...added]);
        if (JSON.stringify(entry.rules) === JSON.stringify(sorted(JSON.parse(entry.saved)))) entry.rules = JSON.parse(entry.saved);
      }
      close();
      draw();
    } },
      spans, h("div", {}, h("button", { type: "button", onclick: () => { const line = row("08:00", "12:00"); spans.append(line); line.querySelector("input").focus(); } }, icon("plus"), t("hours.add"))),
      h("div.days", {}, days.map((box, i) => h("label.check", {}, box, weekday(i + 1)))), h("label.check", {}, every, t("hours.copy")), fault,
      h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), h("button.primary", { type: "submit" }, "OK")));
  });
}
const sorted = (rules) => [...rules].sort((a, b) => a.weekday - b.weekday || a.opens.localeCompare(b.opens));

// ── saving ──
const inputs = (rules) => rules.map(({ weekday: day, opens, closes, validFrom, validUntil, everyWeeks, anchor }) => ({ weekday: day, opens, closes, validFrom, validUntil, everyWeeks, anchor }));
/** Answers who is left at a closed counter; unless `accept`, nothing is saved if somebody is. */
const ask = (id, dry, accept) => put(`/v1/clerk/counters/${id}/opening-hours?dryRun=${dry}`, { rules: inputs(known.get(id).rules), acceptStranded: accept }, { "If-Match": known.get(id).etag });

async function save() {
  const counters = changedCounters();
  at("save").disabled = true;
  try {
    const tried = await Promise.all(counters.map(({ id }) => ask(id, true, false)));
    const stranded = tried.flatMap(({ body }) => body.stranded);
    const store = async () => {
      const left = [];
      for (const { id } of counters) {
        const { body, etag } = await ask(id, false, true);
        known.set(id, { rules: body.rules, saved: JSON.stringify(body.rules), etag });
        left.push(...body.stranded);
      }
      return left;
    };
    await answered(stranded, store, finished);
  } catch (problem) { await failed(problem); } finally { at("save").disabled = false; }
}
function finished() { draw(); toast(t("hours.saved")); }
async function failed(problem) {
  if (problem instanceof Problem && problem.code === "hours-changed") { const clash = await load(); toast(t(clash ? "hours.stale" : "hours.merged"), { bad: true, seconds: 8 }); } else toast(problem instanceof Problem ? problem.errors?.[0]?.detail ?? problem.title : t("error.network"), { bad: true, seconds: 8 });
}

/** Stores at once if nobody is stranded; whoever has booked since that was asked is asked about afterwards. */
async function answered(stranded, store, done) {
  if (stranded.length) { answerStranded(stranded, store, done); return; }
  const since = await store();
  if (since.length) answerStranded(since, null, done); else done();
}

const words = (one) => `${longDate(one.start, { weekday: "short", day: "numeric", month: "numeric" })} ${time(one.start, data.zone)}`;
const title = (n) => (n === 1 ? t("stranded.one") : t("stranded.title", { n }));
/** An appointment in the list, with what is to become of it. */
function line(one) {
  const answer = h("select", { aria: { label: one.reference } }, ["move", "cancel", "keep"].map((value) => h("option", { value }, t(`stranded.${value}`)))), cell = h("td", {}, answer);
  const element = h("tr", {}, h("td.number", {}, one.reference), h("td", {}, words(one)), h("td", {}, data.counters.find((c) => c.id === one.counter)?.name ?? ""), cell);
  return { one, answer, cell, element };
}

/** Each appointment gets an answer before anything is saved: who is cancelled hears it first, then the hours are saved, and
 *  who is moved goes to what is free then. Without `store` they are saved already. Whoever has booked in between is asked
 *  about as well. */
function answerStranded(stranded, store, done) {
  const rows = stranded.map(line), list = h("tbody", {}, rows.map((row) => row.element));
  let stored = store === null;
  const reason = h("input", { maxLength: 500, value: language === "de" ? "Geänderte Öffnungszeiten" : "Changed opening hours" });
  const { element } = openDialog(title(stranded.length), (close) => {
    const since = h("p.problem", { role: "alert", hidden: !stored }, t("stranded.since"));
    const go = h("button.primary", { type: "button", onclick: async () => {
      go.disabled = true;
      try {
        for (const row of rows.filter((r) => r.answer.value === "cancel" && !r.over)) await settle(row, () => post(`/v1/clerk/appointments/${row.one.id}/cancel`, { reason: reason.value.trim() || null }), t("stranded.cancelled"));
        const asked = [...rows];
        if (!stored) {
          const found = await store();
          stored = true;
          rows.push(...found.filter((one) => !rows.some((row) => row.one.id === one.id)).map(line));
        }
        for (const row of asked.filter((r) => r.answer.value === "move" && !r.over)) await settle(row, () => moveOn(row.one), null);
        for (const row of asked.filter((r) => r.answer.value === "keep")) { row.over = true; tell(row, t("stranded.kept")); }
        if (rows.length > asked.length) {
          list.append(...rows.slice(asked.length).map((row) => row.element));
          since.hidden = false;
          go.disabled = false;
          rows.at(-1).answer.focus();
          return;
        }
        go.replaceWith(h("button.primary", { type: "button", onclick: () => { close(); done(); } }, t("close")));
      } catch (problem) { go.disabled = false; await failed(problem); }
    } }, t("stranded.apply"));
    return h("div.inside", {}, h("p", {}, t("stranded.text")), since,
      h("div.all", {}, h("span", {}, t("stranded.all")), ["move", "cancel", "keep"].map((value) => h("button.small", { type: "button", onclick: () => { for (const row of rows) row.answer.value = value; } }, t(`stranded.${value}`)))),
      h("div.stranded", { tabIndex: 0, role: "group", aria: { label: t("stranded.title", { n: rows.length }) } }, h("table.plain", {}, list)),
      h("label.field", {}, t("reason.label"), reason), h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), go));
  }, { wide: true });
  element.addEventListener("close", draw);
}

async function settle(row, act, words) {
  try { const found = await act(); row.over = true; tell(row, words ?? found); } catch (problem) { tell(row, t("stranded.failed", { why: problem.title ?? t("error.network") })); }
}
function tell(row, words) { row.cell.className = "done"; row.cell.replaceChildren(words); }

/** To the first free time at this office from its own time on; whoever takes that place in between, the next one. */
async function moveOn(one) {
  const { body } = await post("/v1/clerk/appointments/lookup", { reference: one.reference });
  const wanted = body.appointment.services.map((s) => `service=${s.service}:${s.persons}`).join("&");
  for (let days = 0; days < 57; days += 7) {
    const day = (n) => new Date(Date.parse(one.start) + n * 86400000).toISOString().slice(0, 10);
    const { body: free } = await read(`/v1/cities/${data.city}/availability/slots?${wanted}&office=${data.office.id}&from=${day(days)}&to=${day(days + 6)}`);
    for (const slot of free.items.filter((s) => Date.parse(s.start) >= Date.parse(one.start)).slice(0, 3)) {
      try {
        await post(`/v1/clerk/appointments/${one.id}/reschedule`, { start: slot.start });
        return t("stranded.moved", { time: `${longDate(slot.start, { day: "numeric", month: "numeric" })} ${time(slot.start, data.zone)}` });
      } catch (problem) { if (problem.code !== "slot-taken") throw problem; }
    }
  }
  throw new Problem({ title: t("state.closed") }, 409);
}

// ── closures ──
async function loadClosures() {
  const { body } = await read(`/v1/clerk/closures?office=${data.office.id}`);
  const when = (at_) => `${longDate(at_, { weekday: "short", day: "numeric", month: "numeric", year: "numeric" })} ${time(at_, data.zone)}`;
  at("closures").replaceChildren(body.items.length ? h("ul.rows", {}, body.items.map((one) => h("li", {}, h("span.grow", {}, h("b", {}, `${when(one.start)} – ${when(one.end)}`), h("br"), h("span.quiet", {}, `${one.counter ? data.counters.find((c) => c.id === one.counter)?.name : one.office ? data.office.name : t("closure.city")}${one.reason[language] ?? one.reason.de ? ` · ${one.reason[language] ?? one.reason.de}` : ""}`)),
    one.office ? h("button.small", { type: "button", aria: { label: `${t("closure.remove")}: ${when(one.start)}` }, onclick: () => askFirst(t("closure.remove"), t("closure.sure", { when: `${when(one.start)} – ${when(one.end)}` }), async () => {
      try { await remove(`/v1/clerk/closures/${one.id}`); toast(t("closure.removed")); } catch (problem) { await failed(problem); }
      loadClosures();
    }) }, t("closure.remove")) : null))) : h("p.quiet", {}, t("closure.none")));
}

function addClosure() {
  openDialog(document.getElementById("add-closure").textContent.trim(), (close) => {
    const what = h("select", {}, h("option", { value: "" }, t("closure.office")), data.counters.map((c) => h("option", { value: c.id }, c.name)));
    const tomorrow = new Date(Date.now() + 86400000).toISOString().slice(0, 10);
    const from = h("input", { type: "datetime-local", value: `${tomorrow}T07:00`, required: true }), until = h("input", { type: "datetime-local", value: `${tomorrow}T20:00`, required: true });
    const de = h("input", { maxLength: 500 }), en = h("input", { maxLength: 500 });
    const fault = h("p.problem", { hidden: true, role: "alert" });
    const go = h("button.primary", { type: "submit" }, t("hours.save"));
    const key = commandKey();
    return h("form", { noValidate: true, onsubmit: async (event) => {
      event.preventDefault();
      fault.hidden = true;
      if (!from.value || !until.value) { fault.hidden = false; fault.textContent = t("closure.when"); (from.value ? until : from).focus(); return; }
      const body = { ...(what.value ? { counter: what.value } : { office: data.office.id }), start: instantOf(from.value, data.zone), end: instantOf(until.value, data.zone), reason: de.value.trim() ? { de: de.value.trim(), ...(en.value.trim() ? { en: en.value.trim() } : {}) } : null };
      const accepted = { ...body, acceptStranded: true };
      const store = async () => (await post("/v1/clerk/closures", accepted, { key: key.of(accepted) })).body.stranded;
      const done = () => { toast(t("closure.added")); loadClosures(); };
      go.disabled = true;
      try {
        const { body: tried } = await post("/v1/clerk/closures?dryRun=true", body);
        if (tried.stranded.length) { close(); answerStranded(tried.stranded, store, done); return; }
        const since = await store();
        close();
        if (since.length) answerStranded(since, null, done); else done();
      } catch (problem) {
        key.answered(problem);
        fault.hidden = false;
        fault.textContent = problem.errors?.[0]?.detail ?? problem.title ?? t("error.network");
      } finally { go.disabled = false; }
    } },
      h("label.field", {}, t("closure.what"), what), h("div.pair", {}, h("label.field", {}, t("closure.from"), from), h("label.field", {}, t("closure.until"), until)),
      h("div.pair", {}, h("label.field", {}, t("closure.reason.de"), de), h("label.field", {}, t("closure.reason.en"), en)), fault,
      h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), go));
  });
}

at("revert").textContent = t("hours.revert");
at("save").textContent = t("hours.save");
at("revert").addEventListener("click", () => { for (const entry of known.values()) entry.rules = JSON.parse(entry.saved); draw(); });
at("save").addEventListener("click", save);
at("add-closure").addEventListener("click", addClosure);
addEventListener("beforeunload", (event) => { if (changedCounters().length) event.preventDefault(); });
unsaved.push(() => changedCounters().length > 0);
keepSession();
load().catch(failed);
loadClosures().catch(failed);
showDisplays();
