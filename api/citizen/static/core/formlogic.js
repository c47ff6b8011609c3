// What a form asks, given the answers so far. The same rules as the server's, held against its published test vectors; the
// server has the last word. Pure.

const MISSING = Symbol("missing");

/** `{controls, pages}` of a form's version: every question with the rules above it, in order. */
export function understand(version) {
  const root = version.schema;
  const pages = version.ui.type === "Categorization" ? version.ui.elements : [version.ui];
  return { root, pages, controls: pages.flatMap((page) => questions(page, root, root)) };
}

/** The questions below an element of the layout. `within`: the schema of the form or of a row. */
export function questions(element, within, root, rules = []) {
  const all = element.rule ? [...rules, element.rule] : rules;
  if (element.type !== "Control") return (element.elements ?? []).flatMap((inner) => questions(inner, within, root, all));
  const path = pathOf(element.scope), { schema, required, owedWith } = find(within, path, root);
  const rows = schema.type === "array" && open(schema.items, root)?.type === "object"
    ? questions(element.options.detail, open(schema.items, root), root) : null;
  return [{ element, path, schema, required, owedWith, rules: all, rows }];
}

export const pathOf = (scope) => scope.split("/").slice(1).filter((_, n) => n % 2 === 1);
const open = (schema, root) => (schema?.$ref ? schema.$ref.split("/").slice(1).reduce((at, name) => at[name], root) : schema);

function find(within, path, root) {
  let schema = within, required = true, owedWith = null;
  path.forEach((name, n) => {
    required = (schema.required ?? []).includes(name);
    if (!required && n < path.length - 1) owedWith = path.slice(0, n + 1);
    schema = open(schema.properties[name], root);
  });
  // What is required in something that is not is owed only once that is there: a longitude, where a latitude is given.
  return { schema, required, owedWith };
}

/** Whether a pointer leads to what `outer` leads to, or into it. */
export const within = (pointer, outer) => `${pointer}/`.startsWith(`${outer}/`);
/** Whether one of two leads into the other: a list is asked for as a whole, or by its rows. */
export const meet = (one, other) => within(one, other) || within(other, one);

export function get(answers, path) {
  let at = answers;
  for (const name of path) {
    if (at === null || typeof at !== "object" || !(name in at)) return MISSING;
    at = at[name];
  }
  return at;
}
export const given = (answers, path) => { const found = get(answers, path); return found === MISSING ? undefined : found; };

/** The answers with another one at `path`; undefined takes it away. */
export function set(answers, path, value) {
  const [name, ...rest] = path, copy = { ...answers };
  const next = rest.length ? set(copy[name] ?? {}, rest, value) : value;
  if (next === undefined || (rest.length && Object.keys(next).length === 0)) delete copy[name]; else copy[name] = next;
  return copy;
}

function holds(condition, scope) {
  if (condition.conditions) {
    const parts = condition.conditions.map((part) => holds(part, scope));
    return condition.type === "AND" ? parts.every(Boolean) : parts.some(Boolean);
  }
  const value = get(scope, pathOf(condition.scope));
  return value !== MISSING && fits(condition.schema, value);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
/** As much of JSON Schema as conditions use. */
function fits(schema, value) {
  if (typeof schema === "boolean") return schema;
  const of = (type) => (type === "array" ? Array.isArray(value) : type === "null" ? value === null : type === "integer" ? Number.isInteger(value) : type === "object" ? value !== null && typeof value === "object" && !Array.isArray(value) : typeof value === type);
  return (schema.const === undefined || same(schema.const, value)) && (!schema.enum || schema.enum.some((one) => same(one, value)))
    && (!schema.type || [schema.type].flat().some(of)) && (schema.minimum === undefined || typeof value !== "number" || value >= schema.minimum)
    && (schema.maximum === undefined || typeof value !== "number" || value <= schema.maximum)
    && (schema.minLength === undefined || typeof value !== "string" || [...value].length >= schema.minLength)
    && (!schema.pattern || typeof value !== "string" || new RegExp(schema.pattern, "u").test(value))
    && (schema.minItems === undefined || !Array.isArray(value) || value.length >= schema.minItems)
    && (!schema.contains || !Array.isArray(value) || value.some((one) => fits(schema.contains, one)))
    && (!schema.not || !fits(schema.not, value)) && (schema.allOf ?? []).every((one) => fits(one, value))
    && (!schema.anyOf || schema.anyOf.some((one) => fits(one, value)));
}

export const shows = (rules, scope) => rules.every((rule) => (rule.effect === "SHOW" ? holds(rule.condition, scope) : rule.effect !== "HIDE" || !holds(rule.condition, scope)));

/** The answers to what is shown: whatever is hidden counts as never given. Each round begins with what was really given. */
export function strip(controls, answers) {
  for (let basis = answers, n = 0; n < 50; n += 1) {
    const kept = round(controls, answers, basis);
    if (same(kept, basis)) return kept;
    basis = kept;
  }
  return answers;
}

function round(controls, answers, basis) {
  let kept = answers;
  for (const path of new Set(controls.map((one) => one.path.join("/")))) {
    const its = controls.filter((one) => one.path.join("/") === path), [first] = its;
    if (get(answers, first.path) === MISSING) continue;
    if (!its.some((one) => shows(one.rules, basis))) kept = set(kept, first.path, undefined);
    else if (first.rows) {
      const rows = given(answers, first.path), known = given(basis, first.path);
      if (Array.isArray(rows)) kept = set(kept, first.path, rows.map((row, n) => (row && typeof row === "object" ? round(first.rows, row, known?.[n] ?? {}) : row)));
    }
  }
  return kept;
}

/** Pointers to everything that is shown. */
export function visible(controls, stripped, before = "") {
  const found = new Set();
  for (const one of controls) {
    if (!shows(one.rules, stripped)) continue;
    const here = `${before}/${one.path.join("/")}`, rows = given(stripped, one.path);
    found.add(here);
    if (one.rows && Array.isArray(rows)) rows.forEach((row, n) => { for (const inner of visible(one.rows, row, `${here}/${n}`)) found.add(inner); });
  }
  return [...found];
}

/** Pointers to what is required, shown and not answered. */
export function missing(controls, stripped, before = "") {
  const found = [];
  for (const one of controls) {
    if (!shows(one.rules, stripped)) continue;
    const here = `${before}/${one.path.join("/")}`, value = given(stripped, one.path);
    if (one.required && (!one.owedWith || get(stripped, one.owedWith) !== MISSING) && (value === undefined || value === "" || (Array.isArray(value) && (one.schema.minItems ?? 0) > value.length))) found.push(here);
    if (one.rows && Array.isArray(value)) value.forEach((row, n) => found.push(...missing(one.rows, row, `${here}/${n}`)));
  }
  return found;
}

/** What turns `before` into `after`, as a merge patch (RFC 7396); undefined if nothing does. */
export function patch(before, after) {
  const found = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const a = before[name], b = after[name], plain = (one) => one !== null && typeof one === "object" && !Array.isArray(one);
    if (b === undefined) found[name] = null;
    else if (plain(a) && plain(b)) { const inner = patch(a, b); if (inner) found[name] = inner; } else if (!same(a, b)) found[name] = b;
  }
  return Object.keys(found).length ? found : undefined;
}
