// The two questions before something is sent to the person: what else is needed, and how it is decided.
import { read } from "./api.js";
import { sendPaper } from "./cases_paper.js";
import { data, h, instantOf, language, openDialog, t } from "./shell.js";

/** `send(body)` answers whether the dialog may close; what it throws is said beside the field. */
function dialog(title, inside, collect, send, button) {
  openDialog(title, (close) => {
    const fault = h("p.problem", { hidden: true, role: "alert" });
    const go = h(`button.${button.bad ? "danger" : "primary"}`, { type: "submit" }, button.text);
    const say = (text, field) => { fault.hidden = false; fault.textContent = text; field?.setAttribute("aria-invalid", "true"); field?.focus(); };
    return h("form", { noValidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const body = collect(say);
      if (!body) return;
      go.disabled = true;
      try { if (await send(body)) close(); } catch (problem) { say(problem.errors?.[0]?.detail ?? problem.title ?? t("error.network")); } finally { go.disabled = false; }
    } }, ...inside, fault, h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), go));
  }, { wide: true });
}

/** Answers are opened again: the ones that are there, and questions that nobody has answered yet. */
export function askForMore(one, send) {
  const message = h("textarea", { rows: 3, maxLength: 2000, required: true, autofocus: true, name: "message" });
  const soon = new Date(Date.now() + 14 * 86400000).toISOString().slice(0, 10);
  const due = h("input", { type: "date", value: soon, min: new Date().toISOString().slice(0, 10), required: true, name: "due" });
  const box = (pointer, label) => h("label.check", {}, h("input", { type: "checkbox", name: "fields", value: pointer }), label);
  const fields = h("div.choices", { tabIndex: 0, role: "group", aria: { label: t("cases.ask.fields") } },
    one.shown.map((block) => h("fieldset", {}, h("legend", {}, block.heading || one.title), block.lines.map((line) => box(line.pointer, line.label)))));
  unanswered(one).then((others) => { if (others.length) fields.append(h("fieldset", {}, h("legend", {}, t("cases.ask.others")), others.map(([pointer, label]) => box(pointer, label)))); });
  const collect = (say) => {
    const chosen = [...fields.querySelectorAll("input:checked")].map((input) => input.value);
    if (!message.value.trim()) return say(t("cases.ask.no_message"), message);
    if (!chosen.length) return say(t("cases.ask.no_fields"), fields.querySelector("input"));
    if (!due.value) return say(t("cases.ask.no_due"), due);
    return { message: message.value.trim(), fields: chosen, due: instantOf(`${due.value}T23:59`, data.zone) };
  };
  dialog(t("cases.action.request-info"), [h("label.field", {}, t("cases.ask.message"), message), h("p.legend", { aria: { hidden: "true" } }, t("cases.ask.fields")), fields, h("label.field.short", {}, t("cases.ask.due"), due)], collect, send, { text: t("cases.ask.go") });
}

/** Questions of the form that have no answer: pointer and words. */
async function unanswered(one) {
  const { body: { ui, texts } } = await read(`/v1/forms/${one.form}/versions/${one.formVersion}`);
  const answered = new Set(one.shown.flatMap((block) => block.lines).map((line) => line.pointer));
  const found = [];
  (function walk(element) {
    if (element.type === "Control") {
      const names = element.scope.split("/properties/").slice(1);
      const pointer = `/${names.join("/")}`;
      const label = (texts[language] ?? texts.de)[`${names.join(".")}.label`];
      if (label && ![...answered].some((other) => other === pointer || other.startsWith(`${pointer}/`))) found.push([pointer, label]);
    }
    for (const inner of element.elements ?? []) walk(inner);
  })(ui);
  return found;
}

/** A decision, or what one of two would decide. */
export function askDecision(one, action, send) {
  const reject = action === "reject";
  const outcome = reject ? "rejected" : "approved";
  const alone = one.fourEyes && one.proposal?.outcome !== outcome;
  const reason = h("textarea", { rows: 4, maxLength: 2000, required: reject, autofocus: true, name: "reason" });
  if (!alone && one.proposal?.reason) reason.value = one.proposal.reason;
  const paper = h("input", { type: "file", accept: "application/pdf", name: "paper" });
  const progress = h("p.quiet", { role: "status" });
  const collect = (say) => {
    if (reject && !reason.value.trim()) return say(t("reason.needed"), reason);
    return reject ? { reason: reason.value.trim() } : { reason: reason.value.trim() || null };
  };
  // Who agrees to a proposal agrees to its document; another one would be another proposal.
  const withPaper = async (body) => {
    const document = paper.files[0] ? await sendPaper(one, paper.files[0], (text) => { progress.textContent = text; }).finally(() => { progress.textContent = ""; }) : null;
    return send({ ...body, document });
  };
  const text = t(alone ? `cases.propose.${action}` : `cases.action.${action}`);
  dialog(text, [h("p", {}, `${one.title}, `, h("span.number", {}, one.reference)), alone ? h("p.quiet", {}, t("cases.four_eyes")) : null,
    h("label.field", {}, t(reject ? "reason.label" : "cases.remark"), reason), alone || !one.fourEyes ? h("label.field", {}, t("cases.paper.choose"), paper) : null, progress].filter(Boolean), collect, withPaper, { text, bad: reject });
}
