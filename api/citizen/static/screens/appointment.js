// One appointment, as it stands at this moment.
import { command } from "../core/api.js";
import { expected } from "../core/behind.js";
import { serverNow } from "../core/clock.js";
import { authorized } from "../core/session.js";
import { open } from "../core/http.js";
import { fill, h, icon } from "../core/dom.js";
import { listen } from "../core/live.js";
import { button, confirm, doing, empty, field, link, notice, rowLink, say, skeleton, staleNote, toast, trouble } from "../core/parts.js";
import { Problem } from "../core/problem.js";
import { keep, keepAs } from "../core/reads.js";
import { dayAndTime, hasText, t } from "../core/texts.js";
import { hasPass, keepPass } from "../core/passes.js";
import { isLive, ticket } from "./tickets.js";

export async function show({ root, head, beside, params, asked, signal }) {
  const path = `/v1/appointments/${params.appointment}`;
  const state = h("div", { id: "state", role: "status" }), body = h("div.stack.loose", {}, skeleton(1, "tall"));
  const live = h("span.live", { data: { state: "lost" } }, h("i"), h("span", {}, t("live.lost")));
  beside.append(live);
  fill(root, state, body);
  let shown, welcome = asked.new === "1";
  const draw = (one, about) => {
    // Answers may overtake each other: the newest is what stays on the screen.
    if (shown && one.version < shown.version) return;
    const before = shown?.state;
    shown = one;
    head.textContent = t("screen.appointment");
    drawState(state, one, welcome && !before);
    drawBody(body, one, about, reload);
    if (before && before !== one.state) { welcome = false; say(t(`told.${one.state}`)); }
    if (hasPass(one)) keepPass(one).catch(() => {});
  };
  const reload = () => keep(path, draw, { signal });
  try { await reload(); } catch (error) {
    live.remove();
    fill(body, error instanceof Problem && error.status === 404 ? empty("calendar", t("appointment.gone"), t("appointment.gone.text"), link(t("tab.appointments"), "/appointments")) : trouble(error));
    return;
  }
  listen(`${path}/events`, (_, event) => { if (event.version > shown.version) reload().catch(() => {}); },
    (how) => { live.dataset.state = how; live.lastChild.textContent = t(`live.${how}`); if (how === "open" && shown) reload().catch(() => {}); }, signal);
}

function drawState(place, one, welcome) {
  const key = `told.${one.state}`, text = `told.${one.state}.text`;
  const tone = { requested: "wait", confirmed: "good", checked_in: "good", called: "call", parked: "wait" }[one.state] ?? "off";
  if (place.dataset.state === one.state) return;
  place.dataset.state = one.state;
  fill(place, h(`div.told.${tone}`, {}, h("span.stamp", {}, icon({ good: "check", wait: "clock", call: "bell", off: "info" }[tone])),
    h("div", {}, h("strong", {}, t(welcome && hasText(`${key}.new`) ? `${key}.new` : key)), hasText(text) ? h("p", {}, t(text)) : null)));
}

function drawBody(place, one, about, reload) {
  const can = (action) => one.actions.includes(action), here = `/appointments/${one.id}`;
  const passable = hasPass(one);
  fill(place, staleNote(about), h("div.tworows.columns", {}, h("div.stack", {},
    ticket(one, { extra: passable ? link(t("pass.show"), `${here}/pass`, { kind: "primary", mark: "qr" }) : null }),
    one.reason ? notice("info", t("appointment.reason"), h("p", {}, one.reason)) : null,
    can("check-in") && Date.parse(one.start) - serverNow() < 3_600_000 ? checkIn(one, reload) : null,
    isLive(one) ? h("ul.list.actions", {},
      passable ? actionRow("calendar", t("appointment.ics"), () => calendar(one)) : null,
      can("reschedule") ? rowLink(`${here}/move`, t("appointment.move"), { mark: "move" }) : null,
      can("reschedule") ? rowLink(`/wait/${one.services[0].service}?earlier=${one.id}`, t("appointment.earlier"), { under: t("appointment.earlier.text"), mark: "bell" }) : null) : link(t("appointment.rebook"), `/services/${one.services[0].service}`, { kind: "primary" }),
    can("cancel") ? button(t("appointment.cancel"), () => cancel(one, reload), { kind: "quietbad", mark: "close" }) : null),
  h("div.stack", {}, details(one))));
}

function actionRow(mark, label, act) {
  const row = h("button.rowlink", { type: "button", data: { keep: label } }, h("span.disc", {}, icon(mark)), h("span.words", {}, h("span.title", {}, label)), icon("next"));
  row.addEventListener("click", doing(row, act));
  return h("li", {}, row);
}

function details(one) {
  const fact = (mark, name, ...value) => h("div", {}, h("dt", {}, icon(mark), name), h("dd", {}, value));
  const { office } = one, address = `${office.street}, ${office.postcode} ${office.town}`;
  return h("section.card", {}, h("h2", {}, t("appointment.details")), h("dl.facts", {},
    fact("stamp", t("appointment.reference"), h("span.reference", {}, one.reference)),
    fact("place", office.name, address),
    fact("person", t("appointment.person"), one.person.name),
    one.contact.email || one.contact.phone ? fact("inbox", t("appointment.contact"), [one.contact.email, one.contact.phone].filter(Boolean).join(" · ")) : null,
    one.note ? fact("papers", t("book.note"), one.note) : null));
}

function checkIn(one, reload) {
  const here = h("button.primary.wide", { type: "button" }, icon("place"), h("span", {}, t("appointment.here")));
  here.addEventListener("click", doing(here, async () => {
    try { await keepAs(`/v1/appointments/${one.id}`, await command(`check-in ${one.id}`, `/v1/appointments/${one.id}/check-in`)); await reload(); } catch (error) { toast(error.title ?? t("problem.offline.title"), { mark: "warn" }); }
  }));
  return here;
}

async function calendar(one) {
  try {
    const text = await open(await authorized("GET", `/v1/appointments/${one.id}/calendar.ics`, { headers: { Accept: "text/calendar" } }));
    const url = URL.createObjectURL(new Blob([text], { type: "text/calendar" }));
    const save = h("a", { href: url, download: `${one.reference}.ics` });
    save.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch { toast(t("problem.offline.title"), { mark: "offline" }); }
}

function cancel(one, reload) {
  const why = field(t("cancel.why"), h("textarea", { rows: 2, maxlength: "500" }), { optional: true });
  confirm(t("cancel.title"), [h("p", {}, t("cancel.text", { when: dayAndTime(one.start) })), why.box], { yes: t("cancel.yes"), no: t("cancel.no"), danger: true, act: async () => {
    const reason = why.input.value.trim();
    expected(one.id);
    await command(`cancel ${one.id}`, `/v1/appointments/${one.id}/cancel`, reason ? { reason } : {});
    toast(t("cancel.done"));
    await reload();
  } });
}

