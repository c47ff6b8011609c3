// The public API as screens use it: reads, and commands that happen once however often they have to be sent.
import { json, open, pause, send } from "./http.js";
import { NoAnswer, Problem } from "./problem.js";
import { authorized } from "./session.js";
import { change, remove } from "./store.js";

/** What anyone may read. */
export const readPublic = async (path, options) => open(await send("GET", path, options));
/** What only this person may read. */
export const read = async (path, options) => open(await authorized("GET", path, options));
export const erase = async (path) => open(await authorized("DELETE", path));

/** With the ETag, for the next If-Match. */
export async function readTagged(path, options) {
  const answer = await authorized("GET", path, options);
  return { body: await open(answer), etag: answer.headers.get("etag") };
}

export async function replace(method, path, body, etag) {
  const { headers, body: text } = json(body);
  const answer = await authorized(method, path, { headers: { ...headers, ...(etag ? { "If-Match": etag } : {}) }, body: text });
  return { body: await open(answer), etag: answer.headers.get("etag") };
}

const mayPass = (error) => error instanceof NoAnswer || (error instanceof Problem && (error.status === 429 || error.status >= 500 || error.code === "idempotency-in-flight" || (error.status === 409 && error.retryAfter !== null)));

/** A command. `name` says what the person is doing ("book this hold"): as long as it has no answer, its key and body are kept
 *  on the device, and every attempt at it, in this window or after a restart, is the same request to the server.
 *  `onRetry(error, attempt)` is told of each failure; `tries` attempts at most. */
export async function command(name, path, body = {}, { method = "POST", etag, signal, tries = 6, onRetry } = {}) {
  const text = JSON.stringify(body);
  const kept = await change("commands", name, (found) =>
    found?.path === path && found.text === text ? undefined : { name, path, text, key: crypto.randomUUID(), at: Date.now() });
  const headers = { "Content-Type": "application/json", "Idempotency-Key": kept.key, ...(etag ? { "If-Match": etag } : {}) };
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await open(await authorized(method, path, { headers, body: kept.text, signal }));
      await remove("commands", name);
      return found;
    } catch (error) {
      if (!mayPass(error)) {
        // A decision: a repeat would get the same, and what the person does next is another wish.
        if (error instanceof Problem) await remove("commands", name);
        throw error;
      }
      if (attempt >= tries) throw error;
      onRetry?.(error, attempt);
      await waitFor(error, attempt, signal);
    }
  }
}

async function waitFor(error, attempt, signal) {
  const ms = error.retryAfter ? error.retryAfter * 1000 : Math.min(500 * 2 ** attempt, 8000) * (0.75 + Math.random() / 2);
  const timer = pause(ms, signal);
  await (error instanceof NoAnswer ? Promise.race([timer, backOnline(signal)]) : timer);
}

function backOnline(signal) {
  return new Promise((done) => addEventListener("online", done, { once: true, signal }));
}
