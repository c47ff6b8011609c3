// The way to the API: one key a command, repeated until it is answered; streams that come back by themselves.
const shows = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
let csrf = shows("csrf");
const language = document.documentElement.lang;

/** A problem (RFC 9457): `code`, `title`, `detail`, `status` and what else it brought. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.detail ?? body.title ?? String(status));
    Object.assign(this, body);
    this.status = status;
  }
}

/** Whether the session that the page was made for is over: it has ended, or another was begun in another window. */
export const isSignedOut = (problem) => problem.status === 401 || problem.code === "cross-site-request";

/** Takes up the session that the same person has begun in another window; answers whether there is one. */
export async function takeUpSession() {
  const { body } = await read("/console/session").catch(() => ({ body: null }));
  if (body?.clerk !== shows("clerk")) return false;
  csrf = body.csrf;
  return true;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function ask(method, path, { body, headers = {}, tries = 1, keepalive = false } = {}) {
  for (let attempt = 1; ; attempt++) {
    let answer;
    try {
      answer = await fetch(path, {
        method, keepalive, credentials: "same-origin", cache: "no-store",
        headers: { Accept: "application/json", "Accept-Language": language, "X-CSRF-Token": csrf, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      if (attempt >= tries) throw error;
      await pause(Math.min(400 * 2 ** attempt, 5000));
      continue;
    }
    if (answer.ok) return { body: answer.status === 204 ? null : await answer.json().catch(() => null), etag: answer.headers.get("etag") };
    const problem = new Problem(await answer.json().catch(() => ({})), answer.status);
    const again = answer.status >= 500 || answer.status === 429 || (answer.status === 409 && answer.headers.get("retry-after"));
    if (!again || attempt >= tries) {
      if (isSignedOut(problem)) window.dispatchEvent(new Event("signed-out"));
      throw problem;
    }
    await pause(1000 * Math.min(Number(answer.headers.get("retry-after")) || 1, 10));
  }
}

export const read = (path) => ask("GET", path, { tries: 4 });
export const put = (path, body, headers) => ask("PUT", path, { body, headers });
export const remove = (path) => ask("DELETE", path, { tries: 3 });

/** A command. The same key is sent however often it has to be repeated, so it happens once. */
export function post(path, body = {}, { version, key = crypto.randomUUID(), keepalive = false, tries = 6 } = {}) {
  const headers = { "Idempotency-Key": key, ...(version === undefined ? {} : { "If-Match": `"${version}"` }) };
  return ask("POST", path, { body, headers, tries: keepalive ? 1 : tries, keepalive });
}

const KEPT = [400, 403, 404, 409, 410, 412, 422];
/** The key of a command that a person may have to send again: the same one until what is sent is other or was answered, for
 *  nobody can tell whether a command arrived whose answer did not. */
export function commandKey() {
  let text = null, key = null;
  return {
    of(body) {
      const asked = JSON.stringify(body);
      if (asked !== text) { text = asked; key = crypto.randomUUID(); }
      return key;
    },
    answered(problem = null) {
      if (problem === null || (KEPT.includes(problem.status) && problem.code !== "idempotency-in-flight" && !isSignedOut(problem))) text = null;
    },
  };
}

/** Server-sent events over fetch, which can say the language and the last event. `on(kind, data)`; `state("open" | "lost" |
 *  "ended", reason)`. Answers a function that ends it. */
export function listen(path, on, state, headers = {}) {
  let last, stopped = false, controller, wait = 300;
  async function run() {
    while (!stopped) {
      controller = new AbortController();
      try {
        const answer = await fetch(path, {
          signal: controller.signal, credentials: "same-origin", cache: "no-store",
          headers: { Accept: "text/event-stream", "Accept-Language": language, ...headers, ...(last ? { "Last-Event-ID": last } : {}) },
        });
        if (answer.status === 401 || answer.status === 403 || answer.status === 404) { state("ended", String(answer.status)); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        state("open");
        if (await drain(answer.body.getReader())) return;
      } catch (error) {
        if (stopped) return;
      }
      if (stopped) return;
      state("lost");
      await pause(wait + Math.random() * 200);
      wait = Math.min(wait * 1.7, 4000);
    }
  }
  async function drain(reader) {
    const decoder = new TextDecoder();
    let text = "";
    // The server says something at least every 15 seconds; a longer silence is a broken line that nobody noticed.
    let silence;
    const alive = () => { clearTimeout(silence); silence = setTimeout(() => controller.abort(), 40000); };
    try {
      for (;;) {
        alive();
        const { done, value } = await reader.read();
        if (done) return false;
        text += decoder.decode(value, { stream: true });
        let end;
        while ((end = text.indexOf("\n\n")) >= 0) {
          const fields = Object.fromEntries(text.slice(0, end).split("\n").filter((line) => line.includes(": ")).map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));
          text = text.slice(end + 2);
          if (fields.event === "end") {
            const reason = JSON.parse(fields.data).reason;
            if (reason !== "temporarily-unavailable") { state("ended", reason); return true; }
          } else if (fields.data) {
            if (fields.id) last = fields.id;
            wait = 300;
            on(fields.event, JSON.parse(fields.data));
          }
        }
      }
    } finally { clearTimeout(silence); }
  }
  run();
  return () => { stopped = true; controller?.abort(); };
}
