// The open case: what can be done now, what is asked and proposed, its answers in words, notes and history.
import { Problem, commandKey, post } from "./api.js";
import { act, perform } from "./cases_actions.js";
import { preview } from "./cases_papers.js";
import { ICON, LOOK, ago, brought, cases, dayOf, moment, nameOf, take } from "./cases_state.js";
import { unsaved } from "./live.js";
import { data, h, icon, t, toast } from "./shell.js";

const place = document.getElementById("case");
/** The letter of each action. */
export const LETTERS = { take: "T", assign: "W", "request-info": "F", approve: "G", reject: "R" };

/** What of the API's actions is offered: to take is to assign to oneself, and nobody agrees to their own proposal. */
export function offered(one) {
  const mine = one.proposal?.by.id === data.me ? { approved: "approve", rejected: "reject" }[one.proposal.outcome] : null;
  return ["take", ...one.actions].filter((action) => (action === "take" ? one.actions.includes("assign") && one.assignee?.id !== data.me : action !== mine));
}

/** The note that is being written stays when everything around it is drawn anew, and waits for its case while one looks
 *  at others. */
const begun = new Map();
export const noteField = h("textarea", { oninput: () => begun.set(drawnId, noteField.value), rows: 2, maxLength: 4000, name: "note", aria: { label: t("cases.note.label") }, onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) noteForm.requestSubmit(); } });
const noteKey = commandKey();
const hasNotes = () => [...begun.values()].some((text) => text.trim());
unsaved.push(hasNotes);
addEventListener("beforeunload", (event) => { if (hasNotes()) event.preventDefault(); });
const noteButton = h("button.small", { type: "submit" }, t("cases.note.add"));
const noteForm = h("form.note-form", { onsubmit: async (event) => {
  event.preventDefault();
  const text = noteField.value.trim(), id = cases.open?.id;
  if (noteButton.disabled) return;
  if (!text || !id) { noteField.focus(); return; }
  noteButton.disabled = true;
  try {
    const { body } = await post(`/v1/clerk/cases/${id}/notes`, { text }, { key: noteKey.of([id, text]) });
    noteKey.answered();
    if (begun.get(id)?.trim() === text) begun.delete(id);
    if (cases.open?.id === id) noteField.value = begun.get(id) ?? "";
    take(body);
  } catch (problem) { noteKey.answered(problem); toast(problem instanceof Problem ? problem.errors?.[0]?.detail ?? problem.title : t("error.network"), { bad: true }); } finally { noteButton.disabled = false; }
} }, noteField, noteButton);

let drawnId = null;
export function drawCase() {
  const one = cases.open;
  if (!one) {
    drawnId = null;
    place.replaceChildren(h("p.empty", {}, cases.openId ? t("cases.loading") : t("cases.choose")));
    return;
  }
  const held = place.contains(document.activeElement) && document.activeElement !== place ? document.activeElement.dataset.action : null;
  const writing = document.activeElement === noteField;
  const scroll = drawnId === one.id ? place.scrollTop : 0;
  if (drawnId !== one.id) noteField.value = begun.get(one.id) ?? "";
  place.replaceChildren(head(one), acts(one), ...banners(one), ...answers(one), ...vouched(one), notes(one), story(one));
  drawnId = one.id;
  place.scrollTop = scroll;
  if (writing) noteField.focus();
  else if (held) (place.querySelector(`[data-action="${held}"]`) ?? place.querySelector(".acts button") ?? place).focus({ preventScroll: true });
}

function head(one) {
  return h("header.case-head", {},
    h("button.icon.back", { type: "button", data: { action: "back" }, aria: { label: t("cases.back") }, title: t("cases.back"), onclick: () => place.dispatchEvent(new Event("close-case")) }, icon("left")),
    h("div.grow", {}, h("h2", {}, one.title),
      h("p.quiet", {}, h("span.number", {}, one.reference), ` · ${t("cases.came", { when: moment(one.submittedAt) })} · ${t("cases.assigned", { who: nameOf(one.assignee) })}`)),
    h(`span.state.${LOOK[one.state]}`, {}, icon(ICON[one.state]), t(`cases.state.${one.state}`)));
}

