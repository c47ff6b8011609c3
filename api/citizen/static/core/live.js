// Server-sent events over fetch, which can say who asks (EventSource cannot). Comes back by itself where it broke off.
import { pause, spoken } from "./http.js";
import { token } from "./session.js";

const SILENCE_MS = 35_000; // the server says something at least every 15 seconds

/** `on(kind, data)` for each event; `state("open" | "lost")`. Ends with `signal`. While nobody looks at the window nothing is
 *  asked for; once somebody does, what was missed comes first. */
export async function listen(path, on, state, signal) {
  let last, wait = 400, refused;
  while (!signal.aborted) {
    try {
      await seen(signal);
      const shown = await token({ not: refused });
      const broken = new AbortController();
      const stop = () => broken.abort();
      signal.addEventListener("abort", stop, { once: true });
      document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); }, { signal: broken.signal });
      const answer = await fetch(path, {
        signal: broken.signal, cache: "no-store", credentials: "omit",
        headers: { Accept: "text/event-stream", "Accept-Language": spoken(), Authorization: `Bearer ${shown}`, ...(last ? { "Last-Event-ID": last } : {}) },
      });
      refused = answer.status === 401 ? shown : undefined;
      if (answer.status === 404 || answer.status === 403) { stop(); return; }
      if (answer.ok) {
        state("open");
        for await (const event of events(answer.body, stop)) {
          if (event.kind === "end") { refused = shown; break; }
          if (event.id) last = event.id;
          wait = 400;
          on(event.kind, event.data);
        }
      }
      stop();
    } catch { /* the line broke, or the window was put away: from the top */ }
    if (signal.aborted) return;
    state("lost");
    await Promise.race([pause(wait * (0.75 + Math.random() / 2), signal), new Promise((done) => addEventListener("online", done, { once: true, signal }))]).catch(() => {});
    wait = Math.min(wait * 1.8, 8000);
  }
}

function seen(signal) {
  if (!document.hidden) return undefined;
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true, signal }));
}

async function* events(body, stop) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", silence;
  try {
    for (;;) {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        const found = { kind: "message" };
        for (const line of text.slice(0, end).split("\n")) {
          const colon = line.indexOf(": ");
          if (colon <= 0) continue;
          const name = line.slice(0, colon), value = line.slice(colon + 2);
          if (name === "id") found.id = value;
          if (name === "event") found.kind = value;
          if (name === "data") found.data = JSON.parse(value);
        }
        if (found.data !== undefined) yield found;
      }
    }
  } finally {
    clearTimeout(silence);
    reader.cancel().catch(() => {});
  }
}
