// Forms and files that are on their way: kept on the device first, sent when there is a network, in this window or a later one.
import { command, read, replace } from "./api.js";
import { patch, set, given } from "./formlogic.js";
import { pause, spoken } from "./http.js";
import { heard, makeLinks, unlinked, wantsLink } from "./links.js";
import { NoAnswer, Problem } from "./problem.js";
import { all, change, get, put, remove } from "./store.js";
import { sendRest } from "./tus.js";

const channel = new BroadcastChannel("wartefrei-outbox");
const watchers = new Set();
const tell = (id, what = {}) => { for (const one of watchers) one(id, what); channel.postMessage([id, what]); };
channel.onmessage = ({ data: [id, what] }) => { for (const one of watchers) one(id, what); };
/** `act(draftId, {file, sent})` whenever something has come further, in any window, until `signal`. */
export function onOutbox(act, signal) {
  watchers.add(act);
  signal.addEventListener("abort", () => watchers.delete(act), { once: true });
}

/** A draft of a form; its id is made here, so it may be older than its first network. */
export async function beginDraft(form, title, language) {
  const draft = { id: crypto.randomUUID(), form: form.id, version: form.version, slug: form.slug, title, language, answers: {}, sent: {}, revision: null, at: Date.now() };
  await put("drafts", draft.id, draft);
  return draft;
}

/** Whether there is anything in it: whoever only looked at a form has begun nothing. */
export const isBegun = (draft) => Object.keys(draft.answers).length > 0;
/** Where one goes on with it. */
export const placeOf = (draft) => (draft.caseVersion === undefined ? `/drafts/${draft.id}` : `/cases/${draft.id}`);
export const findDraft = (id) => get("drafts", id);
export const filesOf = async (id) => (await all("files")).filter((one) => one.draft === id);
const update = async (id, more) => { const next = await change("drafts", id, (found) => found && { ...found, ...more }); tell(id); return next; };

export async function answer(id, path, value) {
  return change("drafts", id, (found) => found && { ...found, answers: set(found.answers, path, value), wantsSubmit: false, faults: found.faults?.filter((one) => one.pointer !== `/${path.join("/")}`), at: Date.now() });
}

/** Answers to what an office asks about a case: kept, and sent, as a draft is. */
export async function beginAnswer(one) {
  return change("drafts", one.id, (found) => (found?.caseVersion === one.version ? undefined
    : { id: one.id, caseVersion: one.version, form: one.form, version: one.formVersion, title: one.title, asks: one.request.fields, answers: one.answers, sent: one.answers, revision: 0, at: 0, pushed: 0 }));
}

/** A file for the question at `path`. It is the device's until the server has all of it. */
export async function addFile(draft, path, file, purpose) {
  const bytes = await file.arrayBuffer();
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const one = { id: crypto.randomUUID(), draft, name: file.name || "foto.jpg", type: file.type, size: file.size, blob: new Blob([bytes], { type: file.type }), sha256: digest, purpose, state: "waiting", attempt: 1 };
  await put("files", one.id, one);
  await change("drafts", draft, (found) => ({ ...found, answers: set(found.answers, path, [...(given(found.answers, path) ?? []), one.id]) }));
  tell(draft);
  return one;
}

export async function dropFile(file, path) {
  await change("drafts", file.draft, (found) => {
    const rest = (given(found.answers, path) ?? []).filter((id) => id !== file.id);
    return { ...found, answers: set(found.answers, path, rest.length ? rest : undefined) };
  });
  await remove("files", file.id);
  if (file.upload) await replace("DELETE", `/v1/uploads/${file.upload}`).catch(() => {});
  tell(file.draft);
}

export async function discard(id) {
  const draft = await findDraft(id);
  for (const file of await filesOf(id)) await remove("files", file.id);
  await remove("drafts", id);
  if (draft?.revision) await replace("DELETE", `/v1/drafts/${id}`).catch(() => {});
  tell(id);
}

/** To be handed in as soon as everything is there, until it is taken back. */
export const takeBack = (id) => update(id, { wantsSubmit: false });
export const wantSubmit = (id) => update(id, { wantsSubmit: true, faults: [], problem: null });

