/** Schedules told in other languages: each kind of sentence, with the reason why it is said so. */
import { describe, expect, test } from "vitest";
import { describeIn } from "../../src/calendar.js";
import {
  businessDays,
  calendar,
  clocked,
  compose,
  crontab,
  dates,
  days,
  during,
  every,
  holidays,
  rrule,
  solar,
  union,
  type Schedule,
} from "../../src/index.js";

const paris = { timezone: "Europe/Paris" } as const;
const sunrise = solar("sunrise", 48.14, 11.58);
const sunset = solar("sunset", 48.14, -11.58);
const sprint = calendar({
  every: "2 weeks",
  on: ["mon", "thu"],
  at: ["08:00", "17:30"],
  from: "2027-01-04",
  ...paris,
});
const payroll = calendar({ every: "month", on: 25, at: "09:00" }).shift("previous business day", {
  days: businessDays({ closed: holidays("DE-BY") }),
});
const ticker = every("5m")
  .between("09:30", "16:00", { timezone: "America/New_York" })
  .onDays("business")
  .except("2027-12-24");
const mixed = calendar({ every: "year", in: ["mar", "sep"], on: [1, "3rd fri"], at: "09:30" });
const back = calendar({ every: "month", on: ["2nd last fri", "last day", "4th last day"], at: "01:00" });
const clamp = calendar({ every: "month", on: 31, at: "00:00", missing: "clamp", until: "2028-02-01" });
const firstMonday = crontab("0 9 * * 1#1", { extended: true });

type Row = [schedule: Schedule, text: string, because: string];

const german: Row[] = [
  [
    sprint,
    "alle 2 Wochen am Montag und Donnerstag um 08:00 und 17:30, ab 4. Januar 2027 (Europe/Paris)",
    "lists have no comma before the last, dates are long",
  ],
  [
    payroll,
    "am 25. jedes Monats um 09:00, verschoben auf den Arbeitstag davor (Mo-Fr, geschlossen an den Tagen von DE-BY)",
    "numbers of days are ordinals",
  ],
  [
    ticker,
    "alle 5 Min., von 09:30 bis vor 16:00 (America/New_York), an Arbeitstagen, außer am 24. Dezember 2027",
    "an open end is said",
  ],
  [
    mixed,
    "jedes Jahr am 3. Freitag und am 1. im März und September um 09:30",
    "the number stands last: before the ordinal it would be a Friday",
  ],
  [
    back,
    "am vorletzten Freitag, am viertletzten Tag und am letzten Tag jedes Monats um 01:00",
    "places from the end have words",
  ],
  [
    clamp,
    "am 31. (in kürzeren Monaten am letzten Tag) jedes Monats um 00:00, bis einschließlich 1. Februar 2028",
    "a date is included",
  ],
  [every("1h"), "jede Stunde", "one of a unit has no number"],
  [every("90s", { offset: "1s" }), "alle 1 Min. 30 Sek., versetzt um 1 Sek.", "units are short"],
  [every("2d"), "alle 2 Tage", "plural"],
  [
    every("10m").between(sunrise.offset("30m"), sunset.offset("-30m")),
    "alle 10 Min., von „30 Min. nach: Sonnenaufgang bei 48,14 N, 11,58 O“ bis vor „30 Min. vor: Sonnenuntergang bei 48,14 N, 11,58 W“",
    "numbers have a comma, east is O",
  ],
  [
    every("10m").between(sunset, "26:00", { timezone: "Europe/Berlin", days: "mon-fri" }),
    "alle 10 Min., von „Sonnenuntergang bei 48,14 N, 11,58 W“ bis vor 26:00 von Montag bis Freitag (Europe/Berlin)",
    "a time of day is no quotation",
  ],
  [union(crontab("0 23 * * *"), every(30)), "um 23:00 jeden Tag; und alle 30 Sek.", "a union"],
  [
    crontab("0 2 * * *").except(
      crontab("0 2 1 * *"),
      dates(["12-25", { from: "2027-08-01", to: "2027-08-14" }]),
    ),
    "um 02:00 jeden Tag, außer zu den Zeitpunkten von: um 02:00 am 1., außer am 25. Dezember und vom 1. August 2027 bis 14. August 2027",
    "dates of every year have none",
  ],
  [
    crontab("0 9 1 * *").shift("next business day in the month", { by: -2 }).offset("45m"),
    "45 Min. nach: um 09:00 am 1., verschoben auf den nächsten Arbeitstag im selben Monat, sonst den davor und 2 weitere zurück (Mo-Fr)",
    "a roll with steps",
  ],
  [
    crontab("15,45 9-17 * * sat,sun"),
    "in den Minuten 15 und 45 in den Stunden 9 bis 17 am Samstag oder Sonntag",
    "fields",
  ],
  [
    crontab("0 4 1,15 * wed"),
    "um 04:00 am Mittwoch, oder am 1. oder 15.",
    "either field: the number stands last",
  ],
  [
    crontab("0 4 13 mar-may fri", { dayMatch: "and" }),
    "um 04:00 am 13. von März bis Mai und zugleich am Freitag",
    "both fields",
  ],
  [crontab("0 0 30 2 *"), "nie: um 00:00 am 30. im Februar", "no such day"],
  [firstMonday, "um 09:00 am 1. Montag des Monats", "an ordinal of a month"],
  [crontab("@reboot"), "einmal, sobald das erste Beat die Führung übernimmt", "no time at all"],
  [clocked("2027-03-28T01:00:30Z"), "einmal, am 28. März 2027 01:00:30 UTC", "an instant is in UTC"],
  [
    solar("dawn_civil", 59.9, 10.75, { polar: { night: 1 / 7 }, offset: "-1h30m" }),
    "1 Std. 30 Min. vor: Beginn der bürgerlichen Morgendämmerung bei 59,9 N, 10,75 O, höchstens 1/7 der Nacht vor Sonnenaufgang",
    "an event of the Sun has a name",
  ],
];

