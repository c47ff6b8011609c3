// What time it is at the server: phones are wrong by minutes, and a hold runs out by the server's clock.
let low = -Infinity, high = Infinity;

/** Learns from an answer that was asked for at `sent` and came at `received` (both Date.now()). Its Date header has whole
 *  seconds, so each answer says a range; where they overlap lies the truth. */
export function learn(date, sent, received) {
  const at = Date.parse(date ?? "");
  if (Number.isNaN(at)) return;
  const from = at - received, until = at + 1000 - sent;
  low = Math.max(low, from);
  high = Math.min(high, until);
  if (low > high) { low = from; high = until; } // somebody has set a clock
}

/** Milliseconds, as Date.now() would be on a phone whose clock is right; of what is possible the latest, so that nothing
 *  seems to be held longer than it is. */
export function serverNow() {
  return Date.now() + (high === Infinity ? 0 : high);
}
