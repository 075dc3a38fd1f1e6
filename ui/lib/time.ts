/** Instants in words, in the zone that was chosen. */
import { computed, signal } from "@preact/signals";
import { largestUnits } from "../../src/core/units.js";
import { me } from "./api.js";
import { preference } from "./prefs.js";

/** "app": the app's; "entry": of an entry its own, elsewhere the app's. */
export const zoneChoice = preference<"app" | "entry" | "browser" | "utc">("zone", "app");

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const appZone = computed(() => me.value?.timezone ?? "UTC");

/** In which instants are shown; `entry`: the zone of what they belong to. */
export function zoneFor(entry?: string | null): string {
  switch (zoneChoice.value) {
    case "utc":
      return "UTC";
    case "browser":
      return browserZone;
    case "entry":
      return entry ?? appZone.value;
    case "app":
      return appZone.value;
  }
}

/** Turns each second; relative times follow. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 1_000);

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = timeZone + JSON.stringify(options);
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone, ...options });
    formats.set(key, format);
  }
  return format;
}

const WHOLE: Intl.DateTimeFormatOptions = {
  ...({ year: "numeric", month: "2-digit", day: "2-digit" } as const),
  ...({
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "longOffset",
  } as const),
};

interface Parts {
  readonly date: string;
  readonly time: string;
  /** "+02:00". */
  readonly offset: string;
}

export function partsOf(at: number, zone: string): Parts {
  const parts = Object.fromEntries(
    formatOf(zone, WHOLE)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second, timeZoneName = "" } = parts;
  const offset = timeZoneName.replace("GMT", "") || "+00:00";
  return { date: `${year}-${month}-${day}`, time: `${hour}:${minute}:${second}`, offset };
}

/** "2027-03-28 03:00:00 +02:00". */
export function exact(at: number, zone = zoneFor()): string {
  const { date, time, offset } = partsOf(at, zone);
  return `${date} ${time} ${offset}`;
}

/** Short: the time alone where it is today's. */
export function short(at: number, zone = zoneFor()): string {
  const { date, time } = partsOf(at, zone);
  return date === partsOf(now.value, zone).date ? time : `${date} ${time.slice(0, 5)}`;
}

/** "4 s ago", "in 3 h 12 m". */
export function relative(at: number, from = now.value): string {
  const ms = at - from;
  if (Math.abs(ms) < 1_000) return "now";
  const text = duration(Math.abs(ms));
  return ms < 0 ? `${text} ago` : `in ${text}`;
}

/** Its two largest units: "3 h 12 m", "38 s", "120 ms". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return largestUnits(ms, " ");
}

export const count = (value: number): string => value.toLocaleString("en-US");

/** "1 night", "2 nights". */
export const some = (value: number, what: string): string =>
  `${count(value)} ${what}${value === 1 ? "" : "s"}`;

export function bytes(value: number): string {
  if (value < 1_024) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = value / 1_024;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit++;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
