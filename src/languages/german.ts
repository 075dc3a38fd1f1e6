import { isPlain, listRuns, single } from "./listing.js";
import { unitOfSpan } from "../schedules/index.js";
import type { Clause, DayPart, Language, Names, PeriodUnit, Run } from "../schedules/index.js";

const EVERY: Record<PeriodUnit, string> = {
  second: "jede Sekunde",
  minute: "jede Minute",
  hour: "jede Stunde",
  day: "jeden Tag",
  week: "jede Woche",
  month: "jeden Monat",
  year: "jedes Jahr",
};

const FIELDS: Record<string, readonly [one: string, many: string]> = {
  second: ["Sekunde", "Sekunden"],
  minute: ["Minute", "Minuten"],
  hour: ["Stunde", "Stunden"],
};

const ROLLS = {
  previous: "den Arbeitstag davor",
  next: "den Arbeitstag danach",
  nearest: "den nächstgelegenen Arbeitstag",
  month: "den nächsten Arbeitstag im selben Monat, sonst den davor",
} as const;

const FROM_END = ["", "letzten", "vorletzten", "drittletzten", "viertletzten", "fünftletzten"];

const SUN: Record<string, string> = {
  dawn_astronomical: "Beginn der astronomischen Morgendämmerung",
  dawn_nautical: "Beginn der nautischen Morgendämmerung",
  dawn_civil: "Beginn der bürgerlichen Morgendämmerung",
  sunrise: "Sonnenaufgang",
  solar_noon: "wahrer Mittag",
  sunset: "Sonnenuntergang",
  dusk_civil: "Ende der bürgerlichen Abenddämmerung",
  dusk_nautical: "Ende der nautischen Abenddämmerung",
  dusk_astronomical: "Ende der astronomischen Abenddämmerung",
  solar_midnight: "wahre Mitternacht",
  golden_hour_start: "Beginn der abendlichen goldenen Stunde",
  golden_hour_end: "Ende der abendlichen goldenen Stunde",
  golden_hour_dawn_start: "Beginn der morgendlichen goldenen Stunde",
  golden_hour_dawn_end: "Ende der morgendlichen goldenen Stunde",
  blue_hour_start: "Beginn der abendlichen blauen Stunde",
  blue_hour_end: "Ende der abendlichen blauen Stunde",
  blue_hour_dawn_start: "Beginn der morgendlichen blauen Stunde",
  blue_hour_dawn_end: "Ende der morgendlichen blauen Stunde",
  asr: "Asr",
  asr_hanafi: "Asr (hanafitisch)",
};

