// The notice that goes with a decision: declared, put into the store, checked like every document, and then named.
import { Problem, post, read } from "./api.js";
import { t } from "./shell.js";

const LOOKS = 90, EVERY_MS = 700;
const sent = new WeakMap();

/** The id of the file as a document of the case's decision, once it is clean; a file that was sent before is not sent again.
 *  Throws a problem whose words can be said. */
export async function sendPaper(one, file, say) {
  if (!sent.has(file)) sent.set(file, await upload(one, file, say));
  return sent.get(file);
}

async function upload(one, file, say) {
  say(t("cases.paper.sending"));
  const bytes = await file.arrayBuffer();
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const path = `/v1/clerk/cases/${one.id}/decision-documents`;
  const { body: { document: declared, put } } = await post(path, { name: file.name.slice(0, 255), size: file.size, sha256: hash });
  const answer = put && await fetch(put.url, { method: "PUT", body: bytes, headers: put.headers, credentials: "omit" }).catch(() => null);
  if (!answer?.ok) throw new Problem({ title: t("cases.paper.unsent") }, 0);
  await post(`${path}/${declared.id}/complete`);
  say(t("cases.paper.checking"));
  for (let look = 0; look < LOOKS; look++) {
    const { body } = await read(`/v1/clerk/documents/${declared.id}`);
    if (body.state === "clean") return declared.id;
    if (body.state === "refused") throw new Problem({ title: body.refusal?.text ?? t("cases.paper.refused") }, 0);
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  throw new Problem({ title: t("cases.paper.slow") }, 0);
}
