// What is waited for, and what is offered.
import { read } from "../core/api.js";
import { service } from "../core/city.js";
import { countdown } from "../core/countdown.js";
import { fill, h } from "../core/dom.js";
import { link, rowLink, say } from "../core/parts.js";
import { keep } from "../core/reads.js";
import { longDate, t } from "../core/texts.js";

const open = () => read("/v1/waiting-list?limit=50").then((page) => page.items.filter((one) => one.offer));

/** Places that are held for this person until they answer. */
export async function offerCards(place, signal) {
  const offers = await Promise.all((await open()).map((one) => read(`/v1/waiting-list/offers/${one.offer}`)));
  const live = offers.filter((one) => one.state === "open");
  if (signal.aborted) return;
  fill(place, live.map((one) => h("section.offer.stack", { aria: { label: t("offer.title") } }, h("h2", {}, t("offer.title")), countdown(one.until, { label: t("offer.until"), signal, say, over: () => fill(place) }), link(t("offer.look"), `/offers/${one.id}`, { kind: "primary" }))));
}

/** Entries that still wait. */
export async function entryCards(place, signal) {
  let turn = 0;
  await keep("/v1/waiting-list?limit=50", async (page) => {
    const mine = (turn += 1);
    const waiting = page.items.filter((one) => one.state === "waiting");
    const rows = await Promise.all(waiting.map(async (one) => {
      const its = await service(one.services[0].service);
      return rowLink(`/wait/${its?.slug ?? one.services[0].service}?entry=${one.id}`, its?.name ?? t("wait.entry"), { under: [t(one.mode === "earlier" ? "wait.earlier" : "wait.any", { until: longDate(one.until) }), one.ahead === null ? null : t("wait.ahead", { n: one.ahead })].filter(Boolean).join(" · "), mark: "bell", tone: "wait" });
    }));
    if (!signal.aborted && mine === turn) fill(place, rows.length ? [h("h2", {}, t("wait.list")), h("ul.list", {}, rows)] : []);
  }, { signal });
}
