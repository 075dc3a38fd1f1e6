/** Texts in which people say a schedule, and the call that says the same. Each call is tried before it is proposed. */
import { calendarCallOf } from "./calendar-phrases.js";
import { callText } from "./call-text.js";
import { clocked } from "./clocked.js";
import { crontabOfWord } from "./crontab/nicknames.js";
import { every } from "./interval.js";
import { solar } from "./solar/solar.js";
import type { SolarEvent } from "./solar/events.js";

const LONGEST_PHRASE = 100;

/** The call that makes what `text` says, `solar("sunset", latitude, longitude)`; undefined: it is no such text. */
export function callOf(text: string): string | undefined {
  const phrase = text.trim();
  if (phrase.length > LONGEST_PHRASE) return undefined;
  const counted = calendarCallOf(phrase);
  if (counted !== undefined) return counted;
  const [, period] = /^(?:@?every[\s:]+|rate\()(.+?)\)?$/i.exec(phrase) ?? [];
  if (period !== undefined) return periodCall(period) ?? wordCall(period);
  return (
    solarCall(phrase) ?? wordCall(phrase) ?? instantCall(phrase) ?? periodCall(phrase) ?? numberCall(phrase)
  );
}

function isTaken(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

/** "daily" and "every day" are the time of day of a zone, no period of 24 hours. */
function wordCall(word: string): string | undefined {
  const text = crontabOfWord(word);
  return text === undefined ? undefined : callText("crontab", text);
}

const UNITS: ReadonlyMap<string, string> = new Map(
  [
    ["s", "sec secs second seconds"],
    ["m", "min mins minute minutes"],
    ["h", "hr hrs hour hours"],
    ["d", "day days"],
    ["w", "wk wks week weeks"],
  ].flatMap(([unit, names]) => names!.split(" ").map((name): [string, string] => [name, unit!])),
);

function periodCall(text: string): string | undefined {
  const short = text
    .replace(/[a-z]+/gi, (unit) => UNITS.get(unit.toLowerCase()) ?? unit)
    .replace(/(?<=[a-z])\s+(?=\d)|(?<=\d)\s+(?=[a-z])/g, "");
  const taken = [text, short].find((duration) => isTaken(() => every(duration)));
  return taken === undefined ? undefined : callText("every", taken);
}

/** Bare numbers: seconds, or the milliseconds of an instant. */
function numberCall(text: string): string | undefined {
  const call = /^\d{1,7}$/.test(text) ? "every" : /^\d{13}$/.test(text) ? "clocked" : undefined;
  const make = call === "every" ? every : clocked;
  return call !== undefined && isTaken(() => make(Number(text))) ? `${call}(${Number(text)})` : undefined;
}

const SOLAR =
  /^(?:solar[\s:(]+)?["']?([a-z_]+)["']?(?:[\s:,]+(-?[\d.]+)[\s:,]+(-?[\d.]+)(?:[\s:,]+(-?\w+))?\)?)?$/i;

/** An event, alone or with its place as on the command line: "solar:sunset:48.85:2.35:-30m". */
function solarCall(text: string): string | undefined {
  const [, event = "", latitude, longitude, offset] = SOLAR.exec(text) ?? [];
  const place = [Number(latitude ?? 0), Number(longitude ?? 0)] as const;
  const options = offset === undefined ? {} : { offset };
  if (!isTaken(() => solar(event as SolarEvent, ...place, options))) return undefined;
  const written = latitude === undefined ? "latitude, longitude" : place.join(", ");
  return `solar("${event}", ${written}${offset === undefined ? "" : `, { offset: "${offset}" }`})`;
}

/** A day and a time of day, with an offset or of a zone that is to be named. */
function instantCall(text: string): string | undefined {
  const instant = text.replace(/^(?:at|clocked|once)[\s:]+(?:at\s+)?/i, "");
  if (!/^\d{4}-\d\d-\d\d/.test(instant)) return undefined;
  const withT = instant.replace(/^(\S+) +(?=\d)/, "$1T");
  const exact = [instant, withT].find((candidate) => isTaken(() => clocked(candidate)));
  if (exact !== undefined) return callText("clocked", exact);
  if (!isTaken(() => clocked(instant, { timezone: "UTC" }))) return undefined;
  return callText("clocked", instant)?.replace(/\)$/, ", { timezone })");
}
