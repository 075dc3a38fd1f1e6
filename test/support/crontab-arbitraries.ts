import fc from "fast-check";
import { zone } from "../../src/schedules/zone.js";

/** Zones with every kind of change: half hours, two hours, midnight, date lines, mean time, none. */
export const ZONES = [
  "Europe/Paris",
  "America/New_York",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Pacific/Kwajalein",
  "Antarctica/Troll",
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Sao_Paulo",
  "America/Havana",
  "America/Caracas",
  "Asia/Kathmandu",
  "Asia/Pyongyang",
  "Africa/Monrovia",
  "UTC",
] as const;

/** How many cases a property tries: `SUNBEAT_PROPERTY_RUNS` for a long run, else `usual`. */
export function propertyRuns(usual: number): number {
  return Number(process.env["SUNBEAT_PROPERTY_RUNS"] ?? usual);
}

/**
 * The same for comparisons with programs of others, which have faults of their own, and with limits of time: the cases are the same each
 * time, but in a long run.
 */
export function repeatableRuns(usual: number): { readonly numRuns: number; readonly seed?: number } {
  const isLong = process.env["SUNBEAT_PROPERTY_RUNS"] !== undefined;
  return { numRuns: propertyRuns(usual), ...(!isLong && { seed: 2_027 }) };
}

/** Time for a property's test: a long run may take long. */
export const PROPERTY_TIMEOUT_MS = 120_000 + propertyRuns(0) * 20;

const HOUR_MS = 3_600_000;
const YEAR_MS = 365.25 * 24 * HOUR_MS;
const FIRST = Date.UTC(1970, 0, 3);
const LAST = Date.UTC(2037, 11, 1);

/** Instants of which most lie within days before a change of the zone's offset. */
export function momentsNearChanges(timezone: string): fc.Arbitrary<number> {
  const anywhere = fc.integer({ min: FIRST, max: LAST });
  const near = fc
    .tuple(anywhere, fc.integer({ min: -2 * 24 * 60, max: 3 * 24 * 60 }))
    .map(([from, minutes]) => {
      const change = changeAfter(timezone, from);
      return change === undefined ? from : change - minutes * 60_000;
    });
  return fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: anywhere });
}

function changeAfter(timezone: string, from: number): number | undefined {
  const table = zone(timezone);
  let segment = table.at(Math.floor(from / 60_000));
  while (segment.end * 60_000 < from + 2 * YEAR_MS) {
    const next = table.at(segment.end);
    if (next.offset !== segment.offset) return next.start * 60_000;
    segment = next;
  }
  return undefined;
}

interface Shape {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const value = ({ min, max, names }: Shape): fc.Arbitrary<string> => {
  const number = fc.integer({ min, max }).map(String);
  return names === undefined ? number : fc.oneof(number, fc.constantFrom(...names));
};

const field = (shape: Shape, stars: number): fc.Arbitrary<string> => {
  const step = fc.integer({ min: 1, max: shape.max + 3 });
  const one = value(shape);
  const range = fc.tuple(one, one).map(([a, b]) => `${a}-${b}`);
  const item = fc.oneof(
    { weight: 4, arbitrary: one },
    { weight: 2, arbitrary: range },
    { weight: 1, arbitrary: fc.tuple(range, step).map(([text, n]) => `${text}/${n}`) },
    { weight: 1, arbitrary: step.map((n) => `*/${n}`) },
  );
  const list = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
  return fc.oneof({ weight: stars, arbitrary: fc.constant("*") }, { weight: 3, arbitrary: list });
};

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat SUN Mon".split(" ");

/** Five-field crontabs of the plain grammar, wrap ranges and names included. */
export const expressions: fc.Arbitrary<string> = fc
  .tuple(
    field({ min: 0, max: 59 }, 1),
    field({ min: 0, max: 23 }, 2),
    field({ min: 1, max: 31 }, 6),
    field({ min: 1, max: 12, names: MONTHS }, 12),
    field({ min: 0, max: 7, names: WEEKDAYS }, 6),
  )
  .map((fields) => fields.join(" "));
