// What goes on behind the screens: how many notices are unread, and what has just come.
import { read } from "./api.js";
import { serverNow } from "./clock.js";
import { listen } from "./live.js";
import { keepAhead } from "./passes.js";
import { go } from "./router.js";
import { hasSession, onSession } from "./session.js";
import { t } from "./texts.js";
import { say, toast } from "./parts.js";

const hearers = new Set();
/** `act(kind, data)` for what the inbox says, until `signal`. */
export function onInbox(act, signal) {
  hearers.add(act);
  signal.addEventListener("abort", () => hearers.delete(act), { once: true });
}

export function watchInbox(shell) {
  let running = false;
  async function begin() {
    if (running || !(await hasSession())) return;
    running = true;
    try {
      const found = await read("/v1/inbox?limit=1");
      shell.unread(found.unread);
      keepAhead().catch(() => {});
      await listen(`/v1/inbox?since=${encodeURIComponent(found.since)}`, hear, () => {}, new AbortController().signal);
    } catch { addEventListener("online", begin, { once: true }); }
    running = false;
  }
  function hear(kind, data) {
    if (kind === "inbox") shell.unread(data.unread);
    // What comes again because it was read elsewhere is no news.
    if (kind === "notice" && !data.readAt && serverNow() - Date.parse(data.createdAt) < 60_000) announce(data);
    if (kind === "notice" && data.subject.kind === "appointment") keepAhead().catch(() => {});
    for (const one of hearers) one(kind, data);
  }
  onSession((what) => { if (what === "begun") begin(); });
  begin();
}

const own = new Map();
/** What this window has just done itself: the notice about it is no news here. */
export const expected = (id) => own.set(id, Date.now());

function announce(notice) {
  if (Date.now() - (own.get(notice.subject.id) ?? 0) < 10_000) return;
  const here = location.hash.slice(1);
  const to = target(notice);
  // Whoever is looking at it sees it there.
  if (to && here.startsWith(to)) { say(notice.title); return; }
  const urgent = notice.kind === "waiting.offer" || notice.kind === "appointment.called";
  toast(notice.title, { mark: "bell", seconds: urgent ? 0 : 8, to, action: t("show"), onAction: () => go(to ?? "/inbox") });
}

/** The screen of what a notice is about. */
export function target({ subject }) {
  return { appointment: `/appointments/${subject.id}`, case: `/cases/${subject.id}`, draft: `/drafts/${subject.id}`, offer: `/offers/${subject.id}` }[subject.kind];
}
