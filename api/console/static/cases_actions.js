// What a clerk does to a case, from the version that is on the page: whoever was slower chooses.
import { Problem, post, read } from "./api.js";
import { askDecision, askForMore } from "./cases_dialogs.js";
import { ICON, LOOK, cases, nameOf, take } from "./cases_state.js";
import { data, h, icon, openDialog, t, toast } from "./shell.js";

/** Begins an action: what it needs is asked first. */
export function perform(one, action) {
  const can = action === "take" ? one.actions.includes("assign") && one.assignee?.id !== data.me : one.actions.includes(action);
  if (!can) return false;
  if (action === "take") act(one, "assign", { assignee: data.me });
  else if (action === "assign") askWhom(one);
  else if (action === "request-info") askForMore(one, (body) => act(one, action, body));
  else if (one.proposal?.by.id === data.me && { approve: "approved", reject: "rejected" }[action] === one.proposal.outcome) toast(t("cases.proposal.mine"), { seconds: 6 });
  else askDecision(one, action, (body) => act(one, action, body));
  return true;
}

/** Sends it. Answers true when it is done; problems of a dialog's input are thrown back to it. */
export async function act(one, action, body) {
  try {
    const answer = await post(`/v1/clerk/cases/${one.id}/${action}`, body, { version: one.version });
    take(answer.body);
    toast(words(answer.body, action));
    act.focus();
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) { toast(t("error.network"), { bad: true }); return false; }
    if (problem.errors) throw problem;
    if (problem.code === "case-changed" || problem.code === "case-state") await choose(one, action, body);
    else toast(problem.title, { bad: true, seconds: 8 });
    return true;
  }
}
act.focus = () => {};

function words(one, action) {
  if (action === "assign") return t("cases.done.assign", { who: nameOf(one.assignee) });
  return t(one.proposal ? "cases.done.proposed" : `cases.done.${action}`);
}

/** Somebody else was quicker: theirs as it is, or mine all the same. */
async function choose(one, action, body) {
  const { body: theirs } = await read(`/v1/clerk/cases/${one.id}`);
  take(theirs);
  const last = theirs.events.findLast((event) => event.version === theirs.version) ?? theirs.events.at(-1);
  const still = theirs.actions.includes(action);
  openDialog(t("conflict.title"), (close) => h("div.inside.conflict", {},
    h("p", {}, t("cases.conflict", { action: t(`cases.action.${action}`), who: last.clerk?.name ?? t(`cases.by.${last.by}`), what: t(`cases.event.${last.kind}`) })),
    h("table.plain", {}, h("tbody", {}, h("tr", {}, h("th", { scope: "row" }, t("conflict.theirs")), h("td", {}, h(`span.state.${LOOK[theirs.state]}`, {}, icon(ICON[theirs.state]), t(`cases.state.${theirs.state}`))), h("td", {}, t("cases.assigned", { who: nameOf(theirs.assignee) }))),
      h("tr", {}, h("th", { scope: "row" }, t("conflict.mine")), h("td", {}, t(`cases.action.${action}`)), h("td", {}, body.reason ?? body.message ?? (action === "assign" ? nameOf(data.clerks.find((c) => c.id === body.assignee) ?? null) : ""))))),
    still ? null : h("p.problem", {}, t("cases.conflict.not")),
    h("footer", {}, h("button", { type: "button", autofocus: true, onclick: close }, t("conflict.keep")),
      still ? h("button.primary", { type: "button", onclick: () => { close(); act(cases.open?.id === theirs.id ? cases.open : theirs, action, body).catch((problem) => toast(problem.errors[0].detail, { bad: true })); } }, t("conflict.redo")) : null)));
}

function askWhom(one) {
  openDialog(t("cases.action.assign"), (close) => {
    const whom = h("select", { name: "assignee", autofocus: true }, h("option", { value: "" }, t("cases.nobody")), data.clerks.map((clerk) => h("option", { value: clerk.id, selected: clerk.id === (one.assignee?.id ?? data.me) }, clerk.id === data.me ? `${clerk.name} (${t("cases.me")})` : clerk.name)));
    return h("form", { noValidate: true, onsubmit: (event) => { event.preventDefault(); close(); act(one, "assign", { assignee: whom.value || null }).catch((problem) => toast(problem.errors[0].detail, { bad: true })); } },
      h("label.field", {}, t("cases.whom"), whom), h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), h("button.primary", { type: "submit" }, t("cases.action.assign"))));
  });
}
