// The waiting list: what would suit, and leaving it again.
import { command, erase, read } from "../core/api.js";
import { city, offices, service } from "../core/city.js";
import { serverNow } from "../core/clock.js";
import { fill, h, icon } from "../core/dom.js";
import { confirm, doing, empty, field, link, notice, skeleton, toast, toggle, trouble } from "../core/parts.js";
import { goInstead } from "../core/router.js";
import { dayAndTime, longDate, t, weekday } from "../core/texts.js";

const PARTS = [["morning", { from: "06:00", until: "12:00" }], ["noon", { from: "12:00", until: "15:00" }], ["evening", { from: "15:00", until: "20:00" }]];

export async function show({ root, params, asked, signal }) {
  fill(root, skeleton(3));
  const its = await service(params.service);
  if (asked.entry) { await drawEntry(root, asked.entry, its, signal); return; }
  const [where, moved, here] = await Promise.all([offices(its.slug), asked.earlier ? read(`/v1/appointments/${asked.earlier}`, { signal }) : null, city()]);
  drawForm(root, its, where, moved, here, asked);
}

function drawForm(root, its, where, moved, here, asked) {
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: here.zone }).format(new Date(serverNow()));
  const far = moved ? moved.start.slice(0, 10) : new Date(Date.parse(today) + 60 * 86_400_000).toISOString().slice(0, 10);
  const days = new Set([1, 2, 3, 4, 5]), parts = new Set(PARTS.map(([name]) => name));
  const chosen = new Set(where.filter((one) => !asked.office || one.slug === asked.office).map((one) => one.id));
  const until = field(t("wait.until"), h("input", { type: "date", min: today, max: far, value: far }));
  // Whoever wants to come sooner gave an address with the appointment, or none.
  const email = moved ? null : field(t("wait.email"), h("input", { name: "email", type: "email", autocomplete: "email", inputmode: "email", maxlength: "254" }), { optional: true, hint: t("wait.email.hint") });
  let short = false;
  const said = h("div"), submit = h("button.primary.wide", { type: "submit" }, h("span", {}, t("wait.join")));
  const all = (set, most) => (set.size === 0 || set.size === most ? null : [...set].sort());
  const send = doing(submit, async () => {
    fill(said);
    const windows = all(parts, PARTS.length), some = all(chosen, where.length), week = all(days, 7);
    const wish = {
      city: here.id, mode: moved ? "earlier" : "none", shortNotice: short, until: until.input.value || far,
      ...(moved ? { appointment: moved.id } : { services: [{ service: its.id, persons: 1 }], contact: { email: email.input.value.trim() || null } }),
      ...(some ? { offices: some } : {}), ...(week ? { weekdays: week } : {}),
      ...(windows ? { times: PARTS.filter(([name]) => parts.has(name)).map(([, window]) => window) } : {}),
    };
    try {
      await command(`wait ${its.id} ${moved?.id ?? ""}`, "/v1/waiting-list", wish);
      toast(t("wait.joined"), { mark: "bell" });
      goInstead("/appointments");
    } catch (error) { fill(said, trouble(error)); complain(error.errors ?? []); }
  });
  const complain = (wrong) => {
    for (const [pointer, box] of [["/until", until], ["/contact/email", email]]) box?.complain(wrong.find((one) => one.pointer === pointer)?.detail);
  };
  fill(root, notice("bell", moved ? t("wait.earlier.title", { when: dayAndTime(moved.start) }) : its.name, h("p", {}, t("wait.how"))),
    h("form.stack.loose", { novalidate: true, onsubmit: send },
      boxes(t("wait.days"), [1, 2, 3, 4, 5, 6].map((n) => [n, weekday(`2024-01-0${n}`, "long")]), days),
      boxes(t("wait.times"), PARTS.map(([name, window]) => [name, t(`wait.${name}`, window)]), parts),
      where.length > 1 ? boxes(t("wait.offices"), where.map((one) => [one.id, one.name]), chosen, "") : null,
      until.box, email?.box ?? null, h("div.list", {}, toggle(t("wait.short"), false, (on) => { short = on; }, { under: t("wait.short.text") })), said, submit));
}

function boxes(legend, choices, set, kind = ".pills") {
  return h(`fieldset.choices${kind}`, {}, h("legend", {}, legend), h("div.options", {}, choices.map(([value, label]) => h("label.choice", {},
    h("input", { type: "checkbox", checked: set.has(value), onchange: (event) => { if (event.target.checked) set.add(value); else set.delete(value); } }), h("span", {}, label)))));
}

async function drawEntry(root, id, its, signal) {
  const one = await read(`/v1/waiting-list/${id}`, { signal });
  if (one.offer) { goInstead(`/offers/${one.offer}`); return; }
  const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const leave = h("button.quietbad", { type: "button", onclick: () => confirm(t("wait.leave"), h("p", {}, t("wait.leave.text")), { yes: t("wait.leave.yes"), danger: true, act: async () => { await erase(`/v1/waiting-list/${id}`); toast(t("wait.left")); goInstead("/appointments"); } }) }, h("span", {}, t("wait.leave")));
  fill(root, one.state === "waiting" ? [
    h("div.told.wait", {}, one.ahead ? h("span.ahead", {}, String(one.ahead)) : h("span.stamp", {}, icon("bell")), h("div", {}, h("strong", {}, t(one.ahead === 0 ? "wait.first" : "wait.before")), h("p", {}, t("wait.how")))),
    h("section.card", {}, h("h2", {}, its?.name ?? t("wait.entry")), h("dl.facts", {},
      fact(t("wait.until"), longDate(one.until)), fact(t("wait.days"), one.weekdays.map((n) => weekday(`2024-01-0${n}`, "short")).join(", ")),
      fact(t("wait.times"), one.times.map((window) => (window.from === "00:00" && window.until === "24:00" ? t("wait.allday") : `${window.from}–${window.until}`)).join(", ")))), leave]
    : empty("bell", t("wait.over"), t("wait.over.text"), link(t("find.all"), "/find")));
}
