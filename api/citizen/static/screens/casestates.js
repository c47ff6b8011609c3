// How the state of a case looks.
import { h, icon } from "../core/dom.js";
import { t } from "../core/texts.js";

const TONES = { submitted: ["wait", "clock"], in_review: ["wait", "search"], info_requested: ["civic", "warn"], approved: ["good", "check"], rejected: ["bad", "close"], withdrawn: ["off", "close"] };
export const toneOf = (state) => TONES[state];

export function caseChip(one) {
  const [tone, mark] = TONES[one.state];
  return h(`span.chip.${tone}`, {}, icon(mark), t(`case.${one.state}`));
}
