/**
 * Random compositions of schedules as plain data, and the schedules they mean. What they mean in instants is written
 * apart, in composition-reference.ts.
 */
import fc from "fast-check";
import {
  calendar,
  crontab,
  during,
  every,
  union,
  weekdays,
  type BuiltInSchedule,
  type TimeOfDay,
  type Weekday,
} from "../../src/index.js";

export const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** Zones of every kind of change that is still in use, and of none. */
export const COMPOSED_ZONES = (
  "Europe/Paris Europe/London Europe/Lisbon Europe/Athens Europe/Dublin Europe/Moscow Europe/Istanbul Europe/Chisinau " +
  "America/New_York America/Chicago America/Denver America/Los_Angeles America/St_Johns America/Halifax " +
  "America/Santiago America/Asuncion America/Havana America/Nuuk America/Sao_Paulo America/Caracas America/Mexico_City " +
  "Australia/Sydney Australia/Lord_Howe Australia/Adelaide Australia/Perth Pacific/Auckland Pacific/Chatham " +
  "Pacific/Norfolk Pacific/Honolulu Africa/Cairo Africa/Casablanca Africa/Johannesburg Asia/Beirut Asia/Gaza " +
  "Asia/Tehran Asia/Kathmandu Asia/Pyongyang Asia/Tokyo Antarctica/Troll UTC"
).split(" ");

export interface WindowNode {
  /** Minutes of the day; equal ones are the whole day. */
  readonly from: number;
  readonly to: number;
  /** Weekdays on which it begins; undefined: all. */
  readonly days?: readonly number[] | undefined;
  readonly timezone?: string | undefined;
  readonly not: boolean;
}

export type Node =
  | { readonly kind: "interval"; readonly minutes: number; readonly offset: number }
  | {
      readonly kind: "times";
      readonly times: readonly number[];
      readonly days: readonly number[];
      readonly timezone: string;
    }
  | {
      readonly kind: "steps";
      readonly step: number;
      readonly from: number;
      readonly to: number;
      readonly timezone: string;
    }
  | { readonly kind: "days"; readonly of: Node; readonly days: readonly number[]; readonly not: boolean }
  | { readonly kind: "window"; readonly of: Node; readonly window: WindowNode }
  | {
      readonly kind: "between";
      readonly of: Node;
      readonly from: Node;
      readonly to: Node;
      readonly not: boolean;
    }
  | { readonly kind: "except"; readonly of: Node; readonly what: Node }
  | { readonly kind: "offset"; readonly of: Node; readonly minutes: number }
  | { readonly kind: "bounds"; readonly of: Node; readonly startAt: number; readonly endAt: number }
  | { readonly kind: "union"; readonly of: readonly Node[] };

const weekdaySets = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 });

export interface Grain {
  /** Minutes of which all times are multiples. */
  readonly minutes: number;
  readonly intervals: readonly number[];
}

export const QUARTERS: Grain = { minutes: 15, intervals: [15, 30, 45, 60, 90, 360, 1440] };
export const HOURS: Grain = { minutes: 60, intervals: [60, 120, 180, 300, 720, 1440] };

/** Compositions of at most `depth` operations around an instant. */
export function compositions(
  zones: readonly string[],
  grain: Grain,
  depth: number,
  around: number,
): fc.Arbitrary<Node> {
  const last = 1440 / grain.minutes - 1;
  const times = fc.integer({ min: 0, max: last }).map((n) => n * grain.minutes);
  const timezone = fc.constantFrom(...zones);
  const base: fc.Arbitrary<Node> = fc.oneof(
    fc.record({
      kind: fc.constant("interval" as const),
      minutes: fc.constantFrom(...grain.intervals),
      offset: fc.constantFrom(0, grain.minutes),
    }),
    fc.record({
      kind: fc.constant("times" as const),
      times: fc.uniqueArray(times, { minLength: 1, maxLength: 4 }),
      days: weekdaySets,
      timezone,
    }),
    fc
      .record({ kind: fc.constant("steps" as const), step: times, from: times, to: times, timezone })
      .map((node) => ({
        ...node,
        step: Math.max(node.step % 180, grain.minutes),
        from: Math.min(node.from, node.to),
        to: Math.max(node.from, node.to),
      })),
  );
  const windows: fc.Arbitrary<WindowNode> = fc.record({
    from: times,
    to: times,
    days: fc.option(weekdaySets, { nil: undefined }),
    timezone: fc.option(timezone, { nil: undefined }),
    not: fc.boolean(),
  });
  const daily = fc.record({
    kind: fc.constant("times" as const),
    times: times.map((time) => [time]),
    days: fc.constant([0, 1, 2, 3, 4, 5, 6]),
    timezone,
  });
  let node: fc.Arbitrary<Node> = base;
  for (let i = 0; i < depth; i++) {
    const of = node;
    node = fc.oneof(
      { weight: 1, arbitrary: base },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("days" as const),
          of,
          days: weekdaySets,
          not: fc.boolean(),
        }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("window" as const), of, window: windows }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("between" as const),
          of,
          from: daily,
          to: daily,
          not: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("except" as const), of, what: base }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("offset" as const),
          of,
          minutes: fc.integer({ min: -8, max: 8 }).map((n) => n * grain.minutes),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("bounds" as const),
          of,
          startAt: fc.integer({ min: -40, max: 20 }).map((n) => around + n * 3_600_000),
          endAt: fc.integer({ min: 20, max: 400 }).map((n) => around + n * 3_600_000),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("union" as const), of: fc.tuple(of, base) }),
      },
    );
  }
  return node;
}

const two = (n: number): string => String(n).padStart(2, "0");

export function timeText(minutes: number): TimeOfDay {
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}` as TimeOfDay;
}

const names = (days: readonly number[]): Weekday[] => days.map((day) => NAMES[day]!);

/** The schedule that a node means. */
export function built(node: Node): BuiltInSchedule {
  switch (node.kind) {
    case "interval":
      return every(node.minutes * 60, { offset: node.offset * 60 });
    case "times":
      return calendar({
        every: "week",
        on: names(node.days),
        at: node.times.map(timeText),
        timezone: node.timezone,
      });
    case "steps":
      return calendar({
        every: "day",
        at: { every: node.step * 60, from: timeText(node.from), to: timeText(node.to) },
        timezone: node.timezone,
      });
    case "days": {
      const of = built(node.of);
      return node.not ? of.except(weekdays(...names(node.days))) : of.onDays(weekdays(...names(node.days)));
    }
    case "window": {
      const { from, to, days, timezone, not } = node.window;
      const window = during(timeText(from), timeText(to), {
        ...(days !== undefined && { days: weekdays(...names(days)) }),
        ...(timezone !== undefined && { timezone }),
      });
      return not ? built(node.of).except(window) : built(node.of).only(window);
    }
    case "between": {
      const window = during(built(node.from), built(node.to));
      return built(node.of).only(node.not ? window.not() : window);
    }
    case "except":
      return built(node.of).except(built(node.what));
    case "offset":
      return built(node.of).offset(node.minutes * 60);
    case "bounds":
      return built(node.of).startAt(node.startAt).endAt(node.endAt);
    case "union":
      return union(...node.of.map(built));
  }
}

/** A crontab for what a list of times on weekdays means, where it can say it. */
export function asCrontab(node: Node & { readonly kind: "times" }): BuiltInSchedule {
  const lists = node.times.map((time) => {
    const text = `${time % 60} ${Math.floor(time / 60)} * * ${names(node.days).join(",")}`;
    return crontab(text, { timezone: node.timezone, class: "fixed" });
  });
  return union(...lists);
}
