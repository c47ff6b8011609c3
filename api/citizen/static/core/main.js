// Begins: language, colours, frame, screens; then what goes on behind them.
import { watchInbox } from "./behind.js";
import { follow } from "./router.js";
import { onSession } from "./session.js";
import { buildShell } from "./shell.js";
import { loadTexts, preferred, t } from "./texts.js";
import { toast } from "./parts.js";
import { keepQueue } from "./outbox.js";
import { forgetOld } from "./reads.js";
import { SCREENS } from "../screens/index.js";

const theme = localStorage.getItem("wartefrei-theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

await loadTexts(preferred());
// Without https a browser gives no keys, no locks and no worker: better said than half working.
if (!isSecureContext) {
  document.body.textContent = t("insecure");
  throw new Error("not a secure context");
}
const shell = buildShell();
follow(shell, SCREENS);
watchInbox(shell);
keepQueue();
forgetOld().catch(() => {});
onSession((what) => {
  if (what === "forgotten") location.replace("/app");
  if (what === "lost") toast(t("session.lost"), { mark: "warn", seconds: 0, action: t("understood"), onAction: () => {} });
});
// Photos that wait for a network should not be thrown away when the device runs short of room.
navigator.storage?.persist?.().catch(() => {});
if ("serviceWorker" in navigator) keepEdition().catch((error) => console.error(error));

async function keepEdition() {
  const had = navigator.serviceWorker.controller !== null;
  const registration = await navigator.serviceWorker.register("/app/worker.js", { scope: "/app" });
  const offer = () => {
    if (!registration?.waiting || !had) return;
    toast(t("edition.new"), { mark: "info", seconds: 0, action: t("edition.load"), onAction: () => registration.waiting.postMessage("take over") });
  };
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  let reloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (had && !reloading) { reloading = true; location.reload(); } });
}
