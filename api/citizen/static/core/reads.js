// What was read before is shown at once, and still when there is no network, with the time that it is from.
import { read, readPublic } from "./api.js";
import { spoken } from "./http.js";
import { NoAnswer } from "./problem.js";
import { get, prune, put } from "./store.js";

/** `draw(body, {at, fresh})` for what is kept, then for what the server says. Raises NoAnswer only if nothing was kept. */
export async function keep(path, draw, { anyone = false, signal } = {}) {
  const key = `${spoken()} ${path}`;
  const kept = await get("reads", key);
  if (kept && !signal?.aborted) draw(kept.body, { at: kept.at, fresh: false });
  try {
    const body = await (anyone ? readPublic : read)(path, { signal });
    await put("reads", key, { body, at: Date.now() });
    if (!signal?.aborted) draw(body, { at: Date.now(), fresh: true });
    return body;
  } catch (error) {
    if (signal?.aborted) return kept?.body;
    if (!(error instanceof NoAnswer) || !kept) throw error;
    draw(kept.body, { at: kept.at, fresh: false, offline: true });
    return kept.body;
  }
}

/** For what others build on: the server's word, else what is kept. */
export async function known(path, { anyone = true, signal } = {}) {
  let found;
  await keep(path, (body) => { found = body; }, { anyone, signal });
  return found;
}

/** A device need not remember for ever what was free on some day. */
export const forgetOld = () => prune("reads", (one) => Date.now() - one.at > 14 * 86_400_000);

/** Changes what is kept of a path, for instance after a command answered with the same thing. */
export const keepAs = (path, body) => put("reads", `${spoken()} ${path}`, { body, at: Date.now() });
