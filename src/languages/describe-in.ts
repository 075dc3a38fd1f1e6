import { invalidOption } from "../core/options.js";
import {
  compose,
  ENGLISH,
  englishFrames,
  textOf,
  type Language,
  type Names,
  type ScheduleLike,
} from "../schedules/index.js";
import { french } from "./french.js";
import { german } from "./german.js";
import { namesOf } from "./names.js";
import { spanish } from "./spanish.js";

const FRAMES: ReadonlyMap<string, (names: Names) => Language> = new Map([
  ["de", german],
  ["fr", french],
  ["es", spanish],
]);

/** Making the formats of a locale takes a millisecond. */
const made = new Map<string, Language>();
const MOST_MADE = 50;

/**
 * One line for people about a schedule, in the language of a locale such as "de" or "fr-CA". Weekdays, months, dates,
 * numbers and lists are those of the locale by `Intl`; the sentences are English, German, French or Spanish, English for
 * any other. "en" gives the text of `describe()`. Times of day have 24 hours, dates are Gregorian, instants are in UTC.
 * A custom schedule is told by its own `describe()`, in its own language.
 * Throws SUNBEAT_OPTION_INVALID for a locale that the runtime does not know, SUNBEAT_SCHEDULE_INVALID for no schedule.
 *
 *     describeIn(crontab("0 9 * * mon-fri"), "de") // "um 09:00 von Montag bis Freitag"
 */
export function describeIn(schedule: ScheduleLike, locale: string): string {
  return textOf(compose(schedule), languageOf(locale));
}

function languageOf(locale: string): Language {
  const known = made.get(locale);
  if (known !== undefined) return known;
  const tag = tagOf(locale);
  const language = tag === "en" ? ENGLISH : (FRAMES.get(tag.split("-")[0]!) ?? englishFrames)(namesOf(tag));
  if (made.size >= MOST_MADE) made.clear();
  made.set(locale, language);
  return language;
}

/** The locale in one spelling. */
function tagOf(locale: unknown): string {
  const tags = typeof locale === "string" ? supported(locale) : [];
  if (tags.length === 1) return tags[0]!;
  throw invalidOption(
    "describeIn: locale",
    'a language tag that this runtime knows, such as "de" or "fr-CA"',
    locale,
  );
}

function supported(locale: string): string[] {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf([locale]);
  } catch {
    return [];
  }
}
