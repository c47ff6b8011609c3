// The stream of a screen: its sign in the bar, what is said when it breaks, and the way back when the session has ended.
import { listen, takeUpSession } from "./api.js";
import { h, openDialog, t, toast } from "./shell.js";

let lostAt = null, note = null, stop = null, watch = () => {};

/** Questions that each part answers: is there something on the page that leaving it would lose? */
export const unsaved = [() => document.querySelector("dialog[open]:not(.ended)") !== null];

function show(state) {
  const place = document.getElementById("live");
  place.dataset.state = state;
  place.lastElementChild.textContent = state === "open" ? t("live") : t("live.lost");
  if (state === "open" && lostAt !== null) { note?.close(); note = null; toast(t("live.again"), { seconds: 4 }); lostAt = null; dispatchEvent(new Event("live-again")); }
  if (state === "lost" && lostAt === null) { lostAt = Date.now(); note = toast(t("live.lost.long"), { bad: true, seconds: 0 }); }
  if (state === "ended") signedOut();
}

/** The page stays as it is. With something on it that would be lost, one signs in in a window beside it and comes back. */
function signedOut() {
  if (document.querySelector("dialog.ended")) return;
  const then = encodeURIComponent(location.pathname + location.search);
  const beside = unsaved.some((ask) => ask());
  const { element, close } = openDialog(t("live.ended"), () => h("div.inside", {}, beside ? h("p", {}, t("live.beside")) : null,
    h("footer", {}, h("a.button.primary", { href: `/console/sign-in?then=${then}`, target: beside ? "_blank" : null, autofocus: true }, t("live.sign_in")))));
  element.classList.add("ended");
  const back = async () => {
    if (document.hidden || !(await takeUpSession()) || !element.isConnected) return;
    close();
    watch();
    dispatchEvent(new Event("live-again"));
  };
  addEventListener("focus", back);
  document.addEventListener("visibilitychange", back);
  element.addEventListener("close", () => { removeEventListener("focus", back); document.removeEventListener("visibilitychange", back); });
}

/** Says so when the session is over, whoever finds it out. */
export function keepSession() { addEventListener("signed-out", signedOut); }

/** Follows a stream for as long as the page is there. A page that nobody sees for long gives its connection back, and
 *  catches up when it is seen again. */
export function keepLive(path, on) {
  keepSession();
  let asleep;
  watch = () => { stop?.(); stop = listen(path, on, show); };
  // A stream does not notice that the way is gone until nothing has come for long; the browser knows at once.
  addEventListener("offline", () => { if (stop) watch(); });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(asleep);
    if (document.hidden) asleep = setTimeout(() => { stop?.(); stop = null; }, 300000);
    else if (!stop) watch();
  });
  watch();
}
