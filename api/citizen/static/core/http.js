// One request. Knows neither tokens nor retries.
import { learn } from "./clock.js";
import { NoAnswer, Problem } from "./problem.js";

let language = "de";
export function speak(chosen) { language = chosen; }
export const spoken = () => language;

// A city may answer to known apps only: then this one shows the key that its operator gave it. Learned when it is asked for,
// and anew when it has been replaced.
let shown = null, learning = null;

/** Sends, and answers the Response; raises NoAnswer. */
export async function send(method, path, options) {
  const before = shown, answer = await attempt(method, path, options);
  if (answer.status !== 401 || !answer.headers.get("www-authenticate")?.startsWith("Client-Key")) return answer;
  if (shown === before) await learnKey();
  return shown && shown !== before ? attempt(method, path, options) : answer;
}

/** Requests that are refused at the same moment ask once. */
function learnKey() {
  learning ??= attempt("GET", "/app/key").then(open).then(({ key }) => { shown = key; }).finally(() => { learning = null; });
  return learning;
}

async function attempt(method, path, { headers = {}, body, signal, silenceSeconds = 20 } = {}) {
  const sent = Date.now();
  const controller = new AbortController();
  const silent = setTimeout(() => controller.abort(), silenceSeconds * 1000);
  signal?.addEventListener("abort", () => controller.abort(), { once: true });
  try {
    const answer = await fetch(path, {
      method, body, signal: controller.signal, cache: "no-store", credentials: "omit",
      headers: { Accept: "application/json", "Accept-Language": language, ...(shown ? { "Client-Key": shown } : {}), ...headers },
    });
    learn(answer.headers.get("date"), sent, Date.now());
    return answer;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new NoAnswer(error);
  } finally { clearTimeout(silent); }
}

/** The body of a good answer; raises Problem for any other. */
export async function open(answer) {
  if (answer.ok) return answer.status === 204 ? null : read(answer);
  const found = await answer.json().catch(() => ({}));
  throw new Problem(found, answer.status, Number(answer.headers.get("retry-after")) || null);
}

async function read(answer) {
  try {
    return /json/.test(answer.headers.get("content-type") ?? "") ? await answer.json() : await answer.text();
  } catch (error) { throw new NoAnswer(error); }
}

export const json = (body) => ({ headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const pause = (ms, signal) => new Promise((done, failed) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); failed(signal.reason); }, { once: true });
});