function acts(one) {
  const can = offered(one);
  const first = one.assignee === null ? "take" : one.proposal && one.proposal.by.id !== data.me ? { approved: "approve", rejected: "reject" }[one.proposal.outcome] : null;
  return h("div.acts", { role: "group", aria: { label: t("cases.actions") } }, can.map((action) => h(`button${action === first ? ".primary" : action === "reject" ? ".danger" : ""}`, { type: "button", data: { action }, onclick: () => perform(cases.open, action) },
    t(`cases.action.${action}`), h("kbd", { aria: { hidden: "true" } }, LETTERS[action]))));
}

function banners(one) {
  const found = [];
  if (one.request) found.push(h("div.banner.parked", {}, h("b", {}, t("cases.request", { when: dayOf(one.request.due), ago: ago(one.request.due) })), h("p", {}, one.request.message),
    h("p.quiet", {}, one.request.fields.map((field) => labelOf(one, field)).join(", "))));
  if (one.proposal) found.push(h("div.banner.requested", {}, h("b", {}, t(`cases.proposal.${one.proposal.outcome}`, { who: one.proposal.by.name, when: ago(one.proposal.at) })),
    one.proposal.reason ? h("p", {}, one.proposal.reason) : null, notice(one.proposal.document && { id: one.proposal.document, name: t("cases.paper"), mediaType: "application/pdf" }), h("p.quiet", {}, t(one.proposal.by.id === data.me ? "cases.proposal.mine" : "cases.proposal.theirs"))));
  else if (one.fourEyes && one.actions.includes("approve")) found.push(h("p.four-eyes.quiet", {}, icon("eye"), t("cases.four_eyes")));
  if (one.decision) found.push(h(`div.banner.${LOOK[one.state]}`, {}, h("b", {}, t(`cases.decision.${one.decision.outcome}`, { who: one.decidedBy.map((by) => by.name).join(", "), when: moment(one.decision.at) })), one.decision.reason ? h("p", {}, one.decision.reason) : null, notice(one.decision.document)));
  return found;
}

/** The document that goes with a decision, if there is one. */
const notice = (file) => (file ? h("button.link", { type: "button", data: { action: "notice" }, onclick: () => preview(0, [file]) }, icon("paper"), file.name) : null);
function labelOf(one, pointer) {
  return one.shown.flatMap((block) => block.lines).find((line) => line.pointer === pointer)?.label ?? pointer.slice(1).replaceAll("/", " · ");
}

function answers(one) {
  const fresh = brought(one).fields;
  if (!one.shown.length) return [h("p.empty", {}, t("cases.emptied"))];
  return one.shown.map((block) => h("section.block", {}, block.heading ? h("h3", {}, block.heading) : null, h("dl", {}, block.lines.map((line) => {
    const files = one.documents.flatMap((file, n) => (file.pointer === line.pointer || file.pointer.startsWith(`${line.pointer}/`) ? [[file, n]] : []));
    return h("div", {}, h("dt", {}, line.label, fresh.includes(line.pointer.split("/")[1]) ? h("span.fresh", {}, t("cases.fresh")) : null),
      h("dd", {}, files.length ? files.map(([file, n]) => h("button.link", { type: "button", data: { action: `file-${n}` }, onclick: () => preview(n) }, icon("paper"), file.name)) : line.value));
  }))));
}

function vouched(one) {
  if (!one.confirmations.length) return [];
  return [h("section.block", {}, h("h3", {}, t("cases.confirmations")), h("ul.rows", {}, one.confirmations.map((c) => h("li", {}, h(`span.state.${c.outcome === "confirmed" ? "checked_in" : "late"}`, {}, t(`cases.confirmation.${c.outcome}`)), h("span.grow", {}, c.name), h("span.quiet", {}, moment(c.at))))))];
}

function notes(one) {
  return h("section.block.notes", {}, h("h3", {}, t("cases.notes")),
    h("ul.rows", {}, one.notes.map((note) => h("li", {}, h("p", {}, note.text), h("span.quiet", {}, `${note.by.name}, ${moment(note.at)}`)))), noteForm);
}

function story(one) {
  return h("section.block.history", {}, h("h3", {}, t("cases.history")), h("ol.rows", {}, one.events.toReversed().map((event) => h("li", {},
    h("span.quiet", {}, moment(event.at)), h("span.grow", {}, t(`cases.event.${event.kind}`), event.reason && event.kind !== "info_requested" ? h("span.quiet", {}, `: ${event.reason}`) : null),
    h("span.quiet", {}, event.clerk?.name ?? t(`cases.by.${event.by}`))))));
}

act.focus = () => (place.querySelector(".acts button") ?? place).focus({ preventScroll: true });
