// A place that is held for this person alone: take it, or let it go, before the time is over.
import { command, read } from "../core/api.js";
import { expected } from "../core/behind.js";
import { countdown } from "../core/countdown.js";
import { fill, h } from "../core/dom.js";
import { confirm, doing, empty, field, link, notice, say, skeleton, toast, trouble } from "../core/parts.js";
import { Problem } from "../core/problem.js";
import { keepAs } from "../core/reads.js";
import { goInstead } from "../core/router.js";
import { get } from "../core/store.js";
import { t } from "../core/texts.js";
import { ticket } from "./tickets.js";

export async function show({ root, params, signal }) {
  fill(root, skeleton(1, "tall"));
  let one;
  try { one = await read(`/v1/waiting-list/offers/${params.offer}`, { signal }); } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
  }
  if (one?.state === "accepted" && one.appointment) { goInstead(`/appointments/${one.appointment}`); return; }
  if (one?.state !== "open") { over(root); return; }
  draw(root, one, (await get("kept", "me")) ?? { person: { name: "" }, contact: {} }, signal);
}

const over = (root) => fill(root, empty("clock", t("offer.over"), t("offer.over.text"), link(t("tab.appointments"), "/appointments", { kind: "primary" })));

function draw(root, one, known, signal) {
  const name = field(t("book.name"), h("input", { name: "name", autocomplete: "name", maxlength: "200", value: known.person.name }), { hint: t("book.name.hint") });
  const email = field(t("book.email"), h("input", { name: "email", type: "email", autocomplete: "email", maxlength: "254", value: known.contact.email ?? "" }), { optional: true, hint: t("book.email.hint") });
  const said = h("div"), take = h("button.primary.wide", { type: "submit" }, h("span", {}, t("offer.take")));
  const accept = doing(take, async () => {
    name.complain("");
    email.complain("");
    if (!one.replaces && !name.input.value.trim()) { name.complain(t("book.name.missing")); name.input.focus(); return; }
    const wish = one.replaces ? {} : { person: { name: name.input.value.trim() }, contact: email.input.value.trim() ? { email: email.input.value.trim() } : {} };
    expected(one.id);
    try {
      const booked = await command(`accept ${one.id}`, `/v1/waiting-list/offers/${one.id}/accept`, wish, { signal, tries: 20 });
      expected(booked.id);
      await keepAs(`/v1/appointments/${booked.id}`, booked);
      goInstead(`/appointments/${booked.id}?new=1`);
    } catch (error) {
      if (error.code === "offer-over") { over(root); return; }
      for (const wrong of error.errors ?? []) ({ "/person/name": name, "/contact/email": email })[wrong.pointer]?.complain(wrong.detail);
      fill(said, trouble(error));
    }
  });
  const decline = () => confirm(t("offer.decline"), h("p", {}, t("offer.decline.text")), { yes: t("offer.decline.yes"), act: async () => {
    await command(`decline ${one.id}`, `/v1/waiting-list/offers/${one.id}/decline`);
    toast(t("offer.declined"));
    goInstead("/appointments");
  } });
  fill(root, h("div.tworows.columns", {},
    h("div.stack", {}, countdown(one.until, { label: t("offer.until"), signal, say, over: () => { if (take.ariaDisabled !== "true") over(root); } }), ticket(one, { chip: false }),
      one.replaces ? notice("move", t("offer.replaces"), h("p", {}, t("offer.replaces.text"))) : null),
    h("form.stack", { novalidate: true, onsubmit: accept }, one.replaces ? null : h("div.card.stack", {}, name.box, email.box), said, take,
      h("button.wide", { type: "button", onclick: decline }, h("span", {}, t("offer.decline"))))));
}
