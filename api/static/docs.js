// Hits while somebody types, addresses that are older than the pages they lead to, and a button that copies code. Without
// it all of this works too: the form leads to the page of hits, the old address to the row that leads on, and code can be
// marked, as there is no button then.

const form = document.querySelector("form[role=search]");
const input = form.querySelector("input");
const shown = form.appendChild(document.createElement("div"));
const said = form.appendChild(document.createElement("p"));
const kept = new Map();
let wanted = "";

shown.className = "shown";
shown.hidden = true;
said.className = "said";
said.setAttribute("role", "status");

async function hits(words) {
  if (!kept.has(words)) {
    const answer = await fetch(`/docs/search?q=${encodeURIComponent(words)}`);
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    kept.set(words, page.querySelector("#hits"));
  }
  return kept.get(words)?.cloneNode(true) ?? null;
}

function close() {
  if (shown.hidden) return;
  shown.hidden = true;
  said.textContent = "";
}

async function look() {
  const words = input.value.trim();
  wanted = words;
  if (words.length < 2) return close();
  let list;
  try {
    list = await hits(words);
  } catch {
    return close(); // without a network the form says so
  }
  if (wanted !== words || !form.contains(document.activeElement)) return;
  const count = list ? list.children.length : 0;
  if (list) list.removeAttribute("id");
  const none = document.createElement("p");
  none.className = "none";
  none.textContent = document.documentElement.lang === "de" ? "Nichts gefunden." : "Nothing found.";
  shown.replaceChildren(list ?? none);
  shown.hidden = false;
  said.textContent = document.documentElement.lang === "de" ? `${count} Treffer` : `${count} hits`;
}

let timer = 0;
input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 120);
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !shown.hidden) {
    event.preventDefault();
    input.focus();
    close();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [input, ...shown.querySelectorAll("a")];
  const at = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  if (shown.hidden || at < 0 || at >= stops.length) return;
  event.preventDefault();
  stops[at].focus();
});
document.addEventListener("focusin", (event) => {
  if (!form.contains(event.target)) close();
});
document.addEventListener("click", (event) => {
  if (!form.contains(event.target) || event.target.closest("a")) close();
});

// An operation once stood on the page that lists them now.
function follow() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (location.pathname === "/docs" && target.matches(".operations > li")) {
    location.replace(target.querySelector("a").href);
  }
  const folded = target.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", follow);
follow();

// A button on what can be sent or kept; what is printed (`.output`) is read, and not copied with it.
const words = document.documentElement.lang === "de"
  ? { copy: "Kopieren", copied: "Kopiert", marked: "Markiert: mit der Tastatur kopieren" }
  : { copy: "Copy", copied: "Copied", marked: "Selected: copy it by keyboard" };

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent.trimEnd());
    return words.copied;
  } catch { // an address without TLS has no clipboard
    getSelection().selectAllChildren(code);
    return document.execCommand("copy") ? words.copied : words.marked;
  }
}

for (const code of document.querySelectorAll("pre:not(.output)")) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  const above = [...document.querySelectorAll("h1, h2, h3")]
    .filter((heading) => heading.compareDocumentPosition(code) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
  box.className = "copied";
  button.type = "button";
  button.textContent = words.copy;
  if (above) button.setAttribute("aria-label", `${words.copy}: ${above.textContent.trim()}`);
  code.replaceWith(box);
  box.append(code, button);
  let timer = 0;
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    said.textContent = "";
    button.textContent = said.textContent = await copy(code);
    timer = setTimeout(() => {
      button.textContent = words.copy;
      said.textContent = "";
    }, 3000);
  });
}
