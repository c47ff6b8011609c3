// The questions of a form, as fields. Whatever is asked or hidden by an answer comes and goes at once.
import { fill, h, icon } from "../core/dom.js";
import { given, questions, set, shows, strip } from "../core/formlogic.js";
import { answer, nudge } from "../core/outbox.js";
import { button, doing, field } from "../core/parts.js";
import { t } from "../core/texts.js";
import { drawFiles } from "./formfiles.js";

/** The elements of one page, and a promise that whatever was typed is kept. `answers()` and `faults()` say how it stands; `changed()` is told after each answer. */
export function drawQuestions({ draft, element, form, answers, faults, changed, signal }) {
  const parts = [];
  let saving = Promise.resolve();
  const context = {
    draft, form, signal, faults, changed: () => Promise.resolve(changed()).then(redraw),
    read: (path) => given(answers(), path),
    write: (path, value) => { saving = saving.then(() => answer(draft, path, value)).then(changed).then(redraw).then(settle); return saving; },
    part: (it) => { parts.push(it); return it.box; },
    scope: () => strip(form.controls, answers()),
  };
  const redraw = () => { const scope = context.scope(); for (const one of parts) one.look(scope); };
  let timer;
  const settle = () => { clearTimeout(timer); timer = setTimeout(nudge, 900); };
  const box = h("div.stack.loose", {}, layout(element, context, { above: [], rules: [], key: [] }));
  redraw();
  return { box, settled: () => saving };
}

/** `at.above`: where a row is in the answers; `at.key`: the same in the texts; `at.scope(whole)`: what its rules look at. */
function layout(element, context, at) {
  if (element.type === "Control") return control(element, context, at);
  const rules = element.rule ? [...at.rules, element.rule] : at.rules;
  if (element.type === "Label") return h("p.notice.plainnote", {}, context.form.texts[`${element.i18n}.text`]);
  const inside = (element.elements ?? []).map((inner) => layout(inner, context, { ...at, rules }));
  if (element.type === "HorizontalLayout") return h("div.pair", {}, inside);
  if (element.type !== "Group") return inside;
  const box = h("section.card.stack.group-box", {}, h(context.form.pages.length > 1 || at.above.length ? "h3" : "h2", {}, context.form.texts[`${element.i18n}.label`]), inside);
  return context.part({ box, look: (scope) => { box.hidden = !shows(rules, inRow(scope, at)); } });
}

const inRow = (scope, at) => (at.above.length ? given(scope, at.above) ?? {} : scope);

function control(element, context, at) {
  const within = at.schema ?? context.form.root, [one] = questions(element, within, context.form.root);
  const path = [...at.above, ...one.path], key = [...at.key, ...one.path].join("."), { texts } = context.form;
  const pointer = `/${path.join("/")}`, rules = element.rule ? [...at.rules, element.rule] : at.rules;
  const label = texts[`${key}.label`], hint = texts[`${key}.description`], optional = (!one.required || one.owedWith !== null) && !label.includes(t("optional"));
  const widget = widgetOf(one, { context, path, key, label, hint, optional, element, at });
  widget.box.dataset.pointer = pointer;
  return context.part({ box: widget.box, look: (scope) => {
    widget.box.hidden = !shows(rules, inRow(scope, at));
    const wrong = context.faults();
    widget.complain(wrong.has(pointer) ? wrong.get(pointer) ?? texts[`${key}.error.required`] ?? t("form.required") : "");
    widget.look?.(scope);
  } });
}

function widgetOf(one, its) {
  const { schema } = one;
  if (schema.attachment) return drawFiles(one, its);
  if (its.element.options?.map) return pointOf(its);
  if (one.rows) return rowsOf(one, its);
  if (schema.type === "boolean") return schema.const === true ? agreement(its) : yesNo(its);
  if (schema.enum) return schema.enum.length > 6 ? select(schema, its) : oneOf(schema.enum.map((value) => [value, its.context.form.texts[`${its.key}.${value}`]]), its);
  if (schema.type === "array" && schema.items?.enum) return someOf(schema, its);
  if (schema.type === "array") return lines(its);
  return text(schema, its);
}

