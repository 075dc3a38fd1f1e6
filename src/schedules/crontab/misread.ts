import { invisibleIn, quote, visible } from "../../core/quote.js";
import { callText } from "../call-text.js";
import { callOf } from "../phrases.js";
import { isZone } from "../zone-name.js";
import { partsOf, writeCrontab, type Attempt, type Misreading, type Part } from "./attempt.js";
import { FIELDS, isNickname } from "./fields.js";
import { isFromOne, withoutForeignForms } from "./foreign.js";
import { crontabOfNickname } from "./nicknames.js";
import { afterGoodFields } from "./tail.js";

/**
 * What a refused text is, where that says more than its first wrong field: a line of a crontab, a crontab of Quartz, an
 * interval. Undefined where nothing better is known.
 */
export function misreadingOf(attempt: Attempt): Misreading | undefined {
  return wrapped(attempt) ?? bare(attempt);
}

function bare(attempt: Attempt): Misreading | undefined {
  for (const reading of [
    invisible,
    nickname,
    zonePrefix,
    blanksInField,
    afterGoodFields,
    quartz,
    fileNames,
    phrase,
  ]) {
    const found = reading(attempt);
    if (found !== undefined) return found;
  }
  return undefined;
}

function invisible(attempt: Attempt): Misreading | undefined {
  const { text } = attempt;
  const found = invisibleIn(text).filter((character) => character !== "\t");
  if (found.length === 0) return undefined;
  const position = text.indexOf(found[0]!);
  const cleaned = visible(text.replace(/\s/g, " ")).replace(/(?:\\u[0-9a-f]{4})+/g, "");
  const hint = writeCrontab(attempt, cleaned.trim());
  if (hint !== undefined) {
    const names = [...new Set(found)].slice(0, 3).map(codePoint).join(" and ");
    const problem = `the text holds ${names}, and only spaces and tabs stand between fields`;
    return { value: found[0]!, position, problem, hint };
  }
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  if (lines.length < 2) return undefined;
  const problem = `the text has ${lines.length} lines, and a crontab is one`;
  return { value: lines[1]!, position: text.indexOf(lines[1]!), problem };
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Quotes that came along, `cron(...)` and `crontab("...")`. */
function wrapped(attempt: Attempt): Misreading | undefined {
  const text = attempt.text.trim();
  const [, inner] =
    /^(["'`])(?<inner>.*)\1$/.exec(text)?.slice(1) ??
    /^(cron|crontab)\(\s*["'`]?(.*?)["'`]?\s*\)$/i.exec(text)?.slice(1) ??
    [];
  if (inner === undefined) return undefined;
  const hint = writeCrontab(attempt, inner) ?? bare({ ...attempt, text: inner, parts: partsOf(inner) })?.hint;
  return hint === undefined
    ? undefined
    : { value: text, position: 0, problem: `${quote(text)} holds more than the fields`, hint };
}

function nickname(attempt: Attempt): Misreading | undefined {
  const [first, ...rest] = attempt.parts;
  if (first === undefined || !first.text.startsWith("@") || isNickname(first.text)) return undefined;
  const whole = attempt.text.trim();
  const text = rest.length === 0 ? crontabOfNickname(whole) : undefined;
  const call = text !== undefined ? callText("crontab", text) : callOf(whole.replace(/^@(?=\d+$)/, ""));
  if (call === undefined) return undefined;
  const problem = `${quote(whole)} is not a nickname`;
  return { value: whole, position: first.index, problem, hint: `write ${call}` };
}

function zonePrefix(attempt: Attempt): Misreading | undefined {
  const [first, ...rest] = attempt.parts;
  const [, name] = /^(?:CRON_)?TZ=["']?(.*?)["']?$/.exec(first?.text ?? "") ?? [];
  if (first === undefined || name === undefined) return undefined;
  const text = attempt.text.slice(rest[0]?.index ?? attempt.text.length).trimEnd();
  const hint = isZone(name) ? writeCrontab(attempt, text, { timezone: name }) : undefined;
  return {
    value: first.text,
    position: first.index,
    problem: "the text names a time zone",
    hint: hint ?? "use the timezone option",
  };
}

/** `mon - fri`, `1, 15`. */
function blanksInField(attempt: Attempt): Misreading | undefined {
  const blank = /[ \t][,/-][ \t]?|[,/-][ \t]/.exec(attempt.text);
  if (blank === null) return undefined;
  const parts = attempt.text.split(/([,/-])/).map((part) => part.trim());
  const hint = writeCrontab(attempt, parts.join(""));
  if (hint === undefined) return undefined;
  return { value: blank[0], position: blank.index, problem: "a field holds no blanks", hint };
}

/** Whether a part can be no field: its letters are no names of days or months, and no sign of the extended syntax. */
function isWord({ text }: Part): boolean {
  const { dayOfWeek, monthOfYear } = FIELDS;
  const words = text.toLowerCase().match(/[^\d*,/?#()~-]+/g) ?? [];
  return words.some(
    (word) => !/^[lwh]{1,2}$/.test(word) && !dayOfWeek.names.has(word) && !monthOfYear.names.has(word),
  );
}

/** A shell puts the names of the files in its folder where a star stands without quotes: the same ones for each star. */
export function fileNames({ parts }: Pick<Attempt, "parts">): Misreading | undefined {
  const words = parts.filter(isWord);
  const first = words[0];
  if (first === undefined || parts.length < 5) return undefined;
  const isRepeated = new Set(words.map(({ text }) => text)).size < words.length;
  const isFile = words.some(({ text }) => /^[\w.-]*\.[a-z]\w*$/i.test(text));
  const isBehindFields = parts.indexOf(first) >= 2 && words.length >= 2;
  if (!isRepeated && !isFile && !isBehindFields) return undefined;
  const subject = words.length === 1 ? "is no field" : `and ${words.length - 1} more are no fields`;
  return {
    value: first.text,
    position: first.index,
    problem: `${quote(first.text)} ${subject}`,
    hint: "if a shell has put names of files in place of a star, put the crontab in quotes",
  };
}

/** Weekdays in numbers beside a `?` are probably those of Quartz, where Sunday is 1. */
function quartz(attempt: Attempt): Misreading | undefined {
  const { text, parts, extended, accepts } = attempt;
  const texts = parts.map((part) => part.text);
  if (extended || !accepts(text, true) || !isFromOne(texts)) return undefined;
  const ours = withoutForeignForms(texts);
  const sameWeekdays = ours?.split(" ").at(-1) === texts.at(-1);
  const hint =
    ours === undefined || sameWeekdays || texts.at(-1) === "?" ? undefined : writeCrontab(attempt, ours);
  if (hint === undefined) return undefined;
  const { index } = parts.find((part) => part.text === "?")!;
  return {
    value: "?",
    position: index,
    problem: `"?" is an extension, and in Quartz and AWS, where it comes from, Sunday is 1`,
    hint: `${hint} for the weekdays of Quartz, or * in place of ? for ours (Sunday is 0)`,
  };
}

function phrase({ text, parts }: Attempt): Misreading | undefined {
  if (parts.length > 4 && !/^\s*every\b/i.test(text)) return undefined;
  const call = callOf(text);
  const whole = text.trim();
  if (call === undefined) return undefined;
  return {
    value: whole,
    position: text.indexOf(whole),
    problem: `${quote(whole)} is not a crontab`,
    hint: `write ${call}`,
  };
}
