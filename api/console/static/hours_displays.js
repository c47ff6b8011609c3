// The screens of the waiting room. A screen's key is made here; the server is told its SHA-256 only.
import { commandKey, post, read, remove } from "./api.js";
import { askFirst, data, h, icon, longDate, openDialog, t, toast } from "./shell.js";

const at = (id) => document.getElementById(id);
const path = `/console/displays/${data.office.slug}`;

export function showDisplays() {
  at("displays-title").textContent = t("display.title");
  at("add-display").append(icon("screen"), t("display.add"));
  at("add-display").addEventListener("click", add);
  load();
}

async function load() {
  const { body } = await read(path);
  at("displays").replaceChildren(body.items.length
    ? h("ul.rows", {}, body.items.map((one) => h("li", {}, h("span.grow", {}, h("b", {}, one.name), h("br"), h("span.quiet", {}, longDate(one.createdAt, { day: "numeric", month: "long", year: "numeric" }))),
      h("button.small", { type: "button", aria: { label: `${t("display.end")}: ${one.name}` }, onclick: () => askFirst(t("display.end"), t("display.sure", { name: one.name }), async () => { await remove(`${path}/${one.id}`).catch((problem) => toast(problem.title ?? t("error.network"), { bad: true })); load(); }) }, t("display.end")))))
    : h("p.quiet", {}, t("display.none")));
}

function add() {
  openDialog(t("display.title"), (close) => {
    const name = h("input", { required: true, maxLength: 80, autofocus: true });
    const go = h("button.primary", { type: "submit" }, t("display.add"));
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
    const command = commandKey();
    const form = h("form", { noValidate: true, onsubmit: async (event) => {
      event.preventDefault();
      if (!name.value.trim()) { name.setAttribute("aria-invalid", "true"); name.focus(); return; }
      go.disabled = true;
      const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)))].map((b) => b.toString(16).padStart(2, "0")).join("");
      try {
        const body = { name: name.value.trim(), keyHash: hash };
        await post(path, body, { key: command.of(body) });
        const address = `${location.origin}/console/display/${data.office.slug}#key=${key}`;
        form.replaceChildren(form.firstElementChild, h("p", {}, t("display.open")), h("p.address", { tabIndex: 0 }, address), h("footer", {}, h("button.primary", { type: "button", onclick: close }, t("close"))));
        form.querySelector(".address").focus();
        load();
      } catch (problem) { go.disabled = false; command.answered(problem); toast(problem.title ?? t("error.network"), { bad: true }); }
    } }, h("p", {}, t("display.text")), h("label.field", {}, t("display.name"), name), h("footer", {}, h("button", { type: "button", onclick: close }, t("abort")), go));
    return form;
  });
}
