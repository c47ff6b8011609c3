// What an office asks about a case: the same fields as in the form, photos too, answered offline if it has to be. What somebody
// else has to confirm they confirm by a link, as at the first hand-in.
import { onInbox } from "../core/behind.js";
import { serverNow } from "../core/clock.js";
import { fill, h, icon } from "../core/dom.js";
import { meet, missing, strip, understand } from "../core/formlogic.js";
import { isOwed, isOwedAnew, isShown, lookAtLinks, owed } from "../core/links.js";
import { beginAnswer, findDraft, isUnchanged, nudge, onOutbox, wantSubmit } from "../core/outbox.js";
import { confirm, notice, say, toast } from "../core/parts.js";
import { known } from "../core/reads.js";
import { inUse, longDate, t } from "../core/texts.js";
import { drawConfirming } from "./confirming.js";
import { drawQuestions } from "./formfields.js";

/** The request and its fields. `done()` once the answer is with the office. */
export async function drawAsked(one, done, signal) {
  const version = await known(`/v1/forms/${one.form}/versions/${one.formVersion}`);
  const form = { ...understand(version), texts: version.texts[inUse()] ?? version.texts.de, confirmations: version.confirmations };
  let draft = await beginAnswer(one), asked = false, confirming = { look() {} };
  // A question may be part of what is asked about, or hold it: one row of several.
  const wanted = form.controls.filter(({ path }) => one.request.fields.some((pointer) => meet(pointer, `/${path.join("/")}`)));
  const element = { type: "VerticalLayout", elements: wanted.map((control) => control.element) };
  const kept = () => strip(form.controls, draft.answers), before = strip(form.controls, one.answers);
  const due = (rule, stripped) => isOwedAnew(rule, stripped, before);
  const fresh = form.confirmations.filter((rule) => !isOwed(rule, before));
  /** What the server would refuse: called for by these answers, not by those before, and confirmed by nobody. */
  const open = () => owed(fresh, draft, kept(), serverNow());
  const faults = () => {
    const wrong = new Map((draft.faults ?? []).map((fault) => [fault.pointer, fault.detail]));
    for (const pointer of asked ? open() : []) wrong.set(pointer, wrong.get(pointer) ?? null);
    return wrong;
  };
  const drawLinks = () => {
    if (asked && !open().length) { asked = false; fill(said); }
    confirming.look(draft, kept(), faults());
  };
  const refresh = async () => { draft = (await findDraft(one.id)) ?? draft; drawLinks(); };
  const said = h("div"), send = h("button.primary.wide", { type: "submit" }, h("span", {}, t("case.answer"))), place = h("div");
  const warn = (text) => { fill(said, notice("warn", text)); said.firstChild.classList.add("bad"); say(text); };
  const away = () => wantSubmit(one.id).then(nudge);

  /** Whether what is to be confirmed is there; else says so. */
  function mayAsk(rule) {
    const gaps = missing(form.controls, kept()).filter((pointer) => isShown(rule, pointer));
    if (gaps.length) warn(t("confirming.first", { n: gaps.length })); else fill(said);
    return !gaps.length;
  }

  function answer() {
    asked = open().length > 0;
    drawLinks();
    if (asked) { warn(t("form.incomplete", { n: open().length })); place.querySelector(".confirming.faulty button")?.focus(); return; }
    // The office gets its form back as it was: that is an answer, if it is meant.
    if (isUnchanged(draft)) confirm(t("case.same"), h("p", {}, t("case.same.text")), { yes: t("case.same.yes"), act: away }); else away();
  }

  function draw() {
    const questions = drawQuestions({ draft: one.id, element, form, answers: () => draft.answers, faults, changed: refresh, signal });
    confirming = drawConfirming({ form: { ...form, pages: [element] }, page: 0, draft: one.id, mayAsk, changed: refresh, due });
    fill(place, h("form.card.stack", { novalidate: true, onsubmit: (event) => { event.preventDefault(); questions.settled().then(refresh).then(answer); } },
      h("h2", {}, t("case.asked")), h("p", {}, one.request.message), notice("clock", t("case.due", { day: longDate(one.request.due) })), questions.box, confirming.box, said, send));
    drawLinks();
  }

  /** What others have said since; without a network, what is known. */
  async function look() {
    try { await lookAtLinks(draft, signal); } catch { return; }
    if (!signal.aborted) await refresh();
  }

  onOutbox(async (id, what) => {
    if (id !== one.id || what.file) return;
    if (what.case) { toast(t("case.answered")); done(); return; }
    const earlier = draft;
    await refresh();
    if (draft.wantsSubmit) fill(said, h("div.notice.wait", { role: "status" }, icon("cloud"), h("strong", {}, t(navigator.onLine ? "form.sending" : "form.later"))));
    else if (earlier.wantsSubmit) { draw(); fill(said, draft.problem ? h("div.notice.bad", { role: "alert" }, icon("warn"), h("strong", {}, draft.problem === "files" ? t("form.files") : draft.problem)) : []); }
  }, signal);
  addEventListener("offline", drawLinks, { signal });
  addEventListener("online", look, { signal });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); }, { signal });
  onInbox((kind, data) => { if (kind === "notice" && data.subject.kind === "draft" && data.subject.id === draft.proof?.id) look(); }, signal);
  draw();
  if (draft.proof) look();
  return place;
}
