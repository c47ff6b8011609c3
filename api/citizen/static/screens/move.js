// Moves an appointment: the old place stays until the new one is there.
import { command, read } from "../core/api.js";
import { expected } from "../core/behind.js";
import { office, offices, service } from "../core/city.js";
import { fill, h } from "../core/dom.js";
import { confirm, empty, link, notice, radios, skeleton } from "../core/parts.js";
import { keepAs } from "../core/reads.js";
import { goInstead } from "../core/router.js";
import { dayAndTime, t } from "../core/texts.js";
import { hold1 } from "./holding.js";
import { picker } from "./slots.js";

export async function show({ root, params, signal }) {
  fill(root, skeleton(2, "tall"));
  const one = await read(`/v1/appointments/${params.appointment}`, { signal });
  if (!one.actions.includes("reschedule")) { fill(root, empty("move", t("move.not"), t("move.not.text"), link(t("back"), `/appointments/${one.id}`))); return; }
  const [its, where, every] = await Promise.all([service(one.services[0].service), office(one.office.id), offices(one.services[0].service)]);
  const place = h("div");
  const draw = (at) => fill(place, picker(its, at, one.services[0].persons, signal, (free) => agree(one, free, at)));
  fill(root, notice("info", t("move.now", { when: dayAndTime(one.start) }), h("p", {}, t(one.confirmation === "clerk" ? "move.stays.clerk" : "move.stays"))),
    every.length > 1 ? radios("office", t("move.office"), every.map((other) => [other.id, other.name, other.address.street]), where.id, async (id) => draw(await office(id))) : null, place);
  draw(where);
}

async function agree(one, free, at) {
  confirm(t("move.title"), [h("dl.change", {}, h("div", {}, h("dt", {}, t("move.from")), h("dd", {}, dayAndTime(one.start), h("span.under", {}, one.office.name))), h("div", {}, h("dt", {}, t("move.to")), h("dd", {}, dayAndTime(free.start), h("span.under", {}, at.name))))],
    { yes: t("move.yes"), act: async () => {
      const hold = await hold1(free, one.services.map(({ service: id, persons }) => ({ service: id, persons })));
      expected(one.id);
      const moved = await command(`move ${one.id}`, `/v1/appointments/${one.id}/reschedule`, { hold: hold.id }, { etag: `"${one.version}"` });
      await keepAs(`/v1/appointments/${one.id}`, moved);
      goInstead(`/appointments/${one.id}`);
    } });
}

