// What this device remembers: one IndexedDB, so that two windows and the time after a restart see the same.
const NAME = "wartefrei", VERSION = 1;
const STORES = ["kept", "commands", "reads", "drafts", "files"];
let opened;

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => { for (const name of STORES) asked.result.createObjectStore(name); };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => { asked.result.close(); opened = undefined; };
      done(asked.result);
    };
    asked.onerror = () => { opened = undefined; failed(asked.error); };
  });
  return opened;
}

async function run(store, mode, act) {
  const database = await open();
  return new Promise((done, failed) => {
    // What was written has to be there after the power went: a key that is lost is a booking that may happen twice.
    const transaction = database.transaction(store, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const asked = act(transaction.objectStore(store));
    transaction.oncomplete = () => done(asked?.result);
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
}

export const get = (store, key) => run(store, "readonly", (one) => one.get(key));
export const put = (store, key, value) => run(store, "readwrite", (one) => one.put(value, key));
export const remove = (store, key) => run(store, "readwrite", (one) => one.delete(key));
export const all = (store) => run(store, "readonly", (one) => one.getAll());

/** Reads, decides and writes in one transaction: of two windows one comes first. `decide(found)` answers what is to be kept;
 *  undefined leaves it. Answers what is there afterwards. */
export async function change(store, key, decide) {
  const database = await open();
  return new Promise((done, failed) => {
    const transaction = database.transaction(store, "readwrite", { durability: "strict" });
    const place = transaction.objectStore(store);
    let result;
    const asked = place.get(key);
    asked.onsuccess = () => {
      const next = decide(asked.result);
      result = next === undefined ? asked.result : next;
      if (next !== undefined) place.put(next, key);
    };
    transaction.oncomplete = () => done(result);
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
}

/** Removes what `old(value)` says of. */
export const prune = (store, old) => run(store, "readwrite", (place) => {
  place.openCursor().onsuccess = ({ target: { result: cursor } }) => {
    if (!cursor) return;
    if (old(cursor.value)) cursor.delete();
    cursor.continue();
  };
});

/** Forgets everything, in all windows. */
export async function wipe() {
  (await opened)?.close();
  opened = undefined;
  await new Promise((done) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = done;
  });
}
