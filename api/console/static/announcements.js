// Announcements: whom they reach is counted, how phones show them is seen, and only then are they sent, for good.
import { Problem, post, read } from "./api.js";
import { keepSession, unsaved } from "./live.js";
import { data, h, icon, language, locale, onKey, openDialog, t, toast } from "./shell.js";

const at = (id) => document.getElementById(id);
const form = at("write"), field = (name) => form.elements.namedItem(name);
const names = Object.keys(data.languages);
const moment = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.zone });
const number = new Intl.NumberFormat(language);

// ── whom it is for ──
const audience = () => new FormData(form).get("audience");
function target() {
  const to = audience();
  return { city: data.city, ...(to === "district" ? { district: field("district").value } : {}), ...(to === "topic" ? { topic: field("topic").value.trim() } : {}) };
}
const whom = (one) => [one.district ? t("told.district", { name: data.districts[one.district] ?? one.district }) : one.topic ? null : t("told.city"), one.topic ? t("told.topic", { name: one.topic }) : null].filter(Boolean).join(", ");

let asked = 0, reached = null;
async function count() {
  const mine = ++asked, to = target();
  reached = null;
  if (audience() === "topic" && !to.topic) { at("reach").textContent = ""; return null; }
  at("reach").textContent = t("reach.counting");
  try {
    const { body } = await read(`/v1/clerk/announcements/reach?${new URLSearchParams(to)}`);
    if (mine !== asked) return null;
    reached = body;
    at("reach").replaceChildren(h("b", {}, t("reach.people", { n: number.format(body.people) })), ` · ${t("reach.phones", { n: number.format(body.phones) })}`);
  } catch (problem) { if (mine === asked) at("reach").textContent = problem instanceof Problem ? problem.errors?.[0]?.detail ?? problem.title : t("error.network"); }
  return reached;
}

// ── texts, and how phones show them ──
const text = (name) => ({ title: field(`title-${name}`).value.trim(), body: field(`body-${name}`).value.trim() });
const begun = (name) => Boolean(text(name).title || text(name).body);

function preview() {
  at("previews").replaceChildren(...names.filter((name) => name === "de" || begun(name)).map((name) => {
    const { title, body } = text(name), push = data.pushes[name];
    return h("figure.phone", { lang: name.slice(0, 2) }, h("figcaption", {}, data.languages[name]),
      h("div.screen", {}, h("div.push", {}, h("span.app", {}, "Wartefrei"), h("b", {}, push.title), h("p", {}, push.body)),
        h("div.entry", {}, h("b", {}, title || "…"), h("p", {}, body || "…"))));
  }));
}

function show(name, focus = false) {
  for (const other of names) {
    const tab = at(`tab-${other}`), on = other === name;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    at(`text-${other}`).hidden = !on;
    if (on && focus) tab.focus();
  }
}
for (const name of names) {
  at(`tab-${name}`).addEventListener("click", () => show(name));
  at(`tab-${name}`).addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { show(names[(names.indexOf(name) + by + names.length) % names.length], true); event.preventDefault(); }
  });
}

// ── sending ──
/** What is wrong, with the field that it is wrong with; null if nothing is. */
function wrong() {
  for (const name of names.filter((one) => one === "de" || begun(one))) {
    for (const part of ["title", "body"]) if (!text(name)[part]) { show(name); return [t(`told.no_${part}`, { language: data.languages[name] }), field(`${part}-${name}`)]; }
  }
  if (audience() === "topic" && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(field("topic").value.trim())) return [t("told.no_topic"), field("topic")];
  if (!(field("days").valueAsNumber >= 1 && field("days").valueAsNumber <= 90)) return [t("told.no_days"), field("days")];
  return null;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  const fault = wrong();
  at("fault").hidden = !fault;
  if (fault) { at("fault").textContent = fault[0]; fault[1].setAttribute("aria-invalid", "true"); fault[1].focus(); return; }
  if (!(await count())) return;
  confirm();
});

function confirm() {
  const body = { ...target(), days: field("days").valueAsNumber, texts: Object.fromEntries(names.filter(begun).map((name) => [name, text(name)])) };
  const key = crypto.randomUUID();
  openDialog(t("told.confirm"), (close) => {
    const fault = h("p.problem", { hidden: true, role: "alert" });
    const go = h("button.primary", { type: "button", onclick: async () => {
      go.disabled = true;
      try {
        await post("/v1/clerk/announcements", body, { key });
        close();
        form.reset();
        begin();
        toast(t("told.done"), { seconds: 8 });
        load();
      } catch (problem) { go.disabled = false; fault.hidden = false; fault.textContent = problem instanceof Problem ? problem.errors?.[0]?.detail ?? problem.title : t("error.network"); }
    } }, icon("send"), t("told.send"));
    return h("div.inside", {}, h("p", {}, t("told.whom", { whom: whom(body), people: number.format(reached.people), phones: number.format(reached.phones) })),
      h("ul.rows", {}, Object.entries(body.texts).map(([name, one]) => h("li", {}, h("span.quiet", {}, data.languages[name]), h("b.grow", {}, one.title)))),
      h("p.quiet", {}, t("told.final")), fault, h("footer", {}, h("button", { type: "button", autofocus: true, onclick: close }, t("abort")), go));
  });
}

// ── what was told ──
async function load(cursor) {
  try {
    const { body } = await read(`/v1/clerk/announcements?${new URLSearchParams({ city: data.city, ...(cursor ? { cursor } : {}) })}`);
    const rows = body.items.map((one) => h("li", {}, h("details", {}, h("summary", {}, h("b", {}, (one.texts[language] ?? one.texts.de).title), h("span.quiet", {}, `${whom(one)} · ${moment.format(new Date(one.publishedAt))} · ${one.clerk}`)),
      Object.entries(one.texts).filter(([, words]) => words).map(([name, words]) => h("div.told", { lang: (data.languages[name] ? name : "de").slice(0, 2) }, h("span.quiet", {}, data.languages[name] ?? name), h("b", {}, words.title), h("p", {}, words.body))),
      h("p.quiet", {}, t("told.until", { when: moment.format(new Date(one.expiresAt)) })))));
    const list = cursor ? at("sent").querySelector("ul") : h("ul.rows");
    list.append(...rows);
    at("sent").replaceChildren(list.children.length ? list : h("p.quiet", {}, t("told.none")), body.next ? h("button", { type: "button", onclick: () => load(body.next) }, t("cases.more")) : "");
  } catch (problem) { toast(problem instanceof Problem ? problem.title : t("error.network"), { bad: true }); }
}

function begin() {
  for (const one of form.querySelectorAll("[data-for]")) one.hidden = one.dataset.for !== audience();
  show("de");
  preview();
  count();
}
form.addEventListener("input", (event) => {
  if (event.target.matches('[name^="title-"], [name^="body-"]')) { preview(); return; }
  for (const one of form.querySelectorAll("[data-for]")) one.hidden = one.dataset.for !== audience();
});
form.addEventListener("change", (event) => { if (["audience", "district", "topic"].includes(event.target.name)) count(); });
addEventListener("beforeunload", (event) => { if (names.some(begun)) event.preventDefault(); });
unsaved.push(() => names.some(begun));
keepSession();
onKey("1", "keys.everywhere", "key.write", () => field("title-de").focus());
onKey("2", "keys.everywhere", "key.sent", () => at("sent").querySelector("summary")?.focus());
begin();
load();
