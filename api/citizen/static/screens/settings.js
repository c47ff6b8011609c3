// Language, colours, what one wants to hear of, and forgetting everything.
import { erase, readTagged, replace } from "../core/api.js";
import { chooseCity, cities, cityId, districts } from "../core/city.js";
import { fill, h } from "../core/dom.js";
import { button, confirm, field, notice, radios, skeleton, toast, toggle, trouble } from "../core/parts.js";
import { Problem } from "../core/problem.js";
import { go } from "../core/router.js";
import { hasSession, tell } from "../core/session.js";
import { wipe } from "../core/store.js";
import { inUse, t } from "../core/texts.js";

const GROUPS = ["appointments", "reminders", "calls", "offers", "cases", "documents", "announcements"];

export async function show({ root, signal }) {
  const notices = h("section", {}, skeleton(2)), city = h("div");
  fill(root,
    radios("language", t("settings.language"), [["de", "Deutsch"], ["en", "English"]], inUse(), setLanguage, { kind: "pills" }),
    radios("theme", t("settings.theme"), ["auto", "light", "dark"].map((one) => [one, t(`settings.theme.${one}`)]), localStorage.getItem("wartefrei-theme") ?? "auto", setTheme, { kind: "pills" }),
    city, notices,
    h("section.card.stack", {}, h("h2", {}, t("settings.forget")), h("p.quiet", {}, t("settings.forget.text")), button(t("settings.forget.do"), forget, { kind: "quietbad" })),
    h("p.small.quiet", {}, t("settings.about"), " ", h("a", { href: "/docs/guide" }, t("settings.guide"))));
  await Promise.all([drawCity(city), drawNotices(notices, signal)]);
}

async function setLanguage(chosen) {
  localStorage.setItem("wartefrei-language", chosen);
  // What the server sends when nobody looks should be in it as well.
  if (await hasSession()) await replace("PATCH", "/v1/me", { language: chosen }).catch(() => {});
  location.reload();
}

function setTheme(chosen) {
  if (chosen === "auto") { localStorage.removeItem("wartefrei-theme"); delete document.documentElement.dataset.theme; return; }
  localStorage.setItem("wartefrei-theme", chosen);
  document.documentElement.dataset.theme = chosen;
}

async function drawCity(place) {
  const [every, mine] = await Promise.all([cities(), cityId()]).catch(() => [[], null]);
  if (every.length > 1) fill(place, radios("city", t("settings.city"), every.map((one) => [one.id, one.name]), mine, async (id) => { await chooseCity(id); toast(t("settings.saved")); go("/"); }, { kind: "pills" }));
}

async function drawNotices(place, signal) {
  if (!(await hasSession())) { fill(place, notice("bell", t("settings.notices"), h("p", {}, t("settings.notices.later")))); return; }
  let found;
  try { found = await readTagged("/v1/me/preferences", { signal }); } catch (error) { fill(place, h("h2", {}, t("settings.notices")), trouble(error)); return; }
  const parts = await districts().catch(() => []), mine = await cityId();
  let { body, etag } = found;
  /** One after the other: each save names the version that it was made from. */
  let saving = Promise.resolve();
  const save = (change) => {
    saving = saving.then(async () => {
      change(body);
      const { version, ...wish } = body;
      try { ({ body, etag } = await replace("PUT", "/v1/me/preferences", wish, etag)); toast(t("settings.saved")); } catch (error) {
        if (error instanceof Problem && error.status === 412) { await drawNotices(place, signal); toast(t("settings.changed"), { mark: "info" }); } else toast(error.title ?? t("problem.offline.title"), { mark: "warn" });
      }
    });
  };
  const channels = (group) => h("fieldset.group", {}, h("legend", {}, t(`group.${group}`)), ["push", "mail"].map((channel) =>
    toggle(t(`channel.${channel}`), body.kinds[group][channel], (on) => save((all) => { all.kinds[group][channel] = on; }))));
  const quiet = toggle(t("settings.quiet"), body.quietHours !== null, (on) => save((all) => { all.quietHours = on ? { start: "22:00", end: "07:00", zone: "Europe/Berlin" } : null; }), { under: t("settings.quiet.text") });
  const select = h("select", { onchange: () => save((all) => { all.subscriptions = { ...all.subscriptions, city: mine, district: select.value || null }; }) },
    h("option", { value: "" }, t("settings.district.all")), parts.map((one) => h("optgroup", { label: one.name }, one.parts.map((part) => h("option", { value: part.id, selected: part.id === body.subscriptions.district }, part.name)))));
  fill(place, h("h2", {}, t("settings.notices")), h("p.quiet.small", {}, t("settings.notices.text")),
    h("div.list.groups", {}, quiet, GROUPS.map(channels)), h("div.apart", {}, field(t("settings.district"), select).box));
}

function forget() {
  let everywhere = false;
  confirm(t("settings.forget"), [h("p", {}, t("settings.forget.means")), h("ul.dots", {}, ["passes", "drafts", "appointments"].map((one) => h("li", {}, t(`settings.forget.${one}`)))),
    h("div.list.flat", {}, toggle(t("settings.erase"), false, (on) => { everywhere = on; }, { under: t("settings.erase.text") }))],
    { yes: t("settings.forget.yes"), danger: true, act: async () => {
      // What the city has of a person goes only if the city says so: while appointments live it refuses, and that is shown.
      if (everywhere && (await hasSession())) await erase("/v1/me");
      // Without a network the session stays at the server until it runs out; the device forgets its tokens all the same.
      if (await hasSession()) await erase("/v1/sessions/current").catch(() => {});
      await wipe();
      for (const key of Object.keys(localStorage)) if (key.startsWith("wartefrei-")) localStorage.removeItem(key);
      tell("forgotten");
    } });
}