/** What the server is told: documents have its ids, and those that it does not know yet are left out. */
function forServer(answers, files) {
  const known = new Map(files.map((one) => [one.id, one.upload]));
  const turn = (value) => {
    if (Array.isArray(value)) return value.filter((one) => !known.has(one) || known.get(one)).map((one) => known.get(one) ?? turn(one));
    return value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, turn(one)])) : value;
  };
  return turn(answers);
}

/** Brings a draft as far as it goes. One window at a time; raises NoAnswer where the network ends. */
export const push = (id) => navigator.locks.request(`wartefrei-draft-${id}`, async () => {
  const draft = await findDraft(id);
  if (!draft) return;
  if (draft.caseVersion === undefined) await save(id);
  else if (wantsLink(draft) || draft.proof) await prove(id);
  if (wantsLink(draft)) { await makeLinks(await findDraft(id)); tell(id); }
  for (const file of await filesOf(id)) await sendFile(file);
  if (draft.caseVersion === undefined) await save(id);
  if ((await findDraft(id))?.wantsSubmit) await submit(id);
});

/** The server has it: its answers, and what others have said about them. */
async function saved(id, { revision, answers, confirmations }) {
  await change("drafts", id, (found) => found && { ...heard(found, confirmations), revision, sent: answers });
  tell(id);
}

async function save(id) {
  const draft = await findDraft(id);
  if (draft) await write(draft, forServer(draft.answers, await filesOf(id)), (made) => saved(id, made));
}

/** An answer to an office as a draft of its own at the server, which is where somebody else confirms it. */
async function prove(id) {
  const draft = await change("drafts", id, (found) => found && { ...found, proof: found.proof ?? { id: crypto.randomUUID(), revision: null, sent: {} } });
  if (!draft) return;
  await put("kept", `case of ${draft.proof.id}`, id); // where a notice about it leads
  const { form, version } = draft;
  try {
    await write({ ...draft.proof, form, version, language: spoken() }, forServer(draft.answers, await filesOf(id)), async ({ revision, answers, confirmations }) => {
      await change("drafts", id, (found) => found && { ...heard(found, confirmations), proof: { ...found.proof, revision, sent: answers } });
      tell(id);
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) throw error;
    await change("drafts", id, (found) => found && unlinked(found, error.title));
  }
}

/** Brings a draft at the server to these answers; `kept(draft)` is told how it stands there. */
async function write(one, answers, kept) {
  const path = `/v1/drafts/${one.id}`;
  if (one.revision === null) {
    await kept(await command(`draft ${one.id}`, "/v1/drafts", { id: one.id, form: one.form, version: one.version, answers, language: one.language }));
    return;
  }
  const wish = patch(one.sent, answers);
  if (!wish) return;
  try {
    const { body } = await replace("PATCH", path, { answers: wish }, `"${one.revision}"`);
    await kept(body);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 412) throw error;
    // The answer to an earlier save was lost: what the server has is the ground for the next one.
    const now = await read(path);
    await kept(now);
    await write({ ...one, revision: now.revision, sent: now.answers }, answers, kept);
  }
}

async function sendFile(file) {
  if (file.state === "clean" || file.state === "refused") return;
  const note = async (more) => { await change("files", file.id, (found) => found && { ...found, ...more }); tell(file.draft, { file: file.id, ...more }); };
  try {
    if (!file.upload) {
      const made = await command(`upload ${file.id} ${file.attempt}`, "/v1/uploads", { name: file.name, size: file.size, sha256: file.sha256, purpose: file.purpose });
      file.upload = made.id;
      await note({ upload: made.id });
    }
    if (file.state !== "checking") {
      await note({ state: "sending" });
      await sendRest(file.upload, file.blob, { onProgress: (sent) => tell(file.draft, { file: file.id, sent }) });
      file.state = "checking";
      await note({ state: "checking", sent: file.size });
    }
  } catch (error) {
    if (error instanceof Problem && (error.code === "upload-expired" || error.code === "document-not-found")) {
      // It took longer than the server keeps half a file. From the beginning, then.
      await note({ upload: undefined, state: "waiting", attempt: file.attempt + 1 });
      return;
    }
    if (error instanceof Problem && error.status < 500 && error.status !== 423 && error.status !== 429) {
      await note({ state: "refused", refusal: error.errors?.[0]?.detail ?? error.title });
      return;
    }
    await note({ state: "waiting" });
    throw error;
  }
  await follow(file, note);
}

