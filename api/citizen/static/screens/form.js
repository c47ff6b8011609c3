// Fills in a form, page by page. Everything is on the device at once; the server gets it when it can.
import { onInbox } from "../core/behind.js";
import { serverNow } from "../core/clock.js";
import { fill, h, icon } from "../core/dom.js";
import { missing, pathOf, strip, understand, within } from "../core/formlogic.js";
import { isShown, lookAtLinks, owed, pageOfPointer, wantsLink } from "../core/links.js";
import { discard, filesOf, findDraft, nudge, onOutbox, takeBack, wantSubmit } from "../core/outbox.js";
import { button, confirm, empty, link, notice, say, skeleton, toast } from "../core/parts.js";
import { known } from "../core/reads.js";
import { goInstead } from "../core/router.js";
import { get } from "../core/store.js";
import { inUse, t } from "../core/texts.js";
import { drawConfirming } from "./confirming.js";
import { drawQuestions } from "./formfields.js";

const PATIENCE_MS = 5_000; // for what others have said, before a form is called unfinished

export async function show({ root, head, beside, params, signal }) {
  fill(root, skeleton(4));
  const id = params.draft;
  let draft = await findDraft(id);
  if (!draft) { await gone(root, id); return; }
  const version = await known(`/v1/forms/${draft.form}/versions/${draft.version}`);
  const form = { ...understand(version), texts: version.texts[inUse()] ?? version.texts.de, confirmations: version.confirmations };
  head.textContent = form.texts["form.title"];
  const saved = h("span.live", { role: "status" }), said = h("div"), body = h("div.stack.loose"), state = { page: draft.page ?? 0, asked: false, first: null };
  let confirming = { look() {} };
  fill(beside, saved);
  const many = form.pages.length > 1;
  const faults = () => {
    const wrong = new Map((draft.faults ?? []).map((one) => [one.pointer, one.detail]));
    const due = state.asked ? open() : state.first ? firstFor(state.first) : [];
    for (const pointer of due) wrong.set(pointer, wrong.get(pointer) ?? null);
    return wrong;
  };
  const kept = () => strip(form.controls, draft.answers);
  /** Pointers to everything that stands in the way of handing in, as far as this device knows. */
  const open = () => [...missing(form.controls, kept()), ...owed(form.confirmations, draft, kept(), serverNow())];
  /** What has to be answered before somebody else can confirm it. */
  const firstFor = (rule) => missing(form.controls, kept()).filter((pointer) => isShown(rule, pointer));

  function draw() {
    const page = form.pages[state.page], asked = drawQuestions({ draft: id, element: page, form, answers: () => draft.answers, faults, changed: refresh, signal });
    confirming = drawConfirming({ form, page: state.page, draft: id, mayAsk, changed: refresh });
    fill(body, state.page === 0 ? h("p.intro", {}, form.texts["form.description"]) : null,
      many ? steps(form, state.page, (n) => { state.page = n; draw(); focusTop(); }) : null,
      h("form.stack.loose", { novalidate: true, onsubmit: (event) => { event.preventDefault(); asked.settled().then(forward); } },
        asked.box, confirming.box, said,
        h("div.row.steps-row", {}, state.page > 0 ? button(t("form.before"), () => { state.page -= 1; draw(); focusTop(); }) : null,
          h("button.primary", { type: "submit" }, h("span", {}, t(state.page < form.pages.length - 1 ? "form.next" : "form.submit"))))),
      button(t("form.discard"), () => throwAway(id), { kind: "plain.letgo" }));
    drawLinks();
  }
  const drawLinks = () => confirming.look(draft, kept(), faults());
  const focusTop = () => { scrollTo(0, 0); (body.querySelector(".steps h2") ?? head).focus({ preventScroll: true }); };

  async function refresh() {
    draft = await findDraft(id);
    drawSaved(saved, draft);
    drawLinks();
  }

  async function forward() {
    if (state.page < form.pages.length - 1) { state.page += 1; draw(); focusTop(); return; }
    state.asked = true;
    if (owed(form.confirmations, draft, kept(), serverNow()).length) await look(AbortSignal.timeout(PATIENCE_MS));
    if (open().length) { showFaults(open()); return; }
    wantSubmit(id).then(() => { nudge(); });
  }

  /** What others have said since; without a network, what is known. */
  async function look(until = signal) {
    try { await lookAtLinks(draft, until); } catch { return; }
    draft = (await findDraft(id)) ?? draft;
    if (!signal.aborted && !draft.wantsSubmit) drawLinks();
  }

  function mayAsk(rule) {
    state.first = rule;
    const due = firstFor(rule);
    if (due.length) { showFaults(due, "confirming.first"); return false; }
    // What was said about handing in is said anew when that is tried again.
    state.asked = false;
    fill(said);
    return true;
  }

  function showFaults(pointers, key = "form.incomplete") {
    const at = form.pages.findIndex((page, n) => pointers.some((pointer) => holdsPointer(page, pointer) || pageOfPointer(form, pointer) === n));
    state.page = Math.max(at, 0);
    draw();
    fill(said, notice("warn", t(key, { n: pointers.length })));
    said.firstChild.classList.add("bad");
    say(t(key, { n: pointers.length }));
    body.querySelector("[aria-invalid=true], fieldset.faulty input, .faulty button")?.focus();
  }

  async function waiting() {
    const files = await filesOf(id), left = files.filter((one) => one.state !== "clean").length;
    fill(body, h("div.told.wait", {}, h("span.stamp", {}, icon("cloud")), h("div", {}, h("strong", {}, t(navigator.onLine ? "form.sending" : "form.later")), h("p", {}, t(navigator.onLine ? (left ? "form.sending.files" : "form.sending.text") : "form.later.text", { n: left })))), button(t("form.stop"), async () => { await takeBack(id); draft = await findDraft(id); draw(); }));
  }

  onOutbox(async (which, what) => {
    if (which !== id || what.file) return;
    if (what.case) { toast(form.texts["form.submitted"] ?? t("form.submitted")); goInstead(`/cases/${what.case}?new=1`); return; }
    const before = draft;
    draft = await findDraft(id);
    if (!draft || signal.aborted) return;
    drawSaved(saved, draft);
    if (draft.wantsSubmit) waiting();
    else if (before.wantsSubmit) {
      state.asked = true;
      draw();
      if (draft.faults?.length) showFaults(draft.faults.map((one) => one.pointer));
      else if (draft.problem) { fill(said, notice("warn", draft.problem === "files" ? t("form.files") : draft.problem)); said.firstChild.classList.add("bad"); }
    } else {
      drawLinks();
      // A link that was refused for what it would show: said where it is.
      if (wantsLink(before) && !wantsLink(draft) && draft.faults?.length) showFaults(draft.faults.map((one) => one.pointer), "confirming.first");
    }
  }, signal);
  const network = () => { if (draft.wantsSubmit) waiting(); else drawLinks(); drawSaved(saved, draft); };
  addEventListener("offline", network, { signal });
  addEventListener("online", () => { network(); look(); }, { signal });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); }, { signal });
  onInbox((kind, data) => { if (kind === "notice" && data.subject.kind === "draft" && data.subject.id === id) look(); }, signal);
  fill(root, body);
  drawSaved(saved, draft);
  if (draft.wantsSubmit) waiting(); else draw();
  if (draft.confirmations?.length) look();
}

