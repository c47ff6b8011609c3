// Keeps the app itself, so that it opens without a network. Never the person's data: those are in the app's own store.
const KEPT = "wartefrei-{{edition}}";
const BASE = "/app/static/{{edition}}/";
const FILES = [/* FILES */];

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    await kept.addAll(FILES.map((name) => BASE + name));
    await kept.add(new Request("/app", { cache: "reload" }));
    // The very first edition has nobody to wait for. A later one waits until the person agrees, or all windows are closed.
    if (!self.registration.active) await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("wartefrei-") && name !== KEPT) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("message", (event) => { if (event.data === "take over") self.skipWaiting(); });

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(BASE)) event.respondWith(fromKept(request));
  else if (request.mode === "navigate" && (url.pathname === "/app" || url.pathname === "/app/")) event.respondWith(page(request));
});

async function fromKept(request) {
  return (await caches.match(request.url, { cacheName: KEPT })) ?? fetch(request);
}

/** The kept page at once: it fits the kept files. A newer edition announces itself by this worker's successor. */
async function page(request) {
  return (await caches.match("/app", { cacheName: KEPT })) ?? fetch(request);
}
