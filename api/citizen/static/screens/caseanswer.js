// What an office asks about a case: the same fields as in the form, photos too, answered offline if it has to be.
import { fill, h, icon } from "../core/dom.js";
import { understand } from "../core/formlogic.js";
import { beginAnswer, findDraft, isUnchanged, nudge, onOutbox, wantSubmit } from "../core/outbox.js";
import { confirm, notice, toast } from "../core/parts.js";
import { known } from "../core/reads.js";
import { inUse, longDate, t } from "../core/texts.js";
import { drawQuestions } from "./formfields.js";

/** The request and its fields. `done()` once the answer is with the office. */
export async function drawAsked(one, done, signal) {
  const version = await known(`/v1/forms/${one.form}/versions/${one.formVersion}`);
  const form = { ...understand(version), texts: version.texts[inUse()] ?? version.texts.de };
  let draft = await beginAnswer(one);
  const wanted = form.controls.filter((control) => one.request.fields.some((pointer) => `${pointer}/`.startsWith(`/${control.path.join("/")}/`)));
  const element = { type: "VerticalLayout", elements: wanted.map((control) => control.element) };
  const refresh = async () => { draft = (await findDraft(one.id)) ?? draft; };
  const faults = () => new Map((draft.faults ?? []).map((wrong) => [wrong.pointer, wrong.detail]));
  const said = h("div"), send = h("button.primary.wide", { type: "submit" }, h("span", {}, t("case.answer"))), place = h("div");
  const away = () => wantSubmit(one.id).then(nudge);
  // The office gets its form back as it was: that is an answer, if it is meant.
  const answer = () => (isUnchanged(draft) ? confirm(t("case.same"), h("p", {}, t("case.same.text")), { yes: t("case.same.yes"), act: away }) : away());
  const draw = () => {
    const asked = drawQuestions({ draft: one.id, element, form, answers: () => draft.answers, faults, changed: refresh, signal });
    fill(place, h("form.card.stack", { novalidate: true, onsubmit: (event) => { event.preventDefault(); asked.settled().then(answer); } },
      h("h2", {}, t("case.asked")), h("p", {}, one.request.message), notice("clock", t("case.due", { day: longDate(one.request.due) })), asked.box, said, send));
  };
  onOutbox(async (id, what) => {
    if (id !== one.id || what.file) return;
    if (what.case) { toast(t("case.answered")); done(); return; }
    const before = draft;
    await refresh();
    if (draft.wantsSubmit) fill(said, h("div.notice.wait", { role: "status" }, icon("cloud"), h("strong", {}, t(navigator.onLine ? "form.sending" : "form.later"))));
    else if (before.wantsSubmit) { draw(); fill(said, draft.problem ? h("div.notice.bad", { role: "alert" }, icon("warn"), h("strong", {}, draft.problem === "files" ? t("form.files") : draft.problem)) : []); }
  }, signal);
  draw();
  return place;
}