/** Until the server has looked at it; a while, and then the next time. */
async function follow(file, note) {
  for (let n = 0; n < 8; n += 1) {
    const found = await read(`/v1/documents/${file.upload}`);
    if (found.state === "clean") { await note({ state: "clean" }); return; }
    if (found.state === "refused" || found.state === "expired") { await note({ state: "refused", refusal: found.refusal?.text }); return; }
    await pause(400 * 1.4 ** n);
  }
}

async function submit(id) {
  const files = await filesOf(id);
  if (files.some((one) => one.state === "refused")) { await update(id, { wantsSubmit: false, problem: "files" }); return; }
  if (files.some((one) => one.state !== "clean")) return; // the next round asks again
  try {
    const made = await handIn(await findDraft(id), files);
    for (const file of files) await remove("files", file.id);
    await remove("drafts", id);
    await put("kept", `case of ${id}`, made.id);
    tell(id, { case: made.id });
  } catch (error) {
    if (error instanceof Problem && error.code === "draft-submitted" && error.case) { await remove("drafts", id); tell(id, { case: error.case }); return; }
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    // They point into the draft; the rest of the app, and the draft's own `problems`, into its answers.
    const faults = (error.errors ?? []).map((one) => ({ ...one, pointer: one.pointer.replace(/^\/answers/, "") }));
    if (error.code === "draft-expired" || error.code === "draft-not-found") await change("drafts", id, (found) => found && unlinked(found, null));
    await update(id, { wantsSubmit: false, faults, problem: error.errors ? null : error.title });
  }
}

/** Whether what an office asked about has been answered with nothing new. */
export const isUnchanged = (draft) => patch(draft.sent, draft.answers) === undefined;

/** What was asked, as it is; lists as a whole. */
function restated({ asks = [], sent }) {
  let found = {};
  for (const pointer of asks) {
    const names = pointer.split("/").slice(1), row = names.findIndex((name) => /^[0-9]+$/.test(name)), path = row < 0 ? names : names.slice(0, row);
    if (given(sent, path) !== undefined) found = set(found, path, given(sent, path));
  }
  return found;
}

function handIn(draft, files) {
  const { id, caseVersion } = draft;
  if (caseVersion === undefined) return command(`submit ${id}`, `/v1/drafts/${id}/submit`);
  // Who has changed nothing says that it is right as it stands.
  const answers = patch(draft.sent, forServer(draft.answers, files)) ?? restated(draft);
  const prepared = draft.proof?.revision ? { draft: draft.proof.id } : {};
  return command(`answer ${id} ${caseVersion}`, `/v1/cases/${id}/answer`, { answers, ...prepared }, { etag: `"${caseVersion}"` });
}

let running = false;
async function round() {
  if (running || !navigator.onLine) return;
  running = true;
  for (const draft of await all("drafts")) {
    try { await bring(draft); } catch (error) {
      if (error instanceof NoAnswer) break;
      // One that the server refuses does not hold up the others; whoever looks at it is told.
      if (error instanceof Problem) await update(draft.id, { wantsSubmit: false, problem: error.title ?? error.code });
      else console.warn(error);
    }
  }
  running = false;
}

async function bring(draft) {
  if (!isBegun(draft) && draft.revision === null && Date.now() - draft.at > 3_600_000) { await remove("drafts", draft.id); return; }
  const open = (await filesOf(draft.id)).some((one) => one.state !== "clean" && one.state !== "refused");
  if (!draft.wantsSubmit && !wantsLink(draft) && !open && !(draft.at > (draft.pushed ?? 0) && isBegun(draft))) return;
  const began = Date.now();
  await push(draft.id);
  await change("drafts", draft.id, (found) => found && { ...found, pushed: began });
  tell(draft.id);
}

/** As long as the app is open: at once when there is a network again, else every other second while something waits. */
export function keepQueue() {
  addEventListener("online", () => { round(); });
  const again = async () => {
    await round();
    const waits = (await all("drafts")).some((one) => one.wantsSubmit || wantsLink(one));
    setTimeout(again, (waits ? 1500 : 5000) + Math.random() * 500);
  };
  again();
}

/** Now, since the person is looking. */
export const nudge = () => { round(); };
