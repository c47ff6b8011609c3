// A time that runs out by the server's clock.
import { serverNow } from "./clock.js";
import { h } from "./dom.js";
import { duration, t } from "./texts.js";

/** An element that counts down to `until` (an instant); `over` is called once. Screen readers hear it at the start, and when
 *  two minutes and half a minute are left: not each second. */
export function countdown(until, { from, label, over, signal, say }) {
  const end = Date.parse(until), whole = Math.max(end - (from ? Date.parse(from) : serverNow()), 1000);
  const text = h("b", { aria: { hidden: "true" } }), rest = h("i");
  const element = h("div.countdown", { role: "timer", aria: { label: t("countdown", { what: label, time: duration(end - serverNow()) }) } },
    h("span", {}, label), text, h("span.track", { aria: { hidden: "true" } }, rest));
  let told = Infinity;
  function tick() {
    const left = end - serverNow();
    text.textContent = duration(left);
    rest.style.setProperty("--share", String(Math.max(0, Math.min(1, left / whole))));
    element.classList.toggle("soon", left < 120_000);
    for (const mark of [120_000, 30_000]) {
      if (left <= mark && told > mark) { if (told !== Infinity && left > 0) say?.(t("countdown", { what: label, time: duration(left) })); told = mark; }
    }
    if (told === Infinity) told = whole + 1;
    if (left <= 0) { clearInterval(timer); element.classList.add("over"); over?.(); }
  }
  const timer = setInterval(tick, 250);
  signal?.addEventListener("abort", () => clearInterval(timer), { once: true });
  tick();
  return element;
}
