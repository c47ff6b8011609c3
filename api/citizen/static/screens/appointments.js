// All appointments, and what is waited for.
import { fill, h, icon } from "../core/dom.js";
import { empty, link, rowLink, skeleton, staleNote, trouble } from "../core/parts.js";
import { APPOINTMENTS } from "../core/passes.js";
import { keep } from "../core/reads.js";
import { hasSession } from "../core/session.js";
import { dayAndTime, t } from "../core/texts.js";
import { onInbox } from "../core/behind.js";
import { isLive, servicesOf, stateChip, ticket } from "./tickets.js";
import { entryCards, offerCards } from "./waiting.js";

export async function show({ root, beside, signal }) {
  beside.append(h("a.plain", { href: "#/find", aria: { label: t("appointments.new") } }, icon("plus")));
  const offers = h("div"), list = h("div.stack.loose", {}, skeleton(2, "tall")), entries = h("div");
  fill(root, offers, list, entries);
  if (!(await hasSession())) { fill(list, none()); return; }
  const load = () => keep(APPOINTMENTS, (page, state) => draw(list, page.items, state), { signal }).catch((error) => fill(list, trouble(error)));
  const waiting = () => Promise.all([offerCards(offers, signal), entryCards(entries, signal)]).catch(() => {});
  onInbox((kind, data) => { if (kind === "notice" && ["appointment", "offer"].includes(data.subject.kind)) { load(); waiting(); } }, signal);
  await Promise.all([load(), waiting()]);
}

const none = () => empty("calendar", t("appointments.none"), t("appointments.none.text"), link(t("appointments.new"), "/find", { kind: "primary" }));

function draw(place, items, state) {
  const live = items.filter(isLive).sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const past = items.filter((one) => !isLive(one)).sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
  if (!items.length) { fill(place, none()); return; }
  fill(place, staleNote(state),
    live.length ? h("ul.tickets", {}, live.map((one) => h("li", {}, ticket(one, { to: `/appointments/${one.id}` })))) : h("p.quiet", {}, t("appointments.nothing")),
    past.length ? h("section", {}, h("h2", {}, t("appointments.past")), h("ul.list", {}, past.map((one) => rowLink(`/appointments/${one.id}`, servicesOf(one), { under: `${dayAndTime(one.start)} · ${one.office.name}`, side: stateChip(one) })))) : null);
}
