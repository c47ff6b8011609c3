// A service: what it takes, and the earliest places anywhere in the city.
import { free, offices, service, wanted } from "../core/city.js";
import { add, fill, h, icon } from "../core/dom.js";
import { doing, empty, link, notice, rowLink, skeleton, staleNote, toast, trouble } from "../core/parts.js";
import { dayAndTime, distance, longDay, near, t, time } from "../core/texts.js";
import { holdPlace } from "./holding.js";
import { todayLike } from "./tickets.js";

export async function show({ root, head, params, signal }) {
  const its = await service(params.service);
  if (!its) { fill(root, empty("search", t("service.gone"), t("service.gone.text"), link(t("find.all"), "/find"))); return; }
  head.textContent = its.name;
  const asked = { persons: 1, here: null };
  const places = h("div", {}, skeleton(3)), elsewhere = h("div");
  const facts = h("div.stack", {}, factsOf(its),
    its.documents.length ? h("section.card", {}, h("h2", {}, t("service.bring")), h("ul.bring", {}, its.documents.map((one) => h("li", {}, icon("check"), h("span", {}, one))))) : null,
    its.confirmation === "clerk" ? notice("info", t("service.requested"), h("p", {}, t("service.requested.text"))) : null);
  const look = () => drawEarliest(places, its, asked, signal);
  fill(root, its.description ? h("p.intro", {}, its.description) : null, h("div.tworows.columns", {}, h("div.stack.loose", {},
    its.maxPersons > 1 ? stepper(its, asked, () => { look(); drawOffices(elsewhere, its, asked, signal); }) : null,
    h("section", {}, h("h2", {}, t("service.earliest")), places), h("section", {}, h("h2", {}, t("service.offices")), nearMe(asked, look), elsewhere),
    h("section.card.aside", {}, h("h2", {}, t("service.nothing")), h("p.quiet", {}, t("service.nothing.text")), link(t("service.wait"), `/wait/${its.slug}`, { mark: "bell" }))), facts));
  await Promise.all([look(), drawOffices(elsewhere, its, asked, signal)]);
}

function factsOf(its) {
  const fact = (mark, name, value) => h("div", {}, h("dt", {}, icon(mark), name), h("dd", {}, value));
  return h("dl.facts.card", {}, fact("clock", t("service.takes"), t("minutes", { n: its.minutes })), its.fee ? fact("card", t("service.fee"), its.fee) : null);
}

function stepper(its, asked, changed) {
  const value = h("output", { aria: { live: "polite" } });
  const less = h("button.plain", { type: "button", aria: { label: t("service.fewer") }, onclick: () => set(asked.persons - 1) }, "−");
  const more = h("button.plain", { type: "button", aria: { label: t("service.more") }, onclick: () => set(asked.persons + 1) }, "+");
  function draw() {
    value.textContent = String(asked.persons);
    less.disabled = asked.persons <= 1;
    more.disabled = asked.persons >= its.maxPersons;
  }
  function set(n) { asked.persons = n; draw(); changed(); }
  draw();
  return h("div.stepper", { role: "group", aria: { label: t("service.people") } }, icon("people"), h("span.words", {}, h("span.title", {}, t("service.people"))), less, value, more);
}

async function drawEarliest(place, its, asked, signal) {
  const query = `${wanted(its, asked.persons)}&limit=5${asked.here ? `&near=${asked.here}` : ""}`;
  try {
    await free("earliest", query, { signal, draw: (found, state) => {
      if (!found.items.length) { fill(place, notice("info", t("service.full"), h("p", {}, t("service.full.text")))); return; }
      const [first, ...rest] = found.items;
      fill(place, staleNote(state), h("div.stack", {}, best(first, its, asked), h("ul.list", {}, rest.map((one) => h("li", {}, other(one, its, asked))))));
    } });
  } catch (error) { fill(place, trouble(error)); }
}

/** The first place there is, large: most people want just this one. */
function best(one, its, asked) {
  const close = near(one.start, todayLike(one.start));
  const take = h("button.primary.wide", { type: "button" }, h("span", {}, t("place.hold")));
  take.addEventListener("click", doing(take, () => holdPlace(one, its, asked.persons)));
  return h("div.ticket.best", {}, h("div.when", {}, h("span.day", {}, longDay(one.start), close ? h("span.near", {}, ` · ${close}`) : null), h("span.clock", {}, time(one.start)), h("span.until", {}, t("until", { time: time(one.end) }))),
    h("div.tear", { aria: { hidden: "true" } }), h("div.stub", {}, h("span.what", {}, one.officeName), one.metres === null ? null : h("span.under", {}, distance(one.metres)), take));
}

function other(one, its, asked) {
  const row = h("button.rowlink", { type: "button" }, h("span.disc", {}, icon("clock")), h("span.words", {}, h("span.title", {}, dayAndTime(one.start)), h("span.under", {}, one.officeName + (one.metres === null ? "" : ` · ${distance(one.metres)}`))), h("span.take", { aria: { hidden: "true" } }, t("place.take")));
  row.addEventListener("click", doing(row, () => holdPlace(one, its, asked.persons)));
  return row;
}

async function drawOffices(place, its, asked, signal) {
  try {
    const found = await offices(its.slug);
    if (signal.aborted) return;
    fill(place, h("ul.list", {}, found.map((one) => rowLink(`/services/${its.slug}/offices/${one.slug}?persons=${asked.persons}`, one.name, { under: `${one.address.street}, ${one.address.postcode} ${one.address.town}`, mark: "place" }))));
  } catch (error) { fill(place, trouble(error)); }
}

function nearMe(asked, changed) {
  if (!navigator.geolocation) return null;
  const ask = h("button", { type: "button", class: "near-me" }, icon("place"), h("span", {}, t("service.near")));
  ask.addEventListener("click", doing(ask, async () => {
    try {
      const { coords } = await new Promise((done, failed) => navigator.geolocation.getCurrentPosition(done, failed, { timeout: 8000, maximumAge: 600_000 }));
      // Three decimals are about a hundred metres: enough to sort by, and no address of anyone.
      asked.here = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
      ask.remove();
      await changed();
    } catch { toast(t("service.near.not"), { mark: "info" }); }
  }));
  return add(h("div.row.nearrow"), ask);
}
