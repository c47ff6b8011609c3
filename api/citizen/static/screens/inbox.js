// What the person was told: the latest first, live.
import { command, read } from "../core/api.js";
import { onInbox, target } from "../core/behind.js";
import { serverNow } from "../core/clock.js";
import { fill, h, icon } from "../core/dom.js";
import { button, doing, empty, skeleton, staleNote, trouble } from "../core/parts.js";
import { keep } from "../core/reads.js";
import { hasSession } from "../core/session.js";
import { go } from "../core/router.js";
import { near, shortDay, t, time } from "../core/texts.js";
import { todayLike } from "./tickets.js";

const MARKS = { appointment: "calendar", offer: "bell", case: "papers", draft: "papers", document: "file", announcement: "info" };

export async function show({ root, beside, signal }) {
  const list = h("div", {}, skeleton(5)), more = h("div");
  fill(root, list, more);
  if (!(await hasSession())) { fill(list, none()); return; }
  const items = new Map();
  const draw = (about = {}) => {
    const shown = [...items.values()].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
    const unread = shown.some((one) => !one.readAt);
    fill(beside, unread ? button(t("inbox.read"), () => readAll(shown[0], items, draw), { kind: "plain.small", mark: "check" }) : null);
    fill(list, staleNote(about), shown.length ? h("ul.list.notices", {}, shown.map((one) => row(one, items, draw))) : none());
  };
  onInbox((kind, data) => { if (kind === "notice") { items.set(data.id, data); draw(); } }, signal);
  try {
    await keep("/v1/inbox?limit=50", (page, about) => {
      for (const one of page.items) items.set(one.id, one);
      draw(about);
      drawMore(more, page.next, items, draw);
    }, { signal });
  } catch (error) { fill(list, trouble(error)); }
}

const none = () => empty("inbox", t("inbox.none"), t("inbox.none.text"));

function row(one, items, draw) {
  const close = near(one.createdAt, todayLike(one.createdAt)), to = target(one);
  const when = close === t("today") ? time(one.createdAt) : shortDay(one.createdAt);
  const open = h(`button.rowlink.notice-row${one.readAt ? "" : ".unread"}`, { type: "button", data: { keep: one.id }, onclick: () => {
    if (!one.readAt) mark(one, items, draw);
    if (to) go(to);
  } }, h("span.disc", {}, icon(MARKS[one.subject.kind] ?? "info")),
  h("span.words", {}, h("span.top", {}, h("span.title", {}, one.title), h("span.when", {}, when)), h("span.under", {}, one.body)), one.readAt ? null : h("span.dot", {}, h("span.unseen", {}, t("inbox.unread"))));
  return h("li", {}, open);
}

async function mark(one, items, draw) {
  items.set(one.id, { ...one, readAt: new Date(serverNow()).toISOString() });
  draw();
  await command(`read ${one.id}`, `/v1/inbox/${one.id}/read`).catch(() => {});
}

async function readAll(first, items, draw) {
  await command(`read up to ${first.id}`, "/v1/inbox/read", { upTo: first.id }).catch(() => {});
  for (const [id, one] of items) items.set(id, { ...one, readAt: one.readAt ?? new Date(serverNow()).toISOString() });
  draw();
}

function drawMore(place, next, items, draw) {
  if (!next) { fill(place); return; }
  const more = h("button.wide", { type: "button" }, h("span", {}, t("more")));
  more.addEventListener("click", doing(more, async () => {
    const page = await read(`/v1/inbox?limit=50&cursor=${encodeURIComponent(next)}`);
    for (const one of page.items) items.set(one.id, one);
    draw();
    drawMore(place, page.next, items, draw);
  }));
  fill(place, more);
}