async function gone(root, id) {
  const made = await get("kept", `case of ${id}`);
  if (made) goInstead(`/cases/${made}`);
  else fill(root, empty("papers", t("form.gone"), t("form.gone.text"), link(t("tab.forms"), "/forms", { kind: "primary" })));
}

function holdsPointer(element, pointer) {
  if (element.type === "Control") return within(pointer, `/${pathOf(element.scope).join("/")}`);
  return (element.elements ?? []).some((inner) => holdsPointer(inner, pointer));
}

function steps(form, at, jump) {
  return h("nav.steps", { aria: { label: t("form.steps") } }, h("ol", {}, form.pages.map((page, n) => h("li", {}, h("button.plain", { type: "button", aria: { current: n === at ? "step" : null, label: t("form.step", { n: n + 1, all: form.pages.length, name: form.texts[`${page.i18n}.label`] }) }, onclick: () => jump(n) }, h("i"))))),
    h("h2", { tabIndex: -1 }, form.texts[`${form.pages[at].i18n}.label`]), h("p.small.quiet", {}, t("form.at", { n: at + 1, all: form.pages.length })));
}

function drawSaved(place, draft) {
  place.hidden = Object.keys(draft.answers).length === 0;
  const done = draft.revision !== null && (draft.pushed ?? 0) >= draft.at, text = t(done ? "form.saved" : navigator.onLine ? "form.saving" : "form.here");
  place.dataset.state = done ? "open" : "lost";
  if (place.textContent !== text) fill(place, h("i"), h("span", {}, text));
}

function throwAway(id) {
  confirm(t("form.discard"), h("p", {}, t("form.discard.text")), { yes: t("form.discard.yes"), danger: true, act: async () => { await discard(id); toast(t("form.discarded")); goInstead("/forms"); } });
}
