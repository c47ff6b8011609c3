// Holding a place, from wherever one is offered.
import { command, erase } from "../core/api.js";
import { dialog, explain } from "../core/parts.js";
import { h, icon } from "../core/dom.js";
import { Problem } from "../core/problem.js";
import { go } from "../core/router.js";
import { put } from "../core/store.js";
import { dayAndTime, t } from "../core/texts.js";

/** Holds {office, start} and goes to the booking; answers nothing. What stands in the way is said, with what can be had. */
export async function holdPlace(place, service, persons, then = (hold) => go(`/holds/${hold.id}`)) {
  try {
    const hold = await hold1(place, [{ service: service.id, persons }]);
    then(hold);
  } catch (error) { refused(error, service, persons, then); }
}

/** The hold. One that this person had before is given back: whoever taps another place wants that one. */
export async function hold1(place, services) {
  const body = { office: place.office, start: place.start, services }, name = `hold ${place.office} ${place.start}`;
  for (let again = false; ; again = true) {
    try {
      const hold = await command(name, "/v1/holds", body, { tries: 3 });
      await put("kept", `hold ${hold.id}`, hold);
      return hold;
    } catch (error) {
      if (again || !(error instanceof Problem) || error.code !== "hold-exists" || !error.hold) throw error;
      await erase(`/v1/holds/${error.hold}`).catch((other) => { if (!(other instanceof Problem) || other.status !== 404) throw other; });
    }
  }
}

function refused(error, service, persons, then) {
  const others = error instanceof Problem && error.code === "slot-taken" ? error.alternatives ?? [] : [];
  if (!others.length) {
    const { title, text } = explain(error);
    dialog(title, (close) => [h("p", {}, text), h("footer", {}, h("button.primary", { type: "button", onclick: close }, t("understood")))]);
    return;
  }
  dialog(t("taken.title"), (close) => [
    h("p", {}, t("taken.text")),
    h("ul.list.flat", {}, others.map((one) => h("li", {}, h("button.rowlink", { type: "button", onclick: () => { close(); holdPlace(one, service, persons, then); } }, h("span.disc", {}, icon("clock")), h("span.words", {}, h("span.title", {}, dayAndTime(one.start))), icon("next"))))),
  ]);
}

