// The screen in the waiting room. The key stands behind the # of its address once; from then on the screen remembers it.
import { listen } from "./api.js";
import { data, h } from "./shell.js";

const stored = `wartefrei-display-${data.office}`;
const given = location.hash.match(/^#key=([\w-]{43})$/);
if (given) { localStorage.setItem(stored, given[1]); history.replaceState(null, "", location.pathname); }

const list = document.getElementById("calls"), none = document.getElementById("none"), trouble = document.getElementById("trouble");
let before = new Set(), first = true;

function show({ calls }) {
  const now = new Set(calls.map((one) => `${one.number} ${one.since}`));
  none.hidden = calls.length > 0;
  list.replaceChildren(...calls.map((one) => h(`li${!first && !before.has(`${one.number} ${one.since}`) ? ".new" : ""}`, {}, h("b", {}, one.number), h("span.arrow", { aria: { hidden: "true" } }, "→"), h("span", {}, one.counter))));
  fit();
  before = now;
  first = false;
}

/** Nobody scrolls the screen of a waiting room: the more are called, the smaller each is, down to what can still be read. */
function fit() {
  for (const size of [1, 0.85, 0.72, 0.62, 0.53, 0.45, 0.38]) {
    list.style.setProperty("--fit", size);
    if (document.documentElement.scrollHeight <= innerHeight) return;
  }
}
addEventListener("resize", fit);

listen(`/console/display/${encodeURIComponent(data.office)}/calls`, (kind, body) => { if (kind === "calls") show(body); }, (state, reason) => {
  trouble.hidden = state === "open";
  if (state === "ended" && reason === "token-expired") { location.reload(); return; }
  trouble.textContent = trouble.dataset[state] ?? "";
  if (state === "ended") { list.replaceChildren(); none.hidden = true; }
}, { "X-Display-Key": localStorage.getItem(stored) ?? "" });

const clock = document.getElementById("clock");
const tick = () => { clock.textContent = new Intl.DateTimeFormat(data.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date()); };
tick();
setInterval(tick, 5000);
