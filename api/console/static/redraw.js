// When a screen is drawn anew: as soon as something is other than before, but never while a finger or the mouse is down.
// What is pressed would be gone when it is let go, and the click with it; where many come and go, that is every tenth.

/** Who holds longer than this drags, or lets go where the page does not hear of it. */
const LONGEST_PRESS_MS = 5000;
/** A finger's click comes a moment after the finger has gone. */
const CLICK_AFTER_TOUCH_MS = 100;

const screens = [];
let down = false, timer;

function letGo() {
  down = false;
  for (const drawOwed of screens) drawOwed();
}
function letGoIn(milliseconds) { clearTimeout(timer); timer = setTimeout(letGo, milliseconds); }

addEventListener("pointerdown", () => { down = true; letGoIn(LONGEST_PRESS_MS); }, true);
addEventListener("pointerup", (event) => letGoIn(event.pointerType === "touch" ? CLICK_AFTER_TOUCH_MS : 0), true);
addEventListener("pointercancel", () => letGoIn(0), true);
// Whoever hears the click sees at once what it has done.
addEventListener("click", () => { down = false; letGoIn(0); }, true);

/** For one screen: `onChange(draw)` adds a part of it, `changed(ids)` draws all of them; `ids`: only these are other than
 *  before, without it anything may be. */
export function drawing() {
  const parts = [];
  let owed;
  function drawOwed() {
    if (owed === undefined) return;
    const ids = owed;
    owed = undefined;
    for (const draw of parts) draw(ids);
  }
  screens.push(drawOwed);
  return {
    onChange(draw) { parts.push(draw); },
    changed(ids = null) {
      owed = ids && owed !== null ? [...new Set([...owed ?? [], ...ids])] : null;
      if (!down) drawOwed();
    },
  };
}
