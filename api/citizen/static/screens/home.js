// Begins: what is next, what waits for an answer, and the way to everything else.
import { categoryName, city, markOf, services } from "../core/city.js";
import { add, fill, h, icon } from "../core/dom.js";
import { link, rowLink, skeleton, staleNote, trouble } from "../core/parts.js";
import { APPOINTMENTS } from "../core/passes.js";
import { isBegun, placeOf } from "../core/outbox.js";
import { keep } from "../core/reads.js";
import { hasSession } from "../core/session.js";
import { all } from "../core/store.js";
import { t } from "../core/texts.js";
import { isLive, ticket } from "./tickets.js";
import { offerCards } from "./waiting.js";

export async function show({ root, head, main, signal }) {
  main.querySelector(".head").classList.add("hero");
  head.textContent = t("home.question");
  add(main.querySelector(".head"), h("div.beneath", {}, h("a.searchlink", { href: "#/find" }, icon("search"), h("span", {}, t("home.search")))));
  const next = h("section", { aria: { label: t("home.next") } }), waiting = h("div"), unfinished = h("div"), offered = h("section", {}, skeleton(2));
  add(root, unfinished, waiting, next, offered);
  await Promise.all([drawNext(next, waiting, signal), drawUnfinished(unfinished), drawCategories(offered)]);
}

async function drawNext(place, waiting, signal) {
  if (!(await hasSession())) { place.hidden = true; return; }
  try {
    await keep(APPOINTMENTS, (page, state) => {
      const live = page.items.filter(isLive).sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
      place.hidden = live.length === 0;
      if (!live.length) return;
      fill(place, h("h2", {}, t("home.next")), ticket(live[0], { to: `/appointments/${live[0].id}` }), staleNote(state),
        live.length > 1 ? h("p.more", {}, link(t("home.all", { n: live.length }), "/appointments", { kind: "more" })) : null);
    }, { signal });
    await offerCards(waiting, signal);
  } catch { place.hidden = true; }
}

/** A booking whose answer never came, and forms that are not handed in. */
async function drawUnfinished(place) {
  const bookings = (await all("commands")).filter((one) => one.name.startsWith("book "));
  const drafts = (await all("drafts")).filter((one) => isBegun(one) && (one.at > 0 || one.wantsSubmit));
  const rows = [
    ...bookings.map((one) => rowLink(`/holds/${one.name.slice(5)}`, t("home.booking"), { under: t("home.booking.text"), mark: "clock", tone: "wait" })),
    ...drafts.slice(0, 2).map((one) => rowLink(placeOf(one), one.title, { under: t(one.wantsSubmit ? "home.draft.sending" : "home.draft"), mark: one.wantsSubmit ? "cloud" : "papers", tone: "wait" })),
  ];
  place.hidden = !rows.length;
  if (rows.length) fill(place, h("h2.unseen", {}, t("home.unfinished")), h("ul.list", {}, rows));
}

async function drawCategories(place) {
  try {
    const [found, its] = await Promise.all([services(), city()]);
    const categories = [...new Set(found.map((one) => one.category))].map((name) => [name, found.filter((one) => one.category === name).length]).sort((a, b) => b[1] - a[1]);
    fill(place, h("h2", {}, t("home.categories")),
      h("ul.tiles", {}, categories.map(([name, n]) => h("li", {}, h("a.tile", { href: `#/find?category=${encodeURIComponent(name)}` },
        h("span.disc", {}, icon(markOf(name))), h("span.words", {}, h("span.title", {}, categoryName(name)), h("span.under", {}, t("services.n", { n }))))))),
      its.notice ? h("p.small.quiet.fine", {}, its.notice) : null);
  } catch (error) { fill(place, trouble(error)); }
}
