// What somebody else has to confirm: a link is made, sent on by whatever means, and what they say is seen here.
import { serverNow } from "../core/clock.js";
import { fill, h, icon } from "../core/dom.js";
import { isOwed, pageOf, stateOf, wantLink } from "../core/links.js";
import { nudge } from "../core/outbox.js";
import { button, doing, field, notice, staleNote, toast } from "../core/parts.js";
import { longDate, t } from "../core/texts.js";

const TONES = { pending: ["wait", "clock"], confirmed: ["good", "check"], refused: ["bad", "close"], over: ["off", "clock"] };

/** The panels of a page. `look(draft, stripped, faults)` draws them as they stand; `mayAsk(rule)` says, and shows, whether what
 *  is to be confirmed has been answered. */
export function drawConfirming({ form, page, draft, mayAsk, changed, due = isOwed }) {
  const panels = form.confirmations.filter((rule) => pageOf(form, rule) === page).map((rule) => panel(rule, { form, draft, mayAsk, changed, due }));
  return { box: panels.map((one) => one.box), look: (...now) => { for (const one of panels) one.look(...now); } };
}

function panel(rule, its) {
  const { form } = its, pointer = `/confirmations/${rule.kind}`, title = form.texts[`confirmation.${rule.kind}.title`];
  const box = h("section.card.stack.confirming", { aria: { label: title }, data: { pointer } });
  let drawn;
  return { box, look(draft, stripped, faults) {
    const state = stateOf(draft, rule.kind, serverNow()), owed = its.due(rule, stripped);
    box.hidden = rule.needed !== null && !owed;
    const wrong = owed && state !== "confirmed" && faults.has(pointer) ? faults.get(pointer) ?? t(state === "pending" ? "confirming.waits" : "confirming.owed") : "";
    const one = draft.confirmations?.find((found) => found.kind === rule.kind), link = draft.links?.[rule.kind] ?? {};
    const now = JSON.stringify([state, one, link, wrong, navigator.onLine]);
    if (now === drawn) return;
    drawn = now;
    box.dataset.state = state;
    box.classList.toggle("faulty", Boolean(wrong));
    fill(box, h(form.pages.length > 1 ? "h3" : "h2", {}, title), state === "none" ? intro(rule, form) : stand(state, one),
      link.problem ? h("div.notice.bad", { role: "alert" }, icon("warn"), h("strong", {}, link.problem)) : null,
      link.wanted ? notice("cloud", t(navigator.onLine ? "confirming.making" : "confirming.later")) : ways(rule, its, state, one, link),
      state === "pending" ? staleNote({ at: draft.looked, offline: !navigator.onLine }) : null,
      wrong ? h("p.wrong", {}, icon("warn"), h("span", {}, wrong)) : null);
  } };
}

function intro(rule, form) {
  const shown = rule.shows.map((pointer) => form.texts[`${pointer.slice(1).replaceAll("/", ".")}.label`]).filter(Boolean);
  return [h("p", {}, t("confirming.intro")), shown.length ? h("p.small.quiet", {}, t("confirming.shows", { what: shown.join(", ") })) : null];
}

function stand(state, one) {
  const [tone, mark] = TONES[state], key = state === "over" && one.answeredAt ? "outdated" : state;
  const values = { name: one.name ?? "", day: longDate(one.answeredAt ?? one.expiresAt) };
  return h(`div.told.${tone}`, {}, h("span.stamp", {}, icon(mark)), h("div", {}, h("strong", {}, t(`confirming.${key}`)), h("p", {}, t(`confirming.${key}.text`, values))));
}

function ways(rule, { draft, mayAsk, changed, form }, state, one, link) {
  if (state === "confirmed") return null;
  const ask = button(t(state === "none" ? "confirming.ask" : "confirming.again"), null, { kind: state === "pending" ? "plain.letgo" : "primary" });
  ask.addEventListener("click", doing(ask, async () => {
    if (!mayAsk(rule)) return;
    await wantLink(draft, rule.kind);
    await changed();
    nudge();
  }));
  if (state !== "pending") return h("div.row", {}, ask);
  if (link.id !== one.id) return [h("p.small.quiet", {}, t("confirming.elsewhere")), ask];
  return [passOn(link.link, form.texts["form.title"]), h("p.small.quiet", {}, t("confirming.replaces")), ask];
}

/** The link to copy, or to hand to another app where the device can. */
function passOn(address, title) {
  const input = h("input", { type: "url", readonly: true, value: address, onfocus: () => input.select() });
  const copy = button(t("confirming.copy"), async () => {
    try {
      await navigator.clipboard.writeText(address);
      toast(t("confirming.copied"));
    } catch { input.focus(); toast(t("confirming.byhand"), { mark: "info" }); }
  }, { mark: "papers" });
  // Whoever closes the device's own dialog has changed their mind: that is no error.
  const share = navigator.share ? button(t("confirming.share"), () => navigator.share({ title, url: address }).catch(() => {}), { kind: "primary", mark: "share" }) : null;
  return h("div.stack", {}, field(t("confirming.link"), input).box, h("div.row", {}, share, copy));
}
