// Passes are kept as soon as there is one: at the desk there may be no network.
import { read } from "../core/api.js";
import { authorized } from "../core/session.js";
import { open } from "../core/http.js";
import { get, put } from "../core/store.js";

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

export const keptPass = (id) => get("kept", key(id));
