// Books what is held: who comes, how to reach them, and one tap that happens once.
import { command, erase, read } from "../core/api.js";
import { expected } from "../core/behind.js";
import { service } from "../core/city.js";
import { countdown } from "../core/countdown.js";
import { fill, h, icon } from "../core/dom.js";
import { button, confirm, doing, empty, field, link, notice, say, skeleton, toast, trouble } from "../core/parts.js";
import { NoAnswer, Problem } from "../core/problem.js";
import { keepAs } from "../core/reads.js";
import { goInstead } from "../core/router.js";
import { get, put, remove } from "../core/store.js";
import { t } from "../core/texts.js";
import { ticket } from "./tickets.js";

export async function show({ root, params, signal }) {
  fill(root, skeleton(2, "tall"));
  const pending = await get("commands", `book ${params.hold}`);
  const hold = (await get("kept", `hold ${params.hold}`)) ?? (await find(params.hold));
  if (signal.aborted) return;
  if (pending && (await bookedAlready(params.hold))) return;
  if (!hold) { over(root); return; }
  const known = pending ? JSON.parse(pending.text) : { person: { name: "" }, contact: {}, note: "", ...(await get("kept", "me")) };
  draw(root, hold, known, pending, signal);
}

async function find(id) {
  try { return await read(`/v1/holds/${id}`); } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}

/** An appointment has its hold's id: whether a booking whose answer was lost went through is one question. */
async function bookedAlready(id) {
  try {
    await done(id, await read(`/v1/appointments/${id}`));
    return true;
  } catch (error) { if (error instanceof Problem || error instanceof NoAnswer) return false; throw error; }
}

async function done(id, appointment) {
  expected(id);
  await keepAs(`/v1/appointments/${id}`, appointment);
  await Promise.all([remove("commands", `book ${id}`), remove("kept", `hold ${id}`)]);
  goInstead(`/appointments/${id}?new=1`);
}

function over(root) {
  fill(root, empty("clock", t("book.over"), t("book.over.text"), link(t("book.again"), "/find", { kind: "primary" })));
}

function draw(root, hold, known, pending, signal) {
  const name = field(t("book.name"), h("input", { name: "name", autocomplete: "name", required: true, maxlength: "200", value: known.person.name }), { hint: t("book.name.hint") });
  const born = field(t("book.born"), h("input", { name: "bday", type: "date", autocomplete: "bday", value: known.person.dateOfBirth ?? "" }), { optional: true });
  const email = field(t("book.email"), h("input", { name: "email", type: "email", autocomplete: "email", inputmode: "email", maxlength: "254", value: known.contact.email ?? "" }), { optional: true, hint: t("book.email.hint") });
  const phone = field(t("book.phone"), h("input", { name: "tel", type: "tel", autocomplete: "tel", maxlength: "40", value: known.contact.phone ?? "" }), { optional: true });
  const note = field(t("book.note"), h("textarea", { name: "note", rows: 3, maxlength: "2000" }, known.note ?? ""), { optional: true });
  const at = { "/person/name": name, "/person/dateOfBirth": born, "/contact/email": email, "/contact/phone": phone, "/note": note };
  const said = h("div"), submit = h("button.primary.wide", { type: "submit" }, h("span", {}, t(hold.confirmation === "clerk" ? "book.request" : "book.now")));
  const body = () => ({
    hold: hold.id,
    person: { name: name.input.value.trim(), ...(born.input.value ? { dateOfBirth: born.input.value } : {}) },
    contact: { ...(email.input.value.trim() ? { email: email.input.value.trim() } : {}), ...(phone.input.value.trim() ? { phone: phone.input.value.trim() } : {}) },
    note: note.input.value.trim(),
  });
  const send = doing(submit, async () => {
    for (const one of Object.values(at)) one.complain("");
    if (!name.input.value.trim()) { name.complain(t("book.name.missing")); name.input.focus(); return; }
    fill(said);
    expected(hold.id);
    const wish = body();
    await put("kept", "me", { person: wish.person, contact: wish.contact });
    try {
      const booked = await command(`book ${hold.id}`, "/v1/appointments", wish, { signal, tries: 40, onRetry: (error, attempt) => { if (attempt === 1) { fill(said, trying()); say(t("book.trying")); } } });
      await done(hold.id, booked);
    } catch (error) { await refused(error, hold, said, at, root, signal); }
  });
  const form = h("form.stack.card", { novalidate: true, onsubmit: send }, h("h2", {}, t("book.who")), name.box, born.box, email.box, phone.box, note.box, said, submit,
    h("p.small.quiet", {}, t("book.privacy")));
  fill(root, h("div.tworows.columns.booking", {},
    h("div.stack.held", {}, countdown(hold.expiresAt, { label: t("book.held"), signal, say, over: () => { if (submit.ariaDisabled !== "true") { over(root); remove("kept", `hold ${hold.id}`); } } }),
      ticket(hold, { chip: false })),
    h("div.stack.who", {}, pending ? notice("clock", t("book.pending"), h("p", {}, t("book.pending.text"))) : null, form),
    h("div.stack.further", {}, bring(hold), button(t("book.release"), () => letGo(hold), { kind: "plain.letgo" }))));
}

const trying = () => h("div.notice.wait", { role: "status" }, icon("offline"), h("div", {}, h("strong", {}, t("book.trying")), h("p", {}, t("book.trying.text"))));

function bring(hold) {
  const place = h("div");
  Promise.all(hold.services.map((one) => service(one.service))).then((found) => {
    const papers = [...new Set(found.flatMap((one) => one?.documents ?? []))];
    if (papers.length) fill(place, h("section.card", {}, h("h2", {}, t("service.bring")), h("ul.bring", {}, papers.map((one) => h("li", {}, icon("check"), h("span", {}, one))))));
  }).catch(() => {});
  return place;
}

async function refused(error, hold, said, at, root, signal) {
  if (signal.aborted) return;
  if (error instanceof Problem && error.code === "hold-booked") { await done(hold.id, await read(`/v1/appointments/${error.appointment ?? hold.id}`)); return; }
  if (error instanceof Problem && (error.code === "hold-expired" || error.code === "hold-not-found")) { over(root); return; }
  const unplaced = (error.errors ?? []).filter((one) => { at[one.pointer]?.complain(one.detail); return !at[one.pointer]; });
  const first = (error.errors ?? []).map((one) => at[one.pointer]).find(Boolean);
  fill(said, trouble(error, ...(error.code === "appointment-limit" ? [link(t("tab.appointments"), "/appointments")] : [])), unplaced.map((one) => h("p.wrong", {}, one.detail)));
  first?.input.focus();
}

function letGo(hold) {
  confirm(t("book.release"), t("book.release.text"), { yes: t("book.release.yes"), act: async () => {
    await erase(`/v1/holds/${hold.id}`).catch((error) => { if (!(error instanceof Problem) || error.status !== 404) throw error; });
    await remove("kept", `hold ${hold.id}`);
    toast(t("book.released"));
    goInstead("/find");
  } });
}
