// Documents of the open case: small pictures beside the answers, and each of them large, within the page.
import { brought, cases } from "./cases_state.js";
import { h, icon, language, openDialog, t } from "./shell.js";

const place = document.getElementById("papers");
const content = (file) => `/v1/clerk/documents/${file.id}/content`;
const shown = (file) => `${content(file)}?inline=true`;
const isPicture = (file) => file.mediaType.startsWith("image/");

/** Size in words. */
function size(bytes) {
  const unit = bytes >= 1e6 ? "megabyte" : "kilobyte";
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: bytes >= 1e6 ? 1 : 0 }).format(bytes / (bytes >= 1e6 ? 1e6 : 1e3));
}
const kind = (file) => (isPicture(file) ? t("cases.picture") : "PDF");

let drawn = "";
export function drawPapers() {
  const files = cases.open?.documents ?? [];
  place.hidden = !files.length;
  const key = files.map((file) => file.id).join();
  // A small picture is a look at a document, which is recorded: only what is other than before is fetched anew.
  if (key === drawn) return;
  drawn = key;
  const fresh = cases.open ? brought(cases.open).documents : [];
  place.replaceChildren(h("h3", {}, t("cases.papers"), h("span.badge", {}, String(files.length))), h("ul", {}, files.map((file, n) => h("li", {},
    h("button.paper-card", { type: "button", onclick: () => preview(n) }, picture(file),
      h("span.name", {}, file.name), h("span.quiet", {}, `${kind(file)}, ${size(file.size)}`), fresh.includes(file.id) ? h("span.fresh", {}, t("cases.fresh")) : null)))));
}

function picture(file) {
  const frame = h("span.thumb", {}, icon("paper"));
  const image = h("img", { alt: "", src: `/v1/clerk/documents/${file.id}/thumbnail`, onload: () => frame.replaceChildren(image), onerror: () => image.remove() });
  return frame;
}

/** The document of a number, large. Arrows go to the others. */
export function preview(n, files = cases.open.documents) {
  let here = n;
  const title = h("span"), stage = h("div.stage"), link = h("a.button", { target: "_blank", rel: "noopener" }, icon("down"), t("cases.keep"));
  const go = (by) => { here = (here + by + files.length) % files.length; draw(); };
  function draw() {
    const file = files[here];
    title.textContent = `${here + 1} / ${files.length} · ${kind(file)}${file.size ? `, ${size(file.size)}` : ""}`;
    element.querySelector("h2").textContent = file.name;
    element.setAttribute("aria-label", file.name);
    link.href = content(file);
    stage.replaceChildren(isPicture(file) ? h("img", { src: shown(file), alt: file.name }) : h("iframe", { src: `${shown(file)}#view=FitH&navpanes=0`, title: file.name }));
  }
  const { element } = openDialog(files[here].name, () => h("div.inside", {}, stage,
    h("footer", {}, title, h("span.grow"), link,
      files.length > 1 ? [h("button", { type: "button", onclick: () => go(-1) }, icon("left"), t("cases.previous")), h("button", { type: "button", autofocus: true, onclick: () => go(1) }, t("cases.following"), icon("right"))] : null)), { wide: true });
  element.classList.add("preview");
  element.addEventListener("keydown", (event) => { if (event.key === "ArrowLeft" || event.key === "ArrowRight") { go(event.key === "ArrowLeft" ? -1 : 1); event.preventDefault(); } });
  draw();
  return true;
}
