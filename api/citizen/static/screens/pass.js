// The pass: large, bright, and there without a network.
import { fill, h, icon } from "../core/dom.js";
import { empty, link, skeleton } from "../core/parts.js";
import { read } from "../core/api.js";
import { dayAndTime, t } from "../core/texts.js";
import { keepPass, keptPass } from "../core/passes.js";
import { servicesOf } from "./tickets.js";

export async function show({ root, params, signal }) {
  fill(root, skeleton(1, "tall"));
  const kept = await keptPass(params.appointment);
  if (kept) draw(root, kept, true);
  stayAwake(signal);
  try {
    const pass = await keepPass(await read(`/v1/appointments/${params.appointment}`, { signal }));
    if (!signal.aborted && pass.version !== kept?.version) draw(root, pass);
    else if (!signal.aborted) root.querySelector(".kept")?.remove();
  } catch {
    if (!kept && !signal.aborted) fill(root, empty("qr", t("pass.none"), t("pass.none.text"), link(t("back"), `/appointments/${params.appointment}`)));
  }
}

function draw(root, pass, fromDevice = false) {
  const one = pass.appointment;
  const image = h("img", { alt: t("pass.alt", { reference: pass.reference }), src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(pass.picture)}` });
  fill(root, h("div.pass", {},
    h("div.passhead", {}, h("span.day", {}, dayAndTime(one.start)), h("span", {}, one.office.name)),
    h("div.tear", { aria: { hidden: "true" } }),
    h("div.code", {}, image), h("p.reference", {}, pass.reference), h("p.under", {}, servicesOf(one)), h("p.under", {}, one.person.name)),
  h("p.passhint", {}, icon("info"), t("pass.hint")), fromDevice ? h("p.stale.kept", {}, icon("offline"), t("pass.kept")) : null);
}

/** Nobody wants to unlock a phone at the counter. */
async function stayAwake(signal) {
  try {
    const lock = await navigator.wakeLock?.request("screen");
    signal.addEventListener("abort", () => lock?.release(), { once: true });
  } catch { /* the device says no */ }
}
