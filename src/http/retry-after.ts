import type { EpochMs } from "../core/clock.js";

/** No host is left alone for longer at a time: then it is asked again. */
const LONGEST_MS = 3_600_000;

/** The three forms of RFC 9110, all of them GMT. `Date.parse` alone would read "5" as a month. */
const DATE = /^[A-Z][a-z]+,? .*\d{2}:\d{2}:\d{2}( GMT| \d{4})$/;

/** How long a host asks to be left alone, in ms; null: it does not, or what it says cannot be read. */
export function retryAfterMs(value: string | undefined, now: EpochMs): number | null {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return waitOf(Number(text) * 1_000);
  const zoned = text.endsWith("GMT") ? text : `${text} GMT`;
  return DATE.test(text) ? waitOf(Date.parse(zoned) - now) : null;
}

function waitOf(ms: number): number | null {
  return ms > 0 ? Math.min(Math.ceil(ms), LONGEST_MS) : null;
}
