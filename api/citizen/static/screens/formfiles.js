// Photos and papers of a form: taken or chosen, kept on the device, sent when there is a network.
import { fill, h, icon } from "../core/dom.js";
import { addFile, dropFile, filesOf, nudge, onOutbox } from "../core/outbox.js";
import { doing, toast } from "../core/parts.js";
import { size, t } from "../core/texts.js";

const MOST_BYTES = 20_000_000;

export function drawFiles(one, { context, path, label, hint, optional }) {
  const most = one.schema.maxItems ?? 1, purpose = one.schema.attachment, pictures = purpose === "photo";
  const list = h("ul.files"), wrong = h("p.wrong", { hidden: true });
  const accept = pictures ? "image/*" : "image/*,application/pdf";
  const take = pick({ accept: "image/*", capture: "environment" }, t("files.camera"), "camera"), choose = pick({ accept, multiple: most > 1 }, t("files.choose"), "file");
  const ways = h("div.row", {}, take, choose);
  const box = h("fieldset.choices.filebox", {}, h("legend", {}, label, optional ? h("span.optional", {}, ` ${t("optional")}`) : null), hint ? h("p.hint", {}, hint) : null, list, ways, wrong);
  const urls = new Map();
  context.signal.addEventListener("abort", () => { for (const url of urls.values()) URL.revokeObjectURL(url); }, { once: true });

  function pick(attributes, text, mark) {
    const input = h("input", { type: "file", tabIndex: -1, aria: { label: `${label}: ${text}` }, class: "unseen", ...attributes });
    const press = h("button", { type: "button", onclick: () => input.click() }, icon(mark), h("span", {}, text));
    const add = doing(press, async () => {
      for (const file of input.files) {
        if (file.size > MOST_BYTES) { toast(t("files.large", { name: file.name, most: size(MOST_BYTES) }), { mark: "warn" }); continue; }
        if ((context.read(path) ?? []).length >= most) break;
        await addFile(context.draft, path, file, purpose);
        await context.changed();
      }
      input.value = "";
      await draw();
      nudge();
    });
    input.addEventListener("change", add);
    return h("span.pick", {}, press, input);
  }

  async function draw() {
    const ids = context.read(path) ?? [], files = (await filesOf(context.draft)).filter((file) => ids.includes(file.id)).sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
    fill(list, files.map(row));
    ways.hidden = files.length >= most;
  }

  function row(file) {
    if (!urls.has(file.id) && file.type.startsWith("image/")) urls.set(file.id, URL.createObjectURL(file.blob));
    const sent = h("progress", { max: file.size, value: file.sent ?? 0, aria: { label: t("files.progress", { name: file.name }) }, hidden: file.state !== "sending" });
    return h("li", { data: { file: file.id, state: file.state } }, urls.has(file.id) ? h("img", { src: urls.get(file.id), alt: "" }) : h("span.disc", {}, icon("file")),
      h("span.words", {}, h("span.title", {}, file.name), h(`span.under${file.state === "refused" ? ".wrong" : ""}`, {}, file.state === "refused" ? file.refusal ?? t("files.refused") : `${size(file.size)} · ${t(`files.${file.state}`)}`), sent),
      h("button.plain", { type: "button", aria: { label: t("files.remove", { name: file.name }) }, onclick: async () => { await dropFile(file, path); await context.changed(); await draw(); } }, icon("trash")));
  }
  onOutbox((draft, what) => {
    if (draft !== context.draft) return;
    const bar = what.file && list.querySelector(`[data-file="${what.file}"] progress`);
    if (bar && what.sent !== undefined && what.state === undefined) { bar.hidden = false; bar.value = what.sent; } else draw();
  }, context.signal);
  draw();
  return { box, complain(text) { fill(wrong, text ? [icon("warn"), h("span", {}, text)] : []); wrong.hidden = !text; box.classList.toggle("faulty", Boolean(text)); } };
}
