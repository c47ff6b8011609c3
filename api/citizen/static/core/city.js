// The city, its services and offices: public, the same for everybody, read once and kept.
import { keep, known } from "./reads.js";
import { get, put } from "./store.js";
import { hasText, t } from "./texts.js";

let chosen;
const read = new Map();

/** The id of the person's city. */
export async function cityId() {
  chosen ??= (await get("kept", "city")) ?? (await cities()).map((one) => one.id).sort((a, b) => (a === "gelsenkirchen" ? -1 : b === "gelsenkirchen" ? 1 : 0))[0];
  return chosen;
}

export async function chooseCity(id) {
  chosen = id;
  read.clear();
  await put("kept", "city", id);
}

async function once(path) {
  if (!read.has(path)) {
    read.set(path, known(path));
    // What failed is asked for again.
    read.get(path).catch(() => read.delete(path));
  }
  return read.get(path);
}

export const path = async (rest) => `/v1/cities/${await cityId()}${rest}`;
export const cities = async () => (await once("/v1/cities")).items;
export const city = async () => once(await path(""));
export const services = async () => (await once(await path("/services?limit=200"))).items;
export const offices = async (service) => (await once(await path(`/offices${service ? `?service=${encodeURIComponent(service)}` : ""}`))).items;
export const office = async (id) => once(await path(`/offices/${id}`));
export const forms = async () => (await once(await path("/forms"))).items;
export const districts = async () => (await once(await path("/districts"))).items;

/** By slug or id. */
export const service = async (wanted) => (await services()).find((one) => one.slug === wanted || one.id === wanted);

/** What comes fresh each time: free places. */
export const free = (what, query, options) => path(`/availability/${what}?${query}`).then((full) => keep(full, options.draw, { ...options, anyone: true }));

const MARKS = { identity: "card", residence: "home", certificates: "stamp", family: "ring", citizenship: "globe", mobility: "car", business: "shop" };
/** A city may have categories that nobody here has heard of: they keep their own name. */
export const categoryName = (name) => (hasText(`category.${name}`) ? t(`category.${name}`) : name);
export const markOf = (category) => MARKS[category] ?? "papers";

/** Parts of a search for places: one service, for so many persons. */
export const wanted = (service, persons) => `service=${encodeURIComponent(service.id)}${persons > 1 ? `:${persons}` : ""}`;
