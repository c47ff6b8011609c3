// Who this device is: a guest from the first thing that needs one. One window at a time changes the tokens.
import { serverNow } from "./clock.js";
import { json, open, send } from "./http.js";
import { Problem } from "./problem.js";
import { change, get, put, remove } from "./store.js";

const LOCK = "wartefrei-session", EARLY_SECONDS = 45;
const channel = new BroadcastChannel("wartefrei-session");
const watchers = new Set();
channel.onmessage = (event) => { for (const one of watchers) one(event.data); };

/** Hears `begun`, `lost` and `forgotten`, from this window and all others. */
export function onSession(act) { watchers.add(act); }
export function tell(what) {
  for (const one of watchers) one(what);
  channel.postMessage(what);
}

export async function hasSession() { return (await get("kept", "tokens")) !== undefined; }

/** A token that is good for some time still. Without a session one is begun, unless `begin` is false: then null. */
export async function token({ begin = true, not } = {}) {
  const kept = await get("kept", "tokens");
  if (usable(kept, not)) return kept.accessToken;
  if (kept === undefined && !begin) return null;
  // A refresh token is good for one use. Two windows that refresh at once would look like a thief, so they take turns, and
  // the second finds what the first has brought.
  return navigator.locks.request(LOCK, async () => {
    const now = await get("kept", "tokens");
    if (usable(now, not)) return now.accessToken;
    return (now === undefined ? await start() : await renew(now)).accessToken;
  });
}

function usable(tokens, not) {
  return tokens !== undefined && tokens.accessToken !== not && Date.parse(tokens.expiresAt) - serverNow() > EARLY_SECONDS * 1000;
}

async function start() {
  // Both are kept before they are sent: whatever is cut, the repeat is the same guest again.
  const device = await change("kept", "device", (found) => found ?? { installation: crypto.randomUUID(), key: crypto.randomUUID() });
  const tokens = await open(await post("/v1/sessions/guest", { installationId: device.installation }, device.key));
  await put("kept", "tokens", tokens);
  tell("begun");
  return tokens;
}

async function renew(tokens) {
  const kept = await change("kept", "tokens", (found) => found && { ...found, renewal: found.renewal ?? crypto.randomUUID() });
  try {
    const next = await open(await post("/v1/sessions/refresh", { refreshToken: tokens.refreshToken }, kept.renewal));
    await put("kept", "tokens", next);
    return next;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    // It was ended elsewhere. What the guest had is out of reach, and is not kept on the screen as if it were not.
    await remove("kept", "tokens");
    await remove("kept", "device");
    tell("lost");
    return start();
  }
}

function post(path, body, key) {
  const { headers, body: text } = json(body);
  return send("POST", path, { headers: { ...headers, "Idempotency-Key": key }, body: text });
}

/** Requests with the token; one that has just run out is renewed once. */
export async function authorized(method, path, options = {}) {
  for (let first = true, not; ; first = false) {
    const shown = await token({ not });
    const answer = await send(method, path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${shown}` } });
    if (answer.status !== 401 || !first) return answer;
    not = shown;
  }
}
