// A pass is read by the camera, or from a picture of it: by the browser where it can, else by a reader of our own.
import { h, icon, openDialog, t } from "./shell.js";
import { lookUp } from "./today_desk.js";

const WIDEST = 960;

/** A function from a picture (video, image) to the text of a QR code in it; null where there is none. */
async function reader() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats().catch(() => [])).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (picture) => (await detector.detect(picture).catch(() => []))[0]?.rawValue ?? null;
  }
  const { decodeQR } = await import("./qr_decode.js");
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d", { willReadFrequently: true });
  return async (picture) => {
    const width = picture.videoWidth || picture.width, height = picture.videoHeight || picture.height;
    if (!width) return null;
    const scale = Math.min(1, WIDEST / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    try { return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height)); } catch { return null; }
  };
}

export function scan() {
  let stream, over = false;
  const video = h("video", { muted: true, playsInline: true, aria: { label: t("find.camera") } });
  const said = h("p.quiet", { role: "status" }, t("find.show"));
  const file = h("input", { type: "file", accept: "image/*", onchange: () => still() });
  const { element, close } = openDialog(t("find.camera"), () => h("div.inside.scan", {}, video, said,
    h("label.field", {}, t("find.picture"), file)));
  element.addEventListener("close", () => { over = true; stream?.getTracks().forEach((track) => track.stop()); });
  const found = (text) => { if (over) return; close(); lookUp(text); };

  async function still() {
    const picture = file.files[0] && await createImageBitmap(file.files[0]).catch(() => null);
    const text = picture && await (await reader())(picture);
    if (text) found(text); else said.textContent = t("find.unread");
  }
  async function watch() {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    if (over) { stream.getTracks().forEach((track) => track.stop()); return; }
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    while (!over) {
      const text = await read(video);
      if (text) { found(text); return; }
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  watch().catch(() => { said.textContent = ""; video.replaceWith(h("p.banner", {}, icon("scan"), t("find.no_camera"))); file.focus(); });
}
