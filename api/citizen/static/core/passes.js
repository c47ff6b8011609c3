// What is needed at the desk, where there may be no network, is kept before anybody asks for it.
import { read } from "./api.js";
import { known } from "./reads.js";
import { authorized } from "./session.js";
import { open } from "./http.js";
import { get, put } from "./store.js";

const key = (id) => `pass ${id}`;

/** The pass of an appointment, fetched if its version is not the kept one's. */
export async function keepPass(appointment) {
  const kept = await get("kept", key(appointment.id));
  if (kept?.version === appointment.version) return kept;
  const path = `/v1/appointments/${appointment.id}/pass`;
  const [found, picture] = await Promise.all([read(path), authorized("GET", `${path}?format=svg`, { headers: { Accept: "image/svg+xml" } }).then(open)]);
  const pass = { version: appointment.version, reference: found.reference, expiresAt: found.expiresAt, picture, appointment };
  await put("kept", key(appointment.id), pass);
  return pass;
}

/** Where the list of appointments is, for whoever shows it: one address, so that it is kept once. */
export const APPOINTMENTS = "/v1/appointments?limit=50";

/** The list, and the pass of each that has one. */
export async function keepAhead() {
  const page = await known(APPOINTMENTS, { anyone: false });
  for (const one of page.items) if (hasPass(one)) await keepPass(one);
}

export const hasPass = (one) => ["confirmed", "checked_in", "called", "parked"].includes(one.state);

export const keptPass = (id) => get("kept", key(id));