const french: Row[] = [
  [
    sprint,
    "toutes les 2 semaines le lundi et le jeudi à 08:00 et 17:30, à partir du 4 janvier 2027 (Europe/Paris)",
    "weeks are feminine, weekdays have articles",
  ],
  [
    payroll,
    "le 25 de chaque mois à 09:00, reporté au jour ouvré précédent (lun.-ven., fermé les jours de DE-BY)",
    "a day of a month is a number",
  ],
  [
    ticker,
    "toutes les 5 min, de 09:30 jusqu’avant 16:00 (America/New_York), les jours ouvrés, sauf le 24 décembre 2027",
    "an open end is said",
  ],
  [
    mixed,
    "chaque année le 3e vendredi et le 1er en mars et septembre à 09:30",
    "the first of a month is an ordinal, and stands last",
  ],
  [
    back,
    "l’avant-dernier vendredi, le 4e jour à partir de la fin et le dernier jour de chaque mois à 01:00",
    "places from the end",
  ],
  [
    clamp,
    "le 31 (le dernier jour d’un mois plus court) de chaque mois à 00:00, jusqu’au 1er février 2028 inclus",
    "the first of a month in a date",
  ],
  [every("2d"), "tous les 2 jours", "days are masculine"],
  [every("250ms"), "tous les 250 ms", "so are milliseconds"],
  [every("1h"), "chaque heure", "one of a unit has no number"],
  [
    every("10m").between(sunrise.offset("30m"), sunset),
    "toutes les 10 min, de « 30 min après le lever du soleil à 48,14 N, 11,58 E » jusqu’avant « le coucher du soleil à 48,14 N, 11,58 O »",
    "west is O",
  ],
  [crontab("0 * * * *"), "à la minute 0 de chaque heure", "one minute"],
  [crontab("*/15 */2 * * *"), "toutes les 15 minutes une heure sur 2 à partir de 00:00", "a step of hours"],
  [crontab("0 4 1-7 aug,oct *"), "à 04:00 du 1er au 7 en août ou en octobre", "a run of days"],
  [crontab("0 4 1,15 * wed"), "à 04:00 le mercredi, ou le 1er ou le 15", "either field"],
  [
    dailyOn(days({ every: "month", on: "mon-fri", position: [2, -1] })),
    "à 09:00 tous les jours, le dernier jour et le 2e jour parmi : du lundi au vendredi de chaque mois",
    "places among days",
  ],
  [clocked("2027-05-01T01:00Z"), "une fois, le 1er mai 2027 01:00 UTC", "the first of a month in an instant"],
  [solar("asr_hanafi", 30, 31), "l’asr (hanafite) à 30 N, 31 E", "an event of the Sun"],
];

