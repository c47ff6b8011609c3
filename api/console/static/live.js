// The stream of a screen: its sign in the bar, what is said when it breaks, and the way back when the session has ended.
import { listen } from "./api.js";
import { h, openDialog, t, toast } from "./shell.js";

let lostAt = null, note = null;

function show(state) {
  const place = document.getElementById("live");
  place.dataset.state = state;
  place.lastElementChild.textContent = state === "open" ? t("live") : t("live.lost");
  if (state === "open" && lostAt !== null) { note?.close(); note = null; toast(t("live.again"), { seconds: 4 }); lostAt = null; }
  if (state === "lost" && lostAt === null) { lostAt = Date.now(); note = toast(t("live.lost.long"), { bad: true, seconds: 0 }); }
  if (state === "ended") signedOut();
}

function signedOut() {
  if (document.querySelector("dialog.ended")) return;
  const then = encodeURIComponent(location.pathname + location.search);
  const { element } = openDialog(t("live.ended"), () => h("div.inside", {}, h("footer", {}, h("a.button.primary", { href: `/console/sign-in?then=${then}` }, t("live.sign_in")))));
  element.classList.add("ended");
}

/** Follows a stream for as long as the page is there. A page that nobody sees for long gives its connection back, and
 *  catches up when it is seen again. */
export function keepLive(path, on) {
  addEventListener("signed-out", signedOut);
  let stop = null, asleep;
  const watch = () => { stop?.(); stop = listen(path, on, show); };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(asleep);
    if (document.hidden) asleep = setTimeout(() => { stop?.(); stop = null; }, 300000);
    else if (!stop) watch();
  });
  watch();
}
