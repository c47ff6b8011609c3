// Forms to fill in, those that have been begun, and what became of those that were handed in.
import { forms } from "../core/city.js";
import { add, fill, h, icon } from "../core/dom.js";
import { onInbox } from "../core/behind.js";
import { beginDraft, isBegun, onOutbox, placeOf } from "../core/outbox.js";
import { doing, empty, rowLink, skeleton, staleNote, trouble } from "../core/parts.js";
import { keep } from "../core/reads.js";
import { go } from "../core/router.js";
import { hasSession } from "../core/session.js";
import { all } from "../core/store.js";
import { inUse, ownTime, t } from "../core/texts.js";
import { caseChip } from "./casestates.js";

const MARKS = { bewohnerparkausweis: "car", maengelmeldung: "warn", "wohnsitz-anmelden": "home" };

export async function show({ root, signal }) {
  const begun = h("div"), cases = h("div"), offered = h("section", {}, skeleton(3));
  add(root, begun, cases, offered);
  onOutbox(() => { drawBegun(begun).catch(() => {}); if (!signal.aborted) drawCases(cases, signal).catch(() => {}); }, signal);
  onInbox((kind, data) => { if (kind === "notice" && data.subject.kind === "case") drawCases(cases, signal).catch(() => {}); }, signal);
  await Promise.all([drawBegun(begun), drawCases(cases, signal).catch(() => {}), drawOffered(offered)]);
}

async function drawBegun(place) {
  const found = (await all("drafts")).filter((one) => isBegun(one) && (one.at > 0 || one.wantsSubmit)).sort((a, b) => b.at - a.at);
  fill(place, found.length ? [h("h2", {}, t("forms.begun")), h("ul.list", {}, found.map((one) => rowLink(placeOf(one), one.title, { under: t(one.wantsSubmit ? "home.draft.sending" : one.revision ? "forms.saved" : "forms.here", { time: ownTime(one.at) }), mark: one.wantsSubmit ? "cloud" : "papers", tone: "wait" })))] : []);
}

async function drawCases(place, signal) {
  if (!(await hasSession())) return;
  await keep("/v1/cases?limit=50", (page, about) => {
    fill(place, page.items.length ? [h("h2", {}, t("forms.cases")), staleNote(about), h("ul.list", {}, page.items.map((one) => rowLink(`/cases/${one.id}`, one.title, { under: [h("span.reference", {}, one.reference), caseChip(one)], mark: "papers" })))] : []);
  }, { signal });
}

async function drawOffered(place) {
  try {
    const found = await forms();
    fill(place, h("h2", {}, t("forms.offered")), found.length ? h("ul.list", {}, found.map(offer)) : empty("papers", t("forms.none"), t("forms.none.text")));
  } catch (error) { fill(place, trouble(error)); }
}

function offer(one) {
  const row = h("button.rowlink.tall", { type: "button" }, h("span.disc", {}, icon(MARKS[one.slug] ?? "papers")), h("span.words", {}, h("span.title", {}, one.title), h("span.under", {}, one.description)), icon("next"));
  row.addEventListener("click", doing(row, async () => go(`/drafts/${(await beginDraft(one, one.title, inUse())).id}`)));
  return h("li", {}, row);
}
