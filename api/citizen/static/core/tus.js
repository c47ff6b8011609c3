// tus 1.0: sends what is missing of a file, from the byte that the server has come to.
import { pause } from "./http.js";
import { NoAnswer, Problem } from "./problem.js";
import { authorized, token } from "./session.js";

const VERSION = { "Tus-Resumable": "1.0.0" };

/** Sends the rest of `blob` to an upload. `onProgress(bytes)`: how many the server has, or is being sent. A line that breaks
 *  while bytes arrive is taken up again at once; NoAnswer where it stays broken: call again later, and it goes on from there. */
export async function sendRest(upload, blob, { onProgress, signal } = {}) {
  const path = `/v1/uploads/${upload}/tus`;
  for (let before = -1, stalled = 0; ;) {
    const offset = await reached(path, signal);
    onProgress?.(offset);
    if (offset >= blob.size) return;
    stalled = offset > before ? 0 : stalled + 1;
    before = offset;
    try {
      await write(path, offset, blob.slice(offset), await token(), onProgress, signal);
    } catch (error) {
      // 423: the server still listens to the line that broke.
      if (stalled > 4 || !(error instanceof NoAnswer || error.status === 423)) throw error;
      await pause(error.retryAfter ? error.retryAfter * 1000 : 150 * 2 ** stalled, signal);
    }
  }
}

/** How many bytes the server has. */
async function reached(path, signal) {
  const answer = await authorized("HEAD", path, { headers: VERSION, signal });
  if (answer.ok) return Number(answer.headers.get("upload-offset"));
  const code = { 404: "document-not-found", 410: "upload-expired", 423: "upload-locked" }[answer.status] ?? "internal-error";
  throw new Problem({ code }, answer.status, Number(answer.headers.get("retry-after")) || null);
}

/** One PATCH. XMLHttpRequest, since fetch does not say how far an upload has come. */
function write(path, offset, rest, shown, onProgress, signal) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let silence;
    const alive = () => { clearTimeout(silence); silence = setTimeout(() => request.abort(), 20_000); };
    const broken = () => { clearTimeout(silence); failed(new NoAnswer(new Error("cut"))); };
    request.open("PATCH", path);
    for (const [name, value] of Object.entries({ ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", Authorization: `Bearer ${shown}` })) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => { alive(); onProgress?.(offset + event.loaded); };
    request.onload = () => {
      clearTimeout(silence);
      // 409: another window was faster, or a lost answer was a good one: the offset is asked for anew.
      if (request.status === 204 || request.status === 409 || request.status === 401) done();
      else failed(problem(request));
    };
    request.onerror = request.onabort = broken;
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    alive();
    request.send(rest);
  });
}

function problem(request) {
  let body = {};
  try { body = JSON.parse(request.responseText); } catch { /* whoever answered is not ours */ }
  return new Problem(body, request.status, Number(request.getResponseHeader("retry-after")) || null);
}