/** A place on the map: the device knows where it is. Latitude stands for both; whoever wants can leave it out. */
function pointOf({ context, path }) {
  if (path.at(-1) !== "latitude") return { box: h("div"), complain() {} };
  const above = path.slice(0, -1), said = h("p.quiet"), its = group(t("form.point"), t("form.point.hint"), true, "", []);
  const here = h("button", { type: "button" }, icon("place"), h("span", {}, t("form.point.here")));
  const away = h("button", { type: "button", onclick: async () => { await context.write(above, undefined); draw(); } }, icon("trash"), h("span", {}, t("form.point.remove")));
  const draw = () => {
    const point = context.read(above);
    said.textContent = point ? t("form.point.at", { latitude: point.latitude.toFixed(4), longitude: point.longitude.toFixed(4) }) : "";
    here.hidden = Boolean(point);
    away.hidden = !point;
  };
  here.addEventListener("click", doing(here, async () => {
    try {
      const { coords } = await new Promise((done, failed) => navigator.geolocation.getCurrentPosition(done, failed, { enableHighAccuracy: true, timeout: 10_000 }));
      await context.write(above, { latitude: Number(coords.latitude.toFixed(5)), longitude: Number(coords.longitude.toFixed(5)) });
      draw();
    } catch { said.textContent = t("service.near.not"); }
  }));
  its.box.querySelector(".options").replaceWith(h("div.stack.pointbox", {}, said, h("div.row", {}, here, away)));
  draw();
  return its;
}

const TYPES = { date: ["date", ""], email: ["email", "email"] };
const COMPLETE = [[/givenNames$/, "given-name"], [/familyName$/, "family-name"], [/(^|\.)name$/, "name"], [/email$/, "email"], [/phone$/, "tel"], [/postcode$/, "postal-code"], [/dateOfBirth$/, "bday"], [/newHome.street$|address.street$/, "off"]];

function text(schema, { context, path, key, label, hint, optional, element }) {
  const number = schema.type === "integer" || schema.type === "number", multi = element.options?.multi || (schema.maxLength ?? 0) > 300;
  const value = context.read(path), complete = COMPLETE.find(([pattern]) => pattern.test(key))?.[1] ?? "off";
  const input = multi ? h("textarea", { rows: 4, maxlength: schema.maxLength }, value ?? "") : h("input", { type: TYPES[schema.format]?.[0] ?? (/phone$/.test(key) ? "tel" : "text"), inputmode: number ? "decimal" : /postcode|Number$/.test(key) && /0-9/.test(schema.pattern ?? "") ? "numeric" : null, maxlength: schema.maxLength, value: value === undefined ? "" : String(value), autocomplete: complete });
  const read = () => {
    const raw = input.value.trim();
    if (raw === "") return undefined;
    return number ? (Number.isFinite(Number(raw.replace(",", "."))) ? Number(raw.replace(",", ".")) : raw) : raw;
  };
  let timer;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => context.write(path, read()), 250); });
  input.addEventListener("change", () => { clearTimeout(timer); context.write(path, read()); });
  return field(label, input, { hint, optional });
}

function select(schema, { context, path, key, label, hint, optional }) {
  const chosen = context.read(path);
  const input = h("select", { onchange: () => context.write(path, input.value || undefined) }, h("option", { value: "" }, t("form.choose")),
    schema.enum.map((value) => h("option", { value, selected: value === chosen }, context.form.texts[`${key}.${value}`])));
  return field(label, input, { hint, optional });
}

