// A form that was handed in: how it stands, what was said, what the office asks for.
import { command } from "../core/api.js";
import { fill, h, icon } from "../core/dom.js";
import { open } from "../core/http.js";
import { listen } from "../core/live.js";
import { button, confirm, doing, say, skeleton, staleNote, toast } from "../core/parts.js";
import { keep, known } from "../core/reads.js";
import { authorized } from "../core/session.js";
import { longDate, size, t, time } from "../core/texts.js";
import { drawAsked } from "./caseanswer.js";
import { caseChip, toneOf } from "./casestates.js";

export async function show({ root, head, beside, params, signal }) {
  const path = `/v1/cases/${params.case}`, body = h("div.stack.loose", {}, skeleton(3));
  const live = h("span.live", { data: { state: "lost" } }, h("i"), h("span", {}, t("live.lost")));
  fill(beside, live);
  fill(root, body);
  let before, asked = { version: null, box: null };
  /** The questions stay as they are while somebody writes, whatever else happens to the case. */
  async function asking(one) {
    if (!one.request) { asked = { version: null, box: null }; return null; }
    if (asked.version !== one.version) asked = { version: one.version, box: drawAsked(one, reload, signal) };
    return asked.box;
  }
  let latest = 0, turn = 0;
  const draw = async (one, about) => {
    // What is kept and what is fresh, and answers that overtake each other: the newest is what stays on the screen.
    if (one.version < latest) return;
    latest = one.version;
    const mine = (turn += 1);
    head.textContent = one.title;
    const events = await known(`${path}/events`, { anyone: false, signal }).then((page) => page?.items ?? []).catch(() => []);
    const questions = await asking(one);
    if (signal.aborted || mine !== turn) return;
    if (before && before !== one.state) say(t(`case.told.${one.state}`));
    before = one.state;
    drawBody(body, one, events, about, reload, questions);
  };
  const reload = () => keep(path, draw, { signal });
  await reload();
  listen(`${path}/events`, () => { reload().catch(() => {}); }, (how) => { live.dataset.state = how; live.lastChild.textContent = t(`live.${how}`); }, signal);
}

function drawBody(place, one, events, about, reload, asking) {
  const [tone, mark] = toneOf(one.state);
  fill(place, staleNote(about),
    h(`div.told.${tone === "civic" ? "call" : tone}`, { id: "state", role: "status" }, h("span.stamp", {}, icon(mark)), h("div", {}, h("strong", {}, t(`case.told.${one.state}`)), one.decision?.reason ? h("p", {}, one.decision.reason) : null)),
    asking,
    h("div.tworows.columns", {},
      h("div.stack", {}, h("section.card", {}, h("h2", {}, t("case.course")), h("ol.course", {}, events.map((event) => h("li", {}, h("b", {}, t(`case.event.${event.toState}`)), h("span.under", {}, `${longDate(event.at)}, ${time(event.at)}`))))),
        h("div.row", {}, pdf(one), one.actions.includes("withdraw") ? button(t("case.withdraw"), () => withdraw(one, reload), { kind: "quietbad" }) : null)),
      h("section.card.stack", {}, h("h2", {}, t("case.said")), h("p", {}, h("span.reference", {}, one.reference), " ", caseChip(one)),
        one.shown.map((block) => [block.heading ? h("h3", {}, block.heading) : null, h("dl.said", {}, block.lines.map((line) => h("div", {}, h("dt", {}, line.label), h("dd", {}, line.value))))]),
        one.documents.length ? h("ul.files", {}, one.documents.map((file) => h("li", {}, h("span.disc", {}, icon("file")), h("span.words", {}, h("span.title", {}, file.name), h("span.under", {}, size(file.size)))))) : null)));
}

function pdf(one) {
  const get = h("button", { type: "button" }, icon("file"), h("span", {}, t("case.receipt")));
  get.addEventListener("click", doing(get, async () => {
    try {
      const answer = await authorized("GET", one.receipt, { headers: { Accept: "application/pdf" } });
      if (!answer.ok) await open(answer);
      const url = URL.createObjectURL(await answer.blob());
      h("a", { href: url, download: `${one.reference}.pdf` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch { toast(t("problem.offline.title"), { mark: "offline" }); }
  }));
  return get;
}

function withdraw(one, reload) {
  confirm(t("case.withdraw"), h("p", {}, t("case.withdraw.text")), { yes: t("case.withdraw.yes"), danger: true, act: async () => {
    await command(`withdraw ${one.id}`, `/v1/cases/${one.id}/withdraw`, {});
    await reload();
  } });
}
