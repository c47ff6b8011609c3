// Elements, and nothing that reads markup: text from anywhere is text.

/** h("button.primary", {onclick, aria: {label}, data: {id}}, "text", child…). */
export function h(what, attributes = {}, ...children) {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "aria") { for (const [part, text] of Object.entries(value)) if (text !== undefined && text !== null) element.setAttribute(`aria-${part}`, text); }
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

export function add(element, ...children) {
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** New content. Focus stays with what has the same `data-keep` as before. */
export function fill(element, ...children) {
  const kept = element.contains(document.activeElement) ? document.activeElement.dataset.keep : undefined;
  element.replaceChildren();
  add(element, children);
  if (kept) element.querySelector(`[data-keep="${CSS.escape(kept)}"]`)?.focus();
  return element;
}

const LINES = {
  home: "M4 11.5 12 5l8 6.5M6.5 10v9h11v-9",
  calendar: "M5 7.5A1.5 1.5 0 0 1 6.5 6h11A1.5 1.5 0 0 1 19 7.5v10a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 17.5zM5 10.5h14M9 4v4M15 4v4",
  papers: "M7.5 4.5h6l4 4v11h-10zM13.5 4.5v4h4M10 13h5M10 16h5",
  inbox: "M4.5 13.5 7 6h10l2.5 7.5v4.5h-15zM4.5 13.5h4.5a3 3 0 0 0 6 0h4.5",
  more: "M5 8h8M17 8h2M5 16h2M11 16h8M15 5.8v4.4M9 13.8v4.4",
  search: "M10.5 16a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM14.5 14.5 19 19",
  back: "M14.5 6 8.5 12l6 6",
  next: "M9.5 6l6 6-6 6",
  close: "M7 7l10 10M17 7 7 17",
  check: "M5.5 12.5 10 17l8.5-9",
  clock: "M12 19.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM12 8v4.2l2.8 1.8",
  place: "M12 20c4-4.6 6-7.7 6-10.2A6 6 0 0 0 6 9.800C6 12.300 8 15.400 12 20ZM12 12a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400Z",
  qr: "M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM14 14h2v2h-2zM19 14v2M17 19h2v-1.500M14 19v-.500",
  move: "M6 9h10.500M13.500 5.800 16.700 9l-3.200 3.200M18 15H7.500M10.500 11.800 7.300 15l3.200 3.200",
  bell: "M7 16.500V11a5 5 0 0 1 10 0v5.500l1.500 1.500h-13zM10.500 20.500h3",
  bolt: "M13 4 6.500 13.500h5L11 20l6.500-9.500h-5z",
  camera: "M5 8.500h3l1.500-2.500h5L16 8.500h3v10H5zM12 16a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600Z",
  file: "M7.500 4.500h6l4 4v11h-10zM13.500 4.500v4h4",
  trash: "M6 8h12M10 8V5.500h4V8M7.500 8l.700 11h7.600l.700-11",
  cloud: "M7.500 17.500a3.500 3.500 0 0 1-.300-7 5 5 0 0 1 9.600 0 3.500 3.500 0 0 1 .200 7zM12 15v-4.500M10 12.300l2-2 2 2",
  offline: "M5 5l14 14M8.500 9.500a4 4 0 0 0-1.300 8h9.300M10.500 7.200a5 5 0 0 1 6.300 3.300 3.500 3.500 0 0 1 2.400 5",
  person: "M12 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM5 19.500c.500-3.700 3.200-5.500 7-5.500s6.500 1.800 7 5.500",
  people: "M9 11.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM3.500 19c.400-3.300 2.400-4.800 5.500-4.800s5.100 1.500 5.500 4.800M15.500 6a3 3 0 0 1 0 5.500M17 14.600c2 .600 3.200 2 3.500 4.400",
  card: "M4 7h16v10.500H4zM4 10.500h16M7 14.500h3",
  globe: "M12 19.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15ZM4.500 12h15M12 4.500c2.700 2.500 2.700 12.500 0 15M12 4.500c-2.700 2.500-2.700 12.500 0 15",
  car: "M5 16.500v-4l1.800-4.700h10.400L19 12.500v4zM5 12.500h14M7 16.500v2M17 16.500v2M8 14.500h1M15 14.500h1",
  ring: "M9 18.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM15 18.500a4.500 4.500 0 1 0-2.500-8.200M10.500 5.500h3l-1.500 2z",
  shop: "M5 10v9h14v-9M4 10l1.500-5h13L20 10c0 2.700-4 2.700-4 0 0 2.700-4 2.700-4 0 0 2.700-4 2.700-4 0 0 2.700-4 2.700-4 0ZM10 19v-5h4v5",
  share: "M12 14.500V4.500M8.500 7.500 12 4l3.500 3.500M6 11v8h12v-8",
  stamp: "M9.500 13c.800-2-1-3.500-1-5.500a3.500 3.500 0 0 1 7 0c0 2-1.800 3.500-1 5.500H18v3.500H6V13zM6.500 19.500h11",
  info: "M12 19.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15ZM12 11.500v4.500M12 8v.500",
  warn: "M12 5 3.800 19h16.400zM12 10.500v4M12 16.500v.500",
  plus: "M12 6v12M6 12h12",
};

/** A line drawing of 24 × 24. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", LINES[name]);
  svg.append(path);
  return svg;
}