const spanish: Row[] = [
  [
    sprint,
    "cada 2 semanas el lunes y el jueves a las 08:00 y 17:30, desde el 4 de enero de 2027 (Europe/Paris)",
    "weekdays have articles",
  ],
  [
    payroll,
    "el día 25 de cada mes a las 09:00, trasladado al día laborable anterior (lun-vie, cerrado los días de DE-BY)",
    "a day of a month",
  ],
  [
    ticker,
    "cada 5 min, de 09:30 hasta antes de 16:00 (America/New_York), los días laborables, excepto el 24 de diciembre de 2027",
    "an open end is said",
  ],
  [
    mixed,
    "cada año el 3.er viernes y el día 1 en marzo y septiembre a las 09:30",
    "the third is shortened before a noun",
  ],
  [
    back,
    "el penúltimo viernes, el 4.º día desde el final y el último día de cada mes a la 01:00",
    "one o'clock is singular",
  ],
  [
    clamp,
    "el día 31 (el último día en meses más cortos) de cada mes a las 00:00, hasta el 1 de febrero de 2028 inclusive",
    "a date is included",
  ],
  [every("1w"), "cada 7 días", "plural"],
  [every("1d"), "cada día", "one of a unit has no number"],
  [
    every("15m").only(during("22:00", "06:00", { days: "mon-fri" }), "sat"),
    "cada 15 min, de 22:00 hasta antes de 06:00 de lunes a viernes o el sábado",
    "either window",
  ],
  [
    solar("sunset", 40, -3, { offset: "-30m" }),
    "30 min antes de la puesta del sol en 40 N, 3 O",
    "before the feminine",
  ],
  [
    solar("solar_noon", 40, -3, { offset: "5m" }),
    "5 min después del mediodía solar en 40 N, 3 O",
    "de el is del",
  ],
  [crontab("15 30 * * * *"), "en el segundo 15 del minuto 30 de cada hora", "de el is del"],
  [crontab("0 4 1,15 * wed"), "a las 04:00 los días 1 o 15, o el miércoles", "either field"],
  [
    compose({ next: () => null }).endAt("2028-01-01T00:00Z"),
    "una programación propia, hasta antes del 1 de enero de 2028 00:00 UTC",
    "no text of its own",
  ],
  [
    rrule("DTSTART;TZID=Europe/Madrid:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=12"),
    "el 2.º martes de cada mes a las 09:00, desde el 12 de enero de 2027, 12 veces (Europe/Madrid)",
    "a rule of iCalendar",
  ],
];

function dailyOn(set: ReturnType<typeof days>): Schedule {
  return crontab("0 9 * * *").onDays(set);
}

describe.each([
  ["de", german],
  ["fr", french],
  ["es", spanish],
] as const)("%s", (locale, rows) => {
  test.each(rows)("%# is told as %j: %s", (schedule, text) => {
    expect(describeIn(schedule, locale)).toBe(text);
  });
});

test.each<[locale: string, text: string, because: string]>([
  [
    "en",
    "every 2 weeks on Monday and Thursday at 08:00 and 17:30, from 2027-01-04 (Europe/Paris)",
    "as describe()",
  ],
  [
    "en-US",
    "every 2 weeks on Monday and Thursday at 08:00 and 17:30, from January 4, 2027 (Europe/Paris)",
    "dates of the country",
  ],
  [
    "it",
    "every 2 settimane on lunedì e giovedì at 08:00 e 17:30, from 4 gennaio 2027 (Europe/Paris)",
    "English frames, own names",
  ],
  [
    "DE-at",
    "alle 2 Wochen am Montag und Donnerstag um 08:00 und 17:30, ab 4. Jänner 2027 (Europe/Paris)",
    "frames of the language, names of the country",
  ],
])("the sprint in %j is %j: %s", (locale, text) => {
  expect(describeIn(sprint, locale)).toBe(text);
});

test.each(["th", "fa", "ar-SA-u-nu-arab", "ja-JP-u-ca-japanese"])(
  "%s: years are those of the Gregorian calendar, in the digits of times of day",
  (locale) => {
    expect(describeIn(sprint, locale)).toContain("2027");
  },
);

test("a custom schedule is told by its own text, within ours too", () => {
  const custom: Schedule = { next: () => null, describe: () => "when it rains" };
  expect(describeIn(custom, "de")).toBe("when it rains");
  expect(describeIn([custom, 30], "de")).toMatch(
    /^alle 30 Sek\.; und when it rains$|^when it rains; und alle 30 Sek\.$/,
  );
});

test.each([undefined, null, 5, "", "xx", "not a locale", "de_DE", "constructor"])(
  "locale %j is refused",
  (locale) => {
    expect(() => describeIn(every(30), locale as string)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_OPTION_INVALID",
        message: expect.stringMatching(
          /^describeIn: locale: expected a language tag that this runtime knows, such as "de"/,
        ) as string,
      }),
    );
  },
);

test("what is no schedule is refused", () => {
  expect(() => describeIn("0 9 * * *" as never, "de")).toThrow(
    expect.objectContaining({ code: "SUNBEAT_SCHEDULE_INVALID" }),
  );
});
