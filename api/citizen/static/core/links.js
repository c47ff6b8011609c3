// Links by which somebody else confirms answers of a draft: wished for here, made by the server as soon as there is a network.
// Only this device knows a link afterwards; how it stands the server says.
import { command, read } from "./api.js";
import { meet, shows } from "./formlogic.js";
import { Problem } from "./problem.js";
import { change } from "./store.js";

const pointerOf = (kind) => `/confirmations/${kind}`;
const noteAt = (draft, kind, one) => ({ ...draft, links: { ...draft.links, [kind]: one } });

/** Wishes for a link; one that is there already works until the new one is made. */
export const wantLink = (id, kind) => change("drafts", id, (found) => found && {
  ...noteAt(found, kind, { ...found.links?.[kind], wanted: true, problem: null }), faults: found.faults?.filter((one) => one.pointer !== pointerOf(kind)),
});
export const wantsLink = (draft) => Object.values(draft.links ?? {}).some((one) => one.wanted);

/** Where the server has the answers that are to be confirmed: an answer to an office is prepared there as a draft of its own. */
const there = (draft) => (draft.caseVersion === undefined ? draft : draft.proof ?? { revision: null });

/** Asks for what is wished for, about the answers that the server has. Raises NoAnswer where the network ends. */
export async function makeLinks(draft) {
  const { id, revision } = there(draft);
  for (const [kind, one] of Object.entries(draft.links ?? {})) {
    if (!one.wanted) continue;
    try {
      // Other answers are another wish: a repeat of the older one would be answered with a link to what was asked then.
      const { link, token, ...made } = await command(`ask ${id} ${kind} ${revision}`, `/v1/drafts/${id}/confirmations`, { kind });
      await change("drafts", draft.id, (found) => found && noteAt(heard(found, [made]), kind, { id: made.id, link }));
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) throw error;
      const faults = (error.errors ?? []).map((wrong) => ({ ...wrong, pointer: wrong.pointer.replace(/^\/answers/, "") }));
      await change("drafts", draft.id, (found) => found && { ...noteAt(found, kind, { ...one, wanted: false, problem: error.title }), faults });
    }
  }
}

/** The answer to an office without the draft that was to be confirmed, since the server has none of it. */
export const unlinked = (draft, problem) => ({
  ...draft, proof: undefined, confirmations: [], links: Object.fromEntries(Object.keys(draft.links ?? {}).map((kind) => [kind, { problem }])),
});

/** The draft with what the server says of its confirmations. Answers overtake each other: the newest link of a kind stays, and
 *  what was said about it. */
export function heard(draft, said) {
  const known = new Map((draft.confirmations ?? []).map((one) => [one.kind, one]));
  for (const one of said) {
    const before = known.get(one.kind), late = before && (before.id > one.id || (before.id === one.id && before.answeredAt && !one.answeredAt));
    if (!late) known.set(one.kind, one);
  }
  return { ...draft, confirmations: [...known.values()], looked: Date.now() };
}

/** Asks the server what others have said. */
export async function lookAtLinks(draft, signal) {
  const { id, revision } = there(draft);
  if (revision === null) return;
  const { confirmations } = await read(`/v1/drafts/${id}`, { signal });
  await change("drafts", draft.id, (found) => found && heard(found, confirmations));
}

/** Where it stands: none, pending, confirmed, refused or over, by the server's clock. */
export function stateOf(draft, kind, now) {
  const one = draft.confirmations?.find((its) => its.kind === kind);
  return !one ? "none" : one.state === "pending" && Date.parse(one.expiresAt) <= now ? "over" : one.state;
}

/** Whether the answers call for it. */
export const isOwed = (rule, stripped) => rule.needed !== null && shows([{ effect: "SHOW", condition: rule.needed }], stripped);

/** Pointers to what the answers call for and nobody has confirmed. */
export const owed = (rules, draft, stripped, now) => rules.filter((rule) => isOwed(rule, stripped) && stateOf(draft, rule.kind, now) !== "confirmed").map((rule) => pointerOf(rule.kind));

/** The same where `before` was handed in already: what was not called for then, or is about other answers now. */
export const isOwedAnew = (rule, stripped, before) => isOwed(rule, stripped) && (!isOwed(rule, before) || said(rule, stripped) !== said(rule, before));

/** The answers that are shown to who confirms. */
const said = (rule, stripped) => JSON.stringify(rule.shows.map((pointer) => at(stripped, pointer.split("/").slice(1))));
function at(value, path) {
  if (!path.length || value === undefined || value === null) return value;
  return Array.isArray(value) ? value.map((row) => at(row, path)) : at(value[path[0]], path.slice(1));
}

/** Whether an answer, or what it lies in, is shown to who confirms. */
export function isShown(rule, pointer) {
  const asked = pointer.split("/").filter((name) => !/^[0-9]+$/.test(name)).join("/");
  return rule.shows.some((one) => meet(asked, one));
}

/** The page of a form where it is asked for: where the answer is given that calls for it, else the last. */
export function pageOf(form, rule) {
  const scopes = (condition) => (condition?.conditions ? condition.conditions.flatMap(scopes) : [condition?.scope]);
  const wanted = rule.needed ? scopes(rule.needed) : [];
  const names = (element) => wanted.includes(element.scope) || (element.elements ?? []).some(names);
  const found = form.pages.findIndex(names);
  return found < 0 ? form.pages.length - 1 : found;
}

/** The page that a pointer to a confirmation leads to; null for any other pointer. */
export function pageOfPointer(form, pointer) {
  const rule = form.confirmations.find((one) => pointerOf(one.kind) === pointer);
  return rule ? pageOf(form, rule) : null;
}
