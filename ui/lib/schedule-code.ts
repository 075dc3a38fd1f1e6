/** A schedule as the code that makes it. */
import type { ScheduleForm } from "../../src/dashboard/schedule-form.js";
import { isObject } from "./fields.js";

type Json = Readonly<Record<string, unknown>>;

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const ROLLS: Readonly<Record<string, string>> = {
  previous: "previous business day",
  next: "next business day",
  nearest: "nearest business day",
  month: "next business day in the month",
};

/** Source as it is, among values. */
class Source {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function scheduleCode(form: ScheduleForm | Json): string {
  const json = form as Json;
  const { crontab, every, solar, latitude, longitude, at, rrule, ...rest } = json;
  if (json["type"] !== undefined) return jsonCode(json);
  if (crontab !== undefined) return call("crontab", [crontab], rest);
  if (every !== undefined) return call("every", [every], rest);
  if (solar !== undefined) return call("solar", [solar, latitude, longitude], rest);
  if (rrule !== undefined) return call("rrule", [rrule], rest);
  return call("clocked", [instant(at)], rest);
}

function jsonCode({ type, of, ...rest }: Json): string {
  const inner = (): string => scheduleCode(of as Json);
  switch (type) {
    case "calendar": {
      const { every, unit, business, until, text: _, ...more } = rest;
      const period = every === 1 ? unit : `${String(every)} ${String(unit)}s`;
      const options = {
        ...more,
        ...(until !== undefined && { until: instant(until) }),
        ...days("business", business),
      };
      return call("calendar", [{ every: period, ...options }], {});
    }
    case "union":
      return call(
        "union",
        (of as Json[]).map((each) => new Source(scheduleCode(each))),
        {},
      );
    case "offset":
      return `${inner()}${call(".offset", [rest["offset"]], {})}`;
    case "shift":
      return `${inner()}${call(".shift", [ROLLS[String(rest["to"])]], {
        ...days("days", rest["days"]),
        ...(rest["by"] !== undefined && { by: rest["by"] }),
      })}`;
    case "filter": {
      const bounds = ["startAt", "endAt"].filter((name) => rest[name] !== undefined);
      return [
        inner(),
        ...(rest["keep"] as Json[]).map(restrictionCode),
        ...bounds.map((name) => call(`.${name}`, [instant(rest[name])], {})),
      ].join("");
    }
    default:
      return `scheduleFromJSON(${literal({ type, of, ...rest })})`;
  }
}

function restrictionCode(window: Json): string {
  const { any, not, instants, timezone, ...rest } = window;
  if (Array.isArray(any)) return call(".only", (any as Json[]).map(windowCode), {});
  if (instants !== undefined)
    return call(not === true ? ".except" : ".only", [new Source(scheduleCode(instants as Json))], {});
  if (isDays(window)) {
    const own = daysCode(rest["days"]);
    if (timezone === undefined) return call(not === true ? ".except" : ".onDays", [own], {});
    return call(".onDays", [not === true ? new Source(`${literal(own)}.not()`) : own], { timezone });
  }
  if (not === true) return call(".except", [windowCode({ ...rest, timezone })], {});
  const [edges, options] = partsOf(window);
  return call(".between", edges, options);
}

const isDays = (window: Json): boolean => !("hours" in window || "from" in window);

function windowCode(window: Json): Source {
  const [edges, options] = partsOf(window);
  const text = isDays(window) ? literal(daysCode(window["days"])) : call("during", edges, options);
  return new Source(window["not"] === true ? `${text}.not()` : text);
}

function partsOf({
  hours,
  from,
  to,
  days: own,
  inclusive,
  timezone,
}: Json): [edges: unknown[], options: Json] {
  const edges = Array.isArray(hours) ? (hours as unknown[]) : [from, to];
  return [
    edges.map((edge) => (isObject(edge) ? new Source(scheduleCode(edge)) : edge)),
    {
      ...days("days", own),
      ...(inclusive === true && { inclusive }),
      ...(timezone !== undefined && { timezone }),
    },
  ];
}

const days = (name: string, value: unknown): Json => (value === undefined ? {} : { [name]: daysCode(value) });

function daysCode(value: unknown): unknown {
  if (!isObject(value)) return value;
  const [[kind, of] = ["", null]] = Object.entries(value);
  const joined = (verb: string): Source =>
    new Source(
      (of as unknown[]).map((each) => literal(daysCode(each))).reduce((a, b) => `${a}.${verb}(${b})`),
    );
  switch (kind) {
    case "weekdays":
      return new Source(
        call(
          "weekdays",
          (of as number[]).map((day) => WEEKDAYS[day]),
          {},
        ),
      );
    case "dates": {
      const dates = (of as unknown[]).map((date) =>
        Array.isArray(date) ? { from: date[0], to: date[1] } : date,
      );
      return new Source(call("dates", [dates], {}));
    }
    case "calendar":
      return new Source(call("holidays", [of], {}));
    case "business": {
      const { closed, weekend } = of as Json;
      const names = weekend !== undefined && { weekend: (weekend as number[]).map((day) => WEEKDAYS[day]) };
      return new Source(call("businessDays", [], { ...days("closed", closed), ...names }));
    }
    case "rule": {
      const { every, unit, business, ...rest } = of as Json;
      const rule = { every: `${String(every)} ${String(unit)}s`, ...rest, ...days("business", business) };
      return new Source(call("days", [rule], {}));
    }
    case "not":
      return new Source(`${literal(daysCode(of))}.not()`);
    default:
      return joined(kind === "all" ? "and" : "or");
  }
}

const instant = (value: unknown): unknown =>
  typeof value === "number" ? new Date(value).toISOString() : value;

function call(name: string, args: readonly unknown[], options: Json): string {
  const all = Object.keys(options).length === 0 ? args : [...args, options];
  return `${name}(${all.map(literal).join(", ")})`;
}

/** JSON, but for names that need no quotation marks. */
export function literal(value: unknown): string {
  if (value instanceof Source) return value.text;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const fields = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${literal(each)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
