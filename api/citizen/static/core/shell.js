// What is around every screen: the head, the five ways, messages, and how the connection is.
import { add, fill, h, icon } from "./dom.js";
import { button, say, trouble } from "./parts.js";
import { goBack } from "./router.js";
import { t } from "./texts.js";

const TABS = [["home", "/", "home"], ["appointments", "/appointments", "calendar"], ["forms", "/forms", "papers"], ["inbox", "/inbox", "inbox"], ["settings", "/settings", "more"]];

/** Builds it once; answers what the router needs, and `unread(n)`. */
export function buildShell() {
  const main = h("main", { id: "main", tabIndex: -1 });
  const badge = h("span.badge", { hidden: true }), unseen = h("span.unseen");
  const tabs = TABS.map(([name, to, mark]) => h("a", { href: `#${to}`, data: { tab: name } }, h("span.pill", {}, icon(mark), name === "inbox" ? badge : null), h("span", {}, t(`tab.${name}`)), name === "inbox" ? unseen : null));
  const line = h("p", { id: "connection", role: "status" });
  fill(document.body,
    h("a.skip", { href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, t("skip")),
    h("nav.tabs", { aria: { label: t("tabs") } }, h("a.brand", { href: "#/", aria: { hidden: "true" }, tabIndex: -1 }, h("img", { src: new URL("../icons/mark.svg", import.meta.url).href, alt: "", width: 32, height: 32 }), h("span", {}, "Wartefrei")), tabs),
    line, main,
    h("div", { id: "toasts", role: "status", aria: { label: t("messages") } }), h("div", { id: "said", role: "status" , class: "unseen" }));
  watchConnection(line);
  let first = true;

  function open(route) {
    const head = h("h1", { tabIndex: -1 }, t(`screen.${route.screen}`));
    const beside = h("div.beside", {});
    const back = route.up ? h("button.plain.back", { type: "button", aria: { label: t("back") }, onclick: () => goBack(route.up) }, icon("back")) : null;
    const body = h("div.body", {});
    fill(main, h(`header.head${route.up ? "" : ".top"}`, {}, back, head, beside), body);
    main.dataset.screen = route.screen;
    for (const tab of tabs) { if (tab.dataset.tab === route.tab) tab.setAttribute("aria-current", "page"); else tab.removeAttribute("aria-current"); }
    scrollTo(0, 0);
    // On the first screen focus belongs to the browser; afterwards a screen reader hears where it is.
    if (!first) head.focus({ preventScroll: true });
    first = false;
    return { main, head, beside, root: body };
  }

  function failed(error, place, again) {
    console.warn(error);
    fill(place.root, trouble(error, button(t("again"), again)));
  }

  function unread(n) {
    badge.hidden = n === 0;
    badge.textContent = n > 99 ? "99+" : String(n);
    unseen.textContent = n ? ` ${t("unread", { n })}` : "";
    if (n) navigator.setAppBadge?.(n).catch(() => {}); else navigator.clearAppBadge?.().catch(() => {});
  }
  return { open, failed, unread };
}

function watchConnection(line) {
  const draw = () => {
    const off = !navigator.onLine;
    fill(line, off ? [icon("offline"), h("span", {}, t("offline"))] : []);
    document.documentElement.classList.toggle("offline", off);
  };
  addEventListener("online", () => { draw(); say(t("online")); });
  addEventListener("offline", draw);
  draw();
}

/** Content under the head that belongs to it, such as a search field. */
export const under = (place, ...content) => add(place.main.querySelector(".head"), h("div.beneath", {}, content));
