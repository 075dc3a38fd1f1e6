/** Crontabs with a year, as Quartz and AWS EventBridge write them, in our grammar. */
import { steppedRange } from "./field-hints.js";
import { FIELD_NAMES, FIELDS, type FieldSpec } from "./fields.js";

/** Whether the text is a year, or several: the last field of Quartz and AWS. */
export function isYear(text: string): boolean {
  return /^(?:\*(?:\/\d+)?|(?:19|20|21)\d\d(?:[-,/]\d+)*)$/.test(text);
}

/**
 * Five fields, or six with seconds, without what our grammar lacks: `?` is `*`, `0/5` is a range. Beside a `?`
 * weekdays are numbered from 1 for Sunday. Undefined when one of them has no form here.
 */
export function withoutForeignForms(texts: readonly string[]): string | undefined {
  const names = FIELD_NAMES.slice(-texts.length);
  const fields = texts.map((text, i) => {
    const spec = FIELDS[names[i]!];
    const items = text.split(",").map((item) => (isFromOne(texts) ? fromOne(spec, item) : item));
    return items.map((item) => (item === undefined ? undefined : plain(spec, item)));
  });
  return fields.flat().includes(undefined) ? undefined : fields.map((items) => items.join(",")).join(" ");
}

/** Whether this is the dialect of Quartz and AWS, which want a `?` in one of the day fields. */
export function isFromOne(texts: readonly string[]): boolean {
  return (texts.at(-3) === "?") !== (texts.at(-1) === "?");
}

function plain(spec: FieldSpec, item: string): string {
  const isDay = spec.name === "dayOfMonth" || spec.name === "dayOfWeek";
  if (item === "?" && isDay) return "*";
  const [, start, step] = /^(\d+|[a-z]+)\/(\d+)$/i.exec(item) ?? [];
  if (start === undefined || step === undefined) return item;
  const value = spec.names.get(start.toLowerCase()) ?? Number(start);
  return Number.isNaN(value) ? item : steppedRange(spec, start, value, step);
}

/** An item of day of week with numbers of ours: 1 to 7 become 0 to 6. */
function fromOne(spec: FieldSpec, item: string): string | undefined {
  if (spec.name !== "dayOfWeek") return item;
  if (item === "L") return "sat";
  const [, days = "", rest = ""] = /^([^/#L]*)(.*)$/.exec(item) ?? [];
  if (/\d/.test(days) && !/^[1-7](?:-[1-7])?$/.test(days)) return undefined;
  const ours = days.replace(/\d/g, (day) => String(Number(day) - 1));
  // A step without a range ends on Saturday, which is 7 there and 6 here.
  return rest.startsWith("/") && /^(?:\d|[a-z]+)$/i.test(ours) ? `${ours}-6${rest}` : ours + rest;
}
