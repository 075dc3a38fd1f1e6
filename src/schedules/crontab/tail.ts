import { quote } from "../../core/quote.js";
import { isZone } from "../zone-name.js";
import { itemMeant, nameMeant } from "./field-hints.js";
import { FIELDS, isNickname } from "./fields.js";
import { isYear, withoutForeignForms } from "./foreign.js";
import { writeCrontab, type Attempt, type Misreading, type Part } from "./attempt.js";

/**
 * What follows five or six fields that are right by themselves, or a nickname: a zone, a year, a user and a command, a
 * comment. Undefined where nothing follows, or where what follows may be a field.
 */
export function afterGoodFields(attempt: Attempt): Misreading | undefined {
  const { parts } = attempt;
  if (isNickname(parts[0]?.text ?? "")) return judge(attempt, 1);
  return judge(attempt, 6) ?? (parts.length === 6 && mayBeSixFields(attempt) ? undefined : judge(attempt, 5));
}

/** Whether five fields with seconds before them are wrong in one number, rather than five with something behind. */
function mayBeSixFields({ parts, accepts }: Attempt): boolean {
  const [second, minute, hour, day, month, weekday] = parts.map(({ text }) => text);
  const { dayOfWeek } = FIELDS;
  if ((itemMeant(dayOfWeek, weekday!) ?? nameMeant(dayOfWeek, weekday!)) !== undefined) return true;
  const isTime = !/[?#LW]|[a-gi-z]/i.test(`${second}${minute}${hour}`);
  return isTime && accepts(`* * * ${day} ${month} ${weekday}`, true);
}

function judge(attempt: Attempt, count: number): Misreading | undefined {
  const { text, parts } = attempt;
  const head = parts.slice(0, count).map((part) => part.text);
  const rest = parts.slice(count);
  const first = rest[0];
  if (first === undefined) return undefined;
  if (rest.length === 1 && isYear(first.text)) return year(attempt, head, first);
  const fields = withoutForeignForms(head);
  const asWritten = text.slice(parts[0]!.index, first.index).trimEnd();
  const good = [asWritten, fields].find((fields) => fields !== undefined && attempt.accepts(fields, true));
  if (good === undefined) return undefined;
  const tail = text.slice(first.index).trimEnd();
  return following(attempt, good, { text: tail, index: first.index }, countOf(head));
}

function following(attempt: Attempt, good: string, tail: Part, before: string): Misreading | undefined {
  const [first = ""] = tail.text.split(/[ \t]/);
  const shown = quote(tail.text);
  const found = { value: tail.text, position: tail.index };
  const crontab = writeCrontab(attempt, good);
  if (first.startsWith("#") || first.startsWith("//")) {
    return { ...found, problem: `${shown} after ${before} is a comment`, hint: crontab ?? "leave it out" };
  }
  const zone = zoneIn(tail.text.replace(/[ \t]#.*/s, "").trimEnd());
  if (zone !== undefined) {
    const hint = isZone(zone) ? writeCrontab(attempt, good, { timezone: zone }) : undefined;
    const problem = `${shown} after ${before} is a time zone`;
    return {
      ...found,
      problem,
      hint: hint ?? 'use the timezone option, with an IANA name such as "Europe/Paris"',
    };
  }
  if (!/^[a-z_./~$"'\\([{!&|>@-]/i.test(first)) return undefined;
  const work = "the command becomes a task";
  return {
    ...found,
    problem: `${shown} after ${before} is a user or a command, as in a line of crontab(5)`,
    hint: crontab === undefined ? work : `${crontab}; ${work}`,
  };
}

const LABEL = /^(?:in[ \t]+|(?:(?:cron_)?tz|(?:time_?)?zone)[ \t]*[=:]?[ \t]*)/i;

/** What stands for a time zone: one that exists, or what has its form. */
function zoneIn(tail: string): string | undefined {
  const name = tail.replace(LABEL, "").replace(/^["'([]|["')\]]$/g, "");
  const isLabelled = LABEL.test(tail);
  if (/[ \t]/.test(name)) return undefined;
  if (isZone(name)) return name;
  const hasForm = /^(?:[A-Z]{2,5}|(?:UTC|GMT)?[+-]\d[\d:]*|[A-Z][A-Za-z]+\/[A-Z][\w/+-]*)$/.test(name);
  return hasForm || isLabelled ? name : undefined;
}

function year(attempt: Attempt, head: readonly string[], last: Part): Misreading | undefined {
  if (head.length === 1) return undefined;
  const fields = withoutForeignForms(head);
  const crontab = fields === undefined ? undefined : writeCrontab(attempt, fields);
  if (fields !== undefined && crontab === undefined) return undefined;
  const bounds = last.text === "*" ? "" : " and give the entry startAt and endAt";
  const renumbered = fields?.split(" ").at(-1) !== head.at(-1) && /[1-7]/.test(head.at(-1)!);
  return {
    value: last.text,
    position: last.index,
    problem: `${quote(last.text)} after ${countOf(head)} is a year, as in ${head.length === 6 ? "Quartz" : "AWS"}`,
    hint:
      `leave the year out${bounds}${crontab === undefined ? "" : `: ${crontab}`}` +
      (renumbered ? " (Sunday is 0 here, not 1)" : ""),
  };
}

function countOf(head: readonly string[]): string {
  return head.length === 1 ? head[0]! : `${head.length === 5 ? "five" : "six"} fields`;
}
