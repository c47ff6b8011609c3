// Finds a service: by words, by category.
import { readPublic } from "../core/api.js";
import { categoryName, markOf, path, services } from "../core/city.js";
import { fill, h, icon } from "../core/dom.js";
import { button, empty, rowLink, say, skeleton } from "../core/parts.js";
import { goInstead } from "../core/router.js";
import { under } from "../core/shell.js";
import { t } from "../core/texts.js";

const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export async function show({ root, main, asked, signal }) {
  const results = h("div", { aria: { live: "off" } }, skeleton(6));
  const input = h("input", { type: "search", name: "q", placeholder: t("find.placeholder"), value: asked.q ?? "", autocomplete: "off", enterkeyhint: "search", aria: { label: t("find.label") } });
  under({ main }, h("form.search", { role: "search", onsubmit: (event) => { event.preventDefault(); input.blur(); } }, icon("search"), input));
  fill(root, results);
  const every = await services();
  let latest = 0;
  async function search() {
    const words = input.value.trim(), mine = (latest += 1);
    const near = every.filter((one) => plain(`${one.name} ${one.description ?? ""}`).includes(plain(words)));
    draw(words ? near : every, words);
    if (!words) return;
    // The city's own search knows other languages and official keys as well.
    const found = await readPublic(await path(`/services?q=${encodeURIComponent(words)}`), { signal }).catch(() => null);
    if (found && mine === latest && !signal.aborted) draw([...near, ...found.items.filter((one) => !near.some((other) => other.id === one.id))], words);
  }
  function draw(found, words) {
    const category = words ? null : asked.category;
    const shown = category ? found.filter((one) => one.category === category) : found;
    if (!shown.length) {
      fill(results, empty("search", t("find.nothing", { words }), t("find.nothing.text"), button(t("find.all"), () => { input.value = ""; search(); input.focus(); })));
    } else if (words) fill(results, h("ul.list", {}, shown.map(row)));
    else {
      const groups = [...new Set(shown.map((one) => one.category))];
      fill(results, category ? h("p.row", {}, h("a.button", { href: "#/find", onclick: (event) => { event.preventDefault(); goInstead("/find"); } }, icon("close"), h("span", {}, categoryName(category)))) : null,
        groups.map((name) => h("section", {}, h("h2", {}, categoryName(name)), h("ul.list", {}, shown.filter((one) => one.category === name).map(row)))));
    }
    if (words) say(t("services.n", { n: shown.length }));
  }
  let typing;
  input.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(search, 180); });
  await search();
  if (!asked.category) input.focus({ preventScroll: true });
}

const row = (one) => rowLink(`/services/${one.slug}`, one.name, { under: [t("minutes", { n: one.minutes }), one.fee].filter(Boolean).join(" · "), mark: markOf(one.category) });
