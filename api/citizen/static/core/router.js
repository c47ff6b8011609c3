// Which screen: what stands behind the #, which no browser sends and no log holds.
import { t } from "./texts.js";

// One line a screen. `tab`: what is marked below; `up`: where "back" leads when there was nothing before.
const ROUTES = [
  { path: "/", screen: "home", tab: "home" },
  { path: "/find", screen: "find", tab: "home", up: "/" },
  { path: "/services/:service", screen: "service", tab: "home", up: "/find" },
  { path: "/services/:service/offices/:office", screen: "slots", tab: "home", up: "/services/:service" },
  { path: "/holds/:hold", screen: "book", tab: "home", up: "/find" },
  { path: "/wait/:service", screen: "wait", tab: "home", up: "/services/:service" },
  { path: "/appointments", screen: "appointments", tab: "appointments" },
  { path: "/appointments/:appointment", screen: "appointment", tab: "appointments", up: "/appointments" },
  { path: "/appointments/:appointment/pass", screen: "pass", tab: "appointments", up: "/appointments/:appointment" },
  { path: "/appointments/:appointment/move", screen: "move", tab: "appointments", up: "/appointments/:appointment" },
  { path: "/offers/:offer", screen: "offer", tab: "appointments", up: "/appointments" },
  { path: "/forms", screen: "forms", tab: "forms" },
  { path: "/drafts/:draft", screen: "form", tab: "forms", up: "/forms" },
  { path: "/cases/:case", screen: "case", tab: "forms", up: "/forms" },
  { path: "/inbox", screen: "inbox", tab: "inbox" },
  { path: "/settings", screen: "settings", tab: "settings" },
].map((route) => ({ ...route, pattern: new RegExp(`^${route.path.replace(/:(\w+)/g, "(?<$1>[\\w-]+)")}$`) }));

let depth = 0;
export const go = (path) => { depth += 1; location.hash = path; };
/** In place of where we are: for steps that lead nowhere any more once they are done. */
export const goInstead = (path) => { location.replace(`#${path}`); };
export function goBack(up) { if (depth > 0) { depth -= 1; history.back(); } else goInstead(up); }

export function where() {
  const [path, query = ""] = (location.hash.slice(1) || "/").split("?");
  for (const route of ROUTES) {
    const found = route.pattern.exec(path);
    if (found) {
      const params = { ...found.groups }, asked = Object.fromEntries(new URLSearchParams(query));
      return { ...route, params, asked, up: route.up?.replace(/:(\w+)/g, (_, name) => params[name]) };
    }
  }
  return { ...ROUTES[0], params: {}, asked: {} };
}

/** Shows one of `screens` whenever the address changes. `shell.open(route)` answers where it goes. */
export function follow(shell, screens) {
  let running;
  async function show() {
    running?.abort();
    running = new AbortController();
    const { signal } = running, route = where();
    const place = shell.open(route);
    try {
      const screen = await screens[route.screen]();
      if (signal.aborted) return;
      await screen.show({ ...place, ...route, signal });
    } catch (error) { if (!signal.aborted) shell.failed(error, place, show); }
    if (!signal.aborted) document.title = t("title", { what: place.head.textContent });
  }
  addEventListener("hashchange", show);
  show();
  return show;
}
