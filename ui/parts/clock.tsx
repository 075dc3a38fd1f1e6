/** An instant to the millisecond, where what matters is how far it is from others. */
import type { JSX } from "preact";
import { exact, partsOf, short, zoneFor } from "../lib/time.js";

export function Clock({ at }: { readonly at: number | null }): JSX.Element {
  if (at === null) return <span class="dim">-</span>;
  const zone = zoneFor();
  const ms = String(at % 1_000).padStart(3, "0");
  const isToday = short(at, zone) === partsOf(at, zone).time;
  return (
    <time dateTime={new Date(at).toISOString()} title={`${exact(at, zone)} ${zone}`}>
      {isToday
        ? `${partsOf(at, zone).time}.${ms}`
        : `${short(at, zone)}:${partsOf(at, zone).time.slice(6)}.${ms}`}
    </time>
  );
}
