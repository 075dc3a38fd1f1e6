/** What a form restricts and moves, one step after the other. A new step is a row. Pure. */
import { daysIn, daysText } from "./days-text.js";
import {
  degreesIn,
  type FieldRow,
  given,
  isObject,
  jsonIn,
  type Options,
  shown,
  textIn,
  type Texts,
  Wrong,
} from "./fields.js";
import { formOfText, SUN, ZONE } from "./schedule-kinds.js";

type Json = Readonly<Record<string, unknown>>;

export interface StepRow {
  readonly name: string;
  readonly rows: readonly (readonly FieldRow[])[];
  /** What stands around the schedule; of a restriction its window. Throws Wrong. */
  read(texts: Texts): Json;
  /** Null: it is another step, or says more than the fields. */
  write(json: Json, local: (at: number) => string): Texts | null;
}

const MODE: FieldRow = {
  ...{ field: "not", label: "What stays" },
  options: [
    ["", "only these"],
    ["true", "all but these"],
  ],
};
const OWN_ZONE: FieldRow = { ...ZONE, hint: "of the schedule" };
const DAYS: FieldRow = { field: "days", label: "Days", hint: "mon-fri, 12-25, 2027-08-01..2027-08-14" };
const EDGES: Options = [["", "a time of day"], ...SUN];

const judged = (texts: Texts): Json =>
  given({ not: texts["not"] === "true" || undefined, timezone: textIn(texts, "timezone") });
const judgedTexts = ({ not, timezone }: Json): Texts => ({
  ...{ not: not === true ? "true" : "", timezone: shown(timezone) },
});

const isSunAt = (texts: Texts): boolean => texts["from"] !== "" || texts["to"] !== "";

function edgeRows(name: "from" | "to", label: string): FieldRow[] {
  const isSun = (texts: Texts): boolean => texts[name] !== "";
  return [
    { field: name, label, options: EDGES },
    {
      field: `${name}At`,
      label: "At",
      hint: name === "from" ? "09:30" : "16:00",
      where: (texts) => !isSun(texts),
    },
    { field: `${name}Offset`, label: "Moved by", hint: "-30m", where: isSun },
  ];
}

function edgeIn(texts: Texts, name: "from" | "to"): unknown {
  if (texts[name] === "") {
    const at = textIn(texts, `${name}At`);
    if (at === undefined) throw new Wrong(`${name}At`, "a time of day is expected, such as 09:30");
    return at;
  }
  const place = { latitude: degreesIn(texts, "latitude"), longitude: degreesIn(texts, "longitude") };
  return { solar: texts[name], ...place, ...given({ offset: textIn(texts, `${name}Offset`) }) };
}

function edgeTexts(edge: unknown, name: "from" | "to"): Texts | null {
  if (typeof edge === "string") return { [name]: "", [`${name}At`]: edge };
  if (!isObject(edge) || typeof edge["solar"] !== "string") return null;
  const { solar, latitude, longitude, offset } = edge;
  const place = { latitude: shown(latitude), longitude: shown(longitude) };
  return { [name]: solar, [`${name}Offset`]: shown(offset), ...place };
}

