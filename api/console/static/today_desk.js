// Somebody stands at the desk or is on the telephone: finding their appointment, or booking one.
import { Problem, commandKey, post } from "./api.js";
import { data, h, instantOf, longDate, openDialog, t, time, toast } from "./shell.js";
import { changed, day, localDate, take } from "./today_state.js";

export const desk = { found: () => {} };

/** By a reference, however it is written, or by the text of a pass. Answers whether it was one. */
export async function lookUp(text) {
  const shown = text.trim();
  if (!shown) return true;
  const body = shown.split(".").length === 3 ? { pass: shown } : { reference: shown };
  try {
    const { body: { appointment, pass } } = await post("/v1/clerk/appointments/lookup", body);
    if (pass && !pass.current) toast(t("find.outdated"), { seconds: 8 });
    if (appointment.office.id !== day.office.id) { toast(t("find.other_office", { office: appointment.office.name }), { bad: true, seconds: 10 }); return true; }
    const date = localDate(appointment.start);
    if (date !== day.date) toast(t("find.other_day", { date: `${longDate(date)}, ${time(appointment.start, day.zone)}` }), { bad: date !== day.today, seconds: 10 });
    if (take(appointment)) changed([appointment.id]);
    desk.found(appointment);
    return true;
  } catch (problem) {
    toast(problem instanceof Problem ? problem.errors?.[0]?.detail ?? problem.title : t("error.network"), { bad: true });
    return false;
  }
}

/** Says which field is wrong, and with what; answers the words. */
function pointAt(problem, fields) {
  for (const one of Object.values(fields)) one.removeAttribute("aria-invalid");
  if (!(problem instanceof Problem)) return t("error.network");
  const [wrong] = problem.errors ?? [];
  if (!wrong) return problem.title;
  const field = fields[wrong.pointer];
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
  const name = field && (field.getAttribute("aria-label") ?? field.labels[0]?.firstChild.textContent);
  return name ? `${name}: ${wrong.detail}` : wrong.detail;
}

/** A booking: `walk_in` for somebody who stands here, `phone` for a caller. */
export function book(channel) {
  openDialog(t(`book.${channel}`), (close) => {
    const name = h("input", { name: "name", required: true, maxLength: 200, autocomplete: "off", autofocus: true });
    const persons = h("input", { type: "number", name: "persons", min: 1, max: 20, value: "1", inputMode: "numeric" });
    const service = h("select", { name: "service", required: true, onchange: () => { persons.max = String(chosen().maxPersons); } },
      data.services.map((one) => h("option", { value: one.id }, `${one.name} (${t("minutes", { n: one.minutes })})`)));
    const chosen = () => data.services.find((one) => one.id === service.value);
    const phone = h("input", { type: "tel", name: "phone", maxLength: 40, autocomplete: "off" });
    const mail = h("input", { type: "email", name: "email", maxLength: 254, autocomplete: "off" });
    const note = h("input", { name: "note", maxLength: 500, autocomplete: "off" });
    const at = h("input", { type: "datetime-local", name: "at", step: 300, value: `${day.date}T09:00`, disabled: day.date === day.today, aria: { label: t("book.when") } });
    const next = h("input", { type: "radio", name: "when", checked: day.date === day.today, onchange: () => { at.disabled = true; } });
    const exact = h("input", { type: "radio", name: "when", checked: day.date !== day.today, onchange: () => { at.disabled = false; at.focus(); } });
    const fault = h("div", { role: "alert" });
    const go = h("button.primary", { type: "submit" }, t("book.go"));
    const key = commandKey();
    async function send(start) {
      go.disabled = true;
      fault.replaceChildren();
      const body = { office: day.office.id, channel, services: [{ service: service.value, persons: Number(persons.value) || 1 }], person: { name: name.value.trim() },
        contact: { phone: phone.value.trim() || null, email: mail.value.trim() || null }, note: note.value.trim(), ...(start ? { start } : {}) };
      try {
        const { body: booked } = await post("/v1/clerk/appointments", body, { key: key.of(body) });
        close();
        take(booked);
        changed([booked.id]);
        toast(t("done.booked", { name: booked.person.name, time: `${localDate(booked.start) === day.date ? "" : `${longDate(localDate(booked.start))}, `}${time(booked.start, day.zone)}`, counter: booked.counter.name }), { seconds: 8 });
        desk.found(booked);
      } catch (problem) {
        key.answered(problem);
        go.disabled = false;
        const near = problem.alternatives ?? [];
        fault.replaceChildren(h("p.problem", {}, pointAt(problem, { "/person/name": name, "/services/0/persons": persons, "/contact/phone": phone, "/contact/email": mail, "/note": note, "/start": at })),
          near.length ? h("div.near", {}, h("p", {}, t("book.taken")), h("div.buttons", {}, near.map((one) => h("button", { type: "button", onclick: () => send(one.start) }, `${longDate(localDate(one.start), { weekday: "short", day: "numeric", month: "numeric" })} ${time(one.start, day.zone)}`)))) : "");
      }
    }
    return h("form", { onsubmit: (event) => {
      event.preventDefault();
      if (!name.value.trim()) { name.setAttribute("aria-invalid", "true"); name.focus(); return; }
      if (exact.checked && !at.value) { at.setAttribute("aria-invalid", "true"); at.focus(); return; }
      send(exact.checked ? instantOf(at.value, day.zone) : null);
    }, noValidate: true },
      h("label.field", {}, t("book.name"), name),
      h("div.service-row", {}, h("label.field", {}, t("book.service"), service), h("label.field", {}, t("book.persons"), persons)),
      h("div.pair", {}, h("label.field", {}, t("book.tel"), phone), h("label.field", {}, t("book.mail"), mail)),
      h("label.field", {}, t("book.note"), note),
      h("fieldset", {}, h("legend", {}, t("book.when")), h("label.check", {}, next, t("book.next")), h("div.exact", {}, h("label.check", {}, exact, t("book.at")), at)),
      fault, h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), go));
  });
}