let groups = 0;
function group(label, hint, optional, kind, options) {
  const id = `g${(groups += 1)}`, wrong = h("p.wrong", { id, hidden: true });
  const box = h(`fieldset.choices${kind}`, {}, h("legend", {}, label, optional ? h("span.optional", {}, ` ${t("optional")}`) : null), hint ? h("p.hint", {}, hint) : null, h("div.options", {}, options), wrong);
  return { box, complain(text) {
    fill(wrong, text || "");
    wrong.hidden = !text;
    box.classList.toggle("faulty", Boolean(text));
    if (text) box.setAttribute("aria-describedby", id); else box.removeAttribute("aria-describedby");
  } };
}

function oneOf(choices, { context, path, label, hint, optional }, kind = "") {
  const name = path.join("."), chosen = context.read(path);
  return group(label, hint, optional, kind, choices.map(([value, text]) => h("label.choice", {}, h("input", { type: "radio", name, checked: value === chosen, onchange: () => context.write(path, value) }), h("span", {}, text))));
}

const yesNo = (its) => oneOf([[true, t("yes")], [false, t("no")]], its, ".pills");

function agreement({ context, path, label, hint }) {
  const its = group(t("form.agree"), hint, false, "", h("label.choice", {}, h("input", { type: "checkbox", checked: context.read(path) === true, onchange: (event) => context.write(path, event.target.checked || undefined) }), h("span", {}, label)));
  its.box.firstChild.classList.add("unseen");
  return its;
}

function someOf(schema, { context, path, key, label, hint, optional }) {
  const chosen = new Set(context.read(path) ?? []);
  return group(label, hint, optional, "", schema.items.enum.map((value) => h("label.choice", {}, h("input", { type: "checkbox", checked: chosen.has(value), onchange: (event) => {
    if (event.target.checked) chosen.add(value); else chosen.delete(value);
    context.write(path, chosen.size ? schema.items.enum.filter((one) => chosen.has(one)) : undefined);
  } }), h("span", {}, context.form.texts[`${key}.${value}`]))));
}

/** A list of short texts, one a line with commas between: nationalities, for example. */
function lines({ context, path, label, hint, optional }) {
  const input = h("input", { type: "text", value: (context.read(path) ?? []).join(", ") });
  input.addEventListener("change", () => { const found = [...new Set(input.value.split(",").map((one) => one.trim()).filter(Boolean))]; context.write(path, found.length ? found : undefined); });
  return field(label, input, { hint: hint ?? t("form.commas"), optional });
}

/** People, for example: a card each, and one more. */
function rowsOf(one, { context, path, key, label, element }) {
  const list = h("div.stack"), head = group(label, null, false, ".rows", list);
  const inner = { context, schema: one.schema.items, key: [...key.split(".")] };
  const draw = () => fill(list, rows().map((_, n) => card(n)), rows().length < (one.schema.maxItems ?? 99) ? button(t("form.add"), async () => { await context.write(path, [...rows(), {}]); draw(); }, { mark: "plus" }) : null);
  const rows = () => context.read(path) ?? [];
  function card(n) {
    const away = h("button.plain", { type: "button", aria: { label: t("form.remove", { n: n + 1 }) }, onclick: async () => { const rest = rows().filter((_, at) => at !== n); await context.write(path, rest.length ? rest : undefined); draw(); } }, "×");
    const nested = drawRow(context, [...path, n], element.options.detail, inner);
    return h("section.card.stack.rowcard", {}, h("div.rowhead", {}, h("h3", {}, `${label} · ${n + 1}`), away), nested);
  }
  draw();
  return head;
}

function drawRow(context, above, detail, { schema, key }) {
  const row = Number(above.at(-1)), list = above.slice(0, -1);
  const scoped = { ...context,
    read: (path) => given(context.read(list)?.[row] ?? {}, path.slice(above.length)),
    write: (path, value) => context.write(list, (context.read(list) ?? []).map((one, n) => (n === row ? set(one, path.slice(above.length), value) : one))) };
  return layout(detail, scoped, { above, rules: [], key, schema });
}