/** Restrictions are windows, all others stand around the schedule by themselves. */
export const STEPS = {
  days: {
    name: "Days",
    rows: [[MODE, DAYS, OWN_ZONE]],
    read(texts) {
      const days = daysIn("days", texts["days"]!);
      if (days === undefined) throw new Wrong("days", "days are expected, such as mon-fri");
      return { days, ...judged(texts) };
    },
    write: (window) =>
      "days" in window && !("hours" in window || "from" in window)
        ? { ...judgedTexts(window), days: daysText(window["days"]) }
        : null,
  },
  calendar: {
    name: "Calendar of days off",
    rows: [
      [
        { ...MODE, initial: "true" },
        { field: "calendar", label: "Calendar", hint: "DE-BY", input: "calendar" },
        OWN_ZONE,
      ],
    ],
    read(texts) {
      const calendar = textIn(texts, "calendar");
      if (calendar === undefined) throw new Wrong("calendar", "the name of a calendar is expected");
      return { days: { calendar }, ...judged(texts) };
    },
    write(window) {
      const { days } = window;
      const isNamed =
        isObject(days) && typeof days["calendar"] === "string" && !("hours" in window || "from" in window);
      return isNamed ? { ...judgedTexts(window), calendar: shown(days["calendar"]) } : null;
    },
  },
  between: {
    name: "Hours, or the Sun",
    rows: [
      [MODE],
      edgeRows("from", "From"),
      edgeRows("to", "Until before"),
      [
        { field: "latitude", label: "Latitude", hint: "48.85", where: isSunAt },
        { field: "longitude", label: "Longitude", hint: "2.35", where: isSunAt },
      ],
      [{ ...DAYS, label: "Only windows that begin on" }, OWN_ZONE],
      [
        {
          ...{ field: "inclusive", label: "The end belongs to it", input: "check" },
          where: (texts) => !isSunAt(texts),
        },
      ],
    ],
    read(texts) {
      const [from, to] = [edgeIn(texts, "from"), edgeIn(texts, "to")];
      const edges = isSunAt(texts)
        ? { from, to }
        : { hours: [from, to], ...given({ inclusive: texts["inclusive"] === "true" || undefined }) };
      return { ...edges, ...given({ days: daysIn("days", texts["days"]!) }), ...judged(texts) };
    },
    write(window) {
      const { hours, days, inclusive } = window;
      const [first, last] = Array.isArray(hours) ? (hours as unknown[]) : [window["from"], window["to"]];
      const [from, to] = [edgeTexts(first, "from"), edgeTexts(last, "to")];
      if (from === null || to === null) return null;
      return {
        ...{ ...judgedTexts(window), ...from, ...to, days: daysText(days) },
        inclusive: inclusive === true ? "true" : "",
      };
    },
  },
  instants: {
    name: "Times of another schedule",
    rows: [[{ ...MODE, initial: "true" }, { field: "text", label: "Schedule", hint: "30 2 1 * *" }, ZONE]],
    read(texts) {
      const { not } = judged(texts);
      return { instants: formOfText(texts), ...given({ not }) };
    },
    write(window) {
      const { instants, not } = window;
      if (!isObject(instants)) return null;
      const { crontab, timezone, ...rest } = instants;
      const isPlain = typeof crontab === "string" && Object.keys(rest).length === 0;
      const text = isPlain
        ? { text: crontab, timezone: shown(timezone) }
        : { text: JSON.stringify(instants) };
      return { ...text, not: not === true ? "true" : "" };
    },
  },
  shift: {
    name: "To a business day",
    rows: [
      [
        {
          ...{ field: "to", label: "Moved to the", initial: "previous" },
          options: [
            ["previous", "business day before"],
            ["next", "business day after"],
            ["nearest", "nearest business day"],
            ["month", "business day after, in the same month"],
          ],
        },
        { field: "by", label: "And so many on", hint: "0" },
        { field: "days", label: "Business days are", hint: "as the app says; mon-fri" },
      ],
    ],
    read(texts) {
      const by = textIn(texts, "by");
      if (by !== undefined && !/^-?\d{1,3}$/.test(by)) throw new Wrong("by", "a number of days is expected");
      const days = daysIn("days", texts["days"]!);
      return { type: "shift", to: texts["to"], ...given({ days, by: by === undefined ? by : Number(by) }) };
    },
    write: ({ type, to, by, days }) =>
      type === "shift" ? { to: shown(to), by: shown(by), days: daysText(days) } : null,
  },
  offset: {
    name: "By a time",
    rows: [[{ field: "offset", label: "Moved by", hint: "-30m" }]],
    read(texts) {
      const offset = textIn(texts, "offset");
      if (offset === undefined) throw new Wrong("offset", "a time is expected, such as -30m");
      return { type: "offset", offset };
    },
    write: ({ type, offset }) => (type === "offset" ? { offset: shown(offset) } : null),
  },
  bounds: {
    name: "From when to when",
    rows: [
      [
        { field: "startAt", label: "Not before", hint: "2027-03-28T02:30, or with Z" },
        { field: "endAt", label: "Only before", hint: "2027-12-31" },
      ],
    ],
    read: (texts) => ({
      ...{ type: "filter", keep: [] },
      ...given({ startAt: textIn(texts, "startAt"), endAt: textIn(texts, "endAt") }),
    }),
    write({ type, startAt, endAt }, local) {
      if (type !== "filter") return null;
      const text = (at: unknown): string => (typeof at === "number" ? local(at) : shown(at));
      return { startAt: text(startAt), endAt: text(endAt) };
    },
  },
  json: {
    name: "A window as JSON",
    rows: [[{ field: "json", label: "Window", input: "lines", hint: '{"any":[...]}' }]],
    read: ({ json = "" }) => (jsonIn("json", json, isObject, "a window") ?? {}) as Json,
    write: (window) => (window["type"] === undefined ? { json: JSON.stringify(window) } : null),
  },
} as const satisfies Readonly<Record<string, StepRow>>;

export type StepKind = keyof typeof STEPS;
export const STEP_NAMES = Object.keys(STEPS) as StepKind[];
/** Which come first where several say the same. */
export const WINDOW_STEPS: readonly StepKind[] = ["calendar", "days", "between", "instants", "json"];