/** The frames of German. */
export function german(names: Names): Language {
  const { list } = names;
  const numbers = (runs: readonly Run[]): string =>
    listRuns(names, runs, "and", { one: String, way: (from, to) => `${from} bis ${to}` });
  const period = (n: number, unit: PeriodUnit): string =>
    n === 1 ? EVERY[unit] : `alle ${names.count(n, unit)}`;
  const every = (ms: number): string => {
    const unit = unitOfSpan(ms);
    return unit === undefined ? `alle ${names.span(ms)}` : EVERY[unit];
  };
  const weekdays = (runs: readonly Run[], word: "and" | "or"): string => {
    const name = names.weekday;
    if (isPlain(runs))
      return `am ${list(
        runs.map(([weekday]) => name(weekday)),
        word,
      )}`;
    return listRuns(names, runs, word, {
      one: (weekday) => `am ${name(weekday)}`,
      way: (from, to) => `von ${name(from)} bis ${name(to)}`,
    });
  };
  const monthDays = (runs: readonly Run[], word: "and" | "or"): string => {
    if (isPlain(runs))
      return `am ${list(
        runs.map(([day]) => `${day}.`),
        word,
      )}`;
    return listRuns(names, runs, word, {
      one: (day) => `am ${day}.`,
      way: (from, to) => `vom ${from}. bis ${to}.`,
    });
  };
  const dayName = (of: number | "day" | "business day"): string =>
    typeof of === "number" ? names.weekday(of) : of === "day" ? "Tag" : "Arbeitstag";
  const ordinalDay = (nth: number, of: number | "day" | "business day"): string =>
    `am ${place(nth)} ${dayName(of)}`;
  return {
    names,
    custom: "ein eigener Zeitplan",
    reboot: "einmal, sobald das erste Beat die Führung übernimmt",
    joint: "; und ",
    never: (text) => `nie: ${text}`,
    every,
    offset: (span) => `, versetzt um ${span}`,
    once: (instant) => `einmal, am ${instant}`,
    moved: (span, isBefore, text) => `${span} ${isBefore ? "vor" : "nach"}: ${text}`,
    shifted(to, by, days) {
      const steps = by === 0 ? "" : ` und ${Math.abs(by)} weitere ${by < 0 ? "zurück" : "vor"}`;
      return `verschoben auf ${ROLLS[to]}${steps} (${days})`;
    },
    from: (start) => `ab ${start}`,
    until: (date) => `bis einschließlich ${date}`,
    untilBefore: (instant) => `bis vor dem ${instant}`,
    times: (count) => (count === 1 ? "einmal" : `${count}-mal`),
    at: (times) => `um ${list(times, "and")}`,
    atMany: (count, first, last) => `zu ${count} Uhrzeiten von ${first} bis ${last}`,
    atEvery: (ms, from, to) => `${every(ms)} von ${from} bis einschließlich ${to}`,
    clause(clause: Clause, isFirst) {
      if ("every" in clause) {
        return isFirst || clause.every > 1
          ? period(clause.every, clause.unit)
          : `in jeder ${FIELDS[clause.unit]![0]}`;
      }
      if ("nth" in clause) return `in jeder ${clause.nth}. Stunde ab ${clause.from}`;
      const [one, many] = FIELDS[clause.unit]!;
      const value = single(clause.runs);
      return value === undefined ? `in den ${many} ${numbers(clause.runs)}` : `in ${one} ${value}`;
    },
    everyDay: "jeden Tag",
    on: (days) => days,
    dayPart(part: DayPart) {
      if ("days" in part) return monthDays(part.days, "or");
      if ("weekdays" in part) return weekdays(part.weekdays, "or");
      if ("step" in part) return `an jedem ${part.step}. Tag des Monats ab dem 1.`;
      if ("last" in part) {
        if (part.last === 0) return "am letzten Tag des Monats";
        return `am ${place(-part.last - 1)} Tag des Monats`;
      }
      if ("nearest" in part)
        return `am Wochentag (Montag bis Freitag), der dem ${part.nearest}. am nächsten liegt`;
      if ("lastWeekday" in part) return "am letzten Wochentag (Montag bis Freitag) des Monats";
      return `${ordinalDay(part.nth === 0 ? -1 : part.nth, part.weekday)} des Monats`;
    },
    monthDays,
    weekdays,
    ordinalDay,
    months: (runs) =>
      listRuns(names, runs, "or", {
        one: (month) => `im ${names.month(month)}`,
        way: (from, to) => `von ${names.month(from)} bis ${names.month(to)}`,
      }),
    ifAlso: (days) => `und zugleich ${days}`,
    either: (days, weekdays_) => `${weekdays_}, oder ${days}`,
    period,
    ofEveryMonth: (days) => `${days} jedes Monats`,
    ofMonths: (months) => `im ${list(months.map(names.month), "and")}`,
    places: (positions, days) => `am ${list(positions.map(place), "and")} Tag unter: ${days}`,
    clamped: "(in kürzeren Monaten am letzten Tag)",
    date: (date) => `am ${date}`,
    dateRange: (from, to) => `vom ${from} bis ${to}`,
    dateCount: (count, from, to) => `an ${count} Daten vom ${from} bis ${to}`,
    calendarDays: (name) => `an den Tagen von ${name}`,
    businessDays: "an Arbeitstagen",
    closed: (calendar) => `geschlossen an den Tagen von ${calendar}`,
    closedOn: (days) => `geschlossen ${days}`,
    both: (days) => days.join(" und zugleich "),
    allBut: (days) => `an allen Tagen außer ${days}`,
    except: (text) => `außer ${text}`,
    instantsOf: (text) => `zu den Zeitpunkten von: ${text}`,
    hours: (from, to, isInclusive) =>
      isInclusive ? `von ${from} bis einschließlich ${to}` : `von ${from} bis vor ${to}`,
    quoted: (text) => `„${text}“`,
    edges: (from, to) => `von ${from} bis vor ${to}`,
    sun({ event, offsetMs, latitude, longitude }) {
      const north = `${names.number(Math.abs(latitude))} ${latitude < 0 ? "S" : "N"}`;
      const east = `${names.number(Math.abs(longitude))} ${longitude < 0 ? "W" : "O"}`;
      const moved = offsetMs === 0 ? "" : `${names.span(offsetMs)} ${offsetMs < 0 ? "vor" : "nach"}: `;
      return `${moved}${eventName(event)} bei ${north}, ${east}`;
    },
    notBefore: (time) => `nicht vor ${time}`,
    notAfter: (time) => `nicht nach ${time}`,
    polar(polar) {
      if (polar === "clamp") return "an Tagen ohne dieses Ereignis beim nächsten Stand der Sonne";
      if ("at" in polar) return `um ${polar.at} an Tagen ohne dieses Ereignis`;
      return `höchstens ${polar.part} der Nacht ${polar.isRising ? "vor Sonnenaufgang" : "nach Sonnenuntergang"}`;
    },
    anglePart: "Winkel durch 60",
  };

  function eventName(event: Parameters<Language["sun"]>[0]["event"]): string {
    if (typeof event === "string") return SUN[event]!;
    if ("shadow" in event) return `Schatten um ${names.number(event.shadow)} Höhen länger als am Mittag`;
    const way = event.direction === "rising" ? "steigend" : "sinkend";
    return `Sonne ${way} durch ${names.number(event.altitude)} Grad`;
  }
}

/** "2.", "letzten", "7.-letzten". */
function place(position: number): string {
  return position > 0 ? `${position}.` : (FROM_END[-position] ?? `${-position}.-letzten`);
}
