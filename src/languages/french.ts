import { listRuns, single } from "./listing.js";
import { spanParts, unitOfSpan } from "../schedules/index.js";
import type { Clause, DayPart, Language, Names, PeriodUnit, Run } from "../schedules/index.js";

const EVERY: Record<PeriodUnit, readonly [one: string, many: string]> = {
  second: ["chaque seconde", "toutes les"],
  minute: ["chaque minute", "toutes les"],
  hour: ["chaque heure", "toutes les"],
  day: ["chaque jour", "tous les"],
  week: ["chaque semaine", "toutes les"],
  month: ["chaque mois", "tous les"],
  year: ["chaque année", "tous les"],
};

const FIELDS: Record<string, readonly [one: string, many: string]> = {
  second: ["seconde", "secondes"],
  minute: ["minute", "minutes"],
  hour: ["heure", "heures"],
};

const ROLLS = {
  previous: "au jour ouvré précédent",
  next: "au jour ouvré suivant",
  nearest: "au jour ouvré le plus proche",
  month: "au jour ouvré suivant dans le mois, sinon au précédent",
} as const;

const SUN: Record<string, string> = {
  dawn_astronomical: "l’aube astronomique",
  dawn_nautical: "l’aube nautique",
  dawn_civil: "l’aube civile",
  sunrise: "le lever du soleil",
  solar_noon: "le midi solaire",
  sunset: "le coucher du soleil",
  dusk_civil: "le crépuscule civil",
  dusk_nautical: "le crépuscule nautique",
  dusk_astronomical: "le crépuscule astronomique",
  solar_midnight: "le minuit solaire",
  golden_hour_start: "le début de l’heure dorée du soir",
  golden_hour_end: "la fin de l’heure dorée du soir",
  golden_hour_dawn_start: "le début de l’heure dorée du matin",
  golden_hour_dawn_end: "la fin de l’heure dorée du matin",
  blue_hour_start: "le début de l’heure bleue du soir",
  blue_hour_end: "la fin de l’heure bleue du soir",
  blue_hour_dawn_start: "le début de l’heure bleue du matin",
  blue_hour_dawn_end: "la fin de l’heure bleue du matin",
  asr: "l’asr",
  asr_hanafi: "l’asr (hanafite)",
};

/** The frames of French. */
export function french(ofLocale: Names): Language {
  const names = withFirsts(ofLocale);
  const { list } = names;
  const numbers = (runs: readonly Run[]): string =>
    listRuns(names, runs, "and", { one: String, way: (from, to) => `${from} à ${to}` });
  const period = (n: number, unit: PeriodUnit): string => {
    const [one, many] = EVERY[unit];
    return n === 1 ? one : `${many} ${names.count(n, unit)}`;
  };
  const every = (ms: number): string => {
    const unit = unitOfSpan(ms);
    if (unit !== undefined) return EVERY[unit][0];
    const [[, first] = [1, "ms"]] = spanParts(ms);
    return `${first === "d" || first === "ms" ? "tous" : "toutes"} les ${names.span(ms)}`;
  };
  const weekdays = (runs: readonly Run[], word: "and" | "or"): string =>
    listRuns(names, runs, word, {
      one: (weekday) => `le ${names.weekday(weekday)}`,
      way: (from, to) => `du ${names.weekday(from)} au ${names.weekday(to)}`,
    });
  const monthDays = (runs: readonly Run[], word: "and" | "or"): string =>
    listRuns(names, runs, word, {
      one: (day) => `le ${firstOf(day)}`,
      way: (from, to) => `du ${firstOf(from)} au ${to}`,
    });
  const dayName = (of: number | "day" | "business day"): string =>
    typeof of === "number" ? names.weekday(of) : of === "day" ? "jour" : "jour ouvré";
  const ordinalDay = (nth: number, of: number | "day" | "business day"): string => placed(nth, dayName(of));
  return {
    names,
    custom: "une planification personnalisée",
    reboot: "une fois, lorsque le premier beat devient meneur",
    joint: " ; et ",
    never: (text) => `jamais : ${text}`,
    every,
    offset: (span) => `, décalage ${span}`,
    once: (instant) => `une fois, le ${instant}`,
    moved: (span, isBefore, text) => `${span} ${isBefore ? "avant" : "après"} : ${text}`,
    shifted(to, by, days) {
      const steps = by === 0 ? "" : ` et ${Math.abs(by)} de plus ${by < 0 ? "en arrière" : "en avant"}`;
      return `reporté ${ROLLS[to]}${steps} (${days})`;
    },
    from: (start) => `à partir du ${start}`,
    until: (date) => `jusqu’au ${date} inclus`,
    untilBefore: (instant) => `jusqu’avant le ${instant}`,
    times: (count) => `${count} fois`,
    at: (times) => `à ${list(times, "and")}`,
    atMany: (count, first, last) => `à ${count} heures, de ${first} à ${last}`,
    atEvery: (ms, from, to) => `${every(ms)} de ${from} à ${to} inclus`,
    clause(clause: Clause, isFirst) {
      if ("every" in clause) {
        const text = period(clause.every, clause.unit);
        return isFirst || clause.every > 1 ? text : `de ${text}`;
      }
      if ("nth" in clause) return `une heure sur ${clause.nth} à partir de ${clause.from}`;
      const [one, many] = FIELDS[clause.unit]!;
      const value = single(clause.runs);
      if (value === undefined) return `${isFirst ? "aux" : "des"} ${many} ${numbers(clause.runs)}`;
      const of = one.startsWith("h") ? "de l’" : "de la ";
      return `${isFirst ? "à la " : of}${one} ${value}`;
    },
    everyDay: "tous les jours",
    on: (days) => days,
    dayPart(part: DayPart) {
      if ("days" in part) return monthDays(part.days, "or");
      if ("weekdays" in part) return weekdays(part.weekdays, "or");
      if ("step" in part) return `un jour sur ${part.step} à partir du 1er du mois`;
      if ("last" in part) {
        if (part.last === 0) return "le dernier jour du mois";
        return `${names.count(part.last, "day")} avant le dernier jour du mois`;
      }
      if ("nearest" in part) return `le jour de semaine le plus proche du ${firstOf(part.nearest)}`;
      if ("lastWeekday" in part) return "le dernier jour de semaine du mois";
      return `${ordinalDay(part.nth === 0 ? -1 : part.nth, part.weekday)} du mois`;
    },
    monthDays,
    weekdays,
    ordinalDay,
    months: (runs) =>
      listRuns(names, runs, "or", {
        one: (month) => `en ${names.month(month)}`,
        way: (from, to) => `de ${names.month(from)} à ${names.month(to)}`,
      }),
    ifAlso: (days) => `et à la fois ${days}`,
    either: (days, weekdays_) => `${weekdays_}, ou ${days}`,
    period,
    ofEveryMonth: (days) => `${days} de chaque mois`,
    ofMonths: (months) => `en ${list(months.map(names.month), "and")}`,
    places: (positions, days) =>
      `${list(
        positions.map((each) => placed(each, "jour")),
        "and",
      )} parmi : ${days}`,
    clamped: "(le dernier jour d’un mois plus court)",
    date: (date) => `le ${date}`,
    dateRange: (from, to) => `du ${from} au ${to}`,
    dateCount: (count, from, to) => `à ${count} dates, du ${from} au ${to}`,
    calendarDays: (name) => `les jours de ${name}`,
    businessDays: "les jours ouvrés",
    closed: (calendar) => `fermé les jours de ${calendar}`,
    closedOn: (days) => `fermé ${days}`,
    both: (days) => days.join(" et à la fois "),
    allBut: (days) => `tous les jours sauf ${days}`,
    except: (text) => `sauf ${text}`,
    instantsOf: (text) => `aux instants de : ${text}`,
    hours: (from, to, isInclusive) =>
      isInclusive ? `de ${from} à ${to} inclus` : `de ${from} jusqu’avant ${to}`,
    quoted: (text) => `« ${text} »`,
    edges: (from, to) => `de ${from} jusqu’avant ${to}`,
    sun({ event, offsetMs, latitude, longitude }) {
      const north = `${names.number(Math.abs(latitude))} ${latitude < 0 ? "S" : "N"}`;
      const east = `${names.number(Math.abs(longitude))} ${longitude < 0 ? "O" : "E"}`;
      const moved = offsetMs === 0 ? "" : `${names.span(offsetMs)} ${offsetMs < 0 ? "avant" : "après"} `;
      return `${moved}${eventName(event)} à ${north}, ${east}`;
    },
    notBefore: (time) => `pas avant ${time}`,
    notAfter: (time) => `pas après ${time}`,
    polar(polar) {
      if (polar === "clamp") return "les jours sans lui, quand le soleil s’en approche le plus";
      if ("at" in polar) return `à ${polar.at} les jours sans lui`;
      const side = polar.isRising ? "avant le lever du soleil" : "après le coucher du soleil";
      return `au plus ${polar.part} de la nuit ${side}`;
    },
    anglePart: "son angle sur 60",
  };

  function eventName(event: Parameters<Language["sun"]>[0]["event"]): string {
    if (typeof event === "string") return SUN[event]!;
    if ("shadow" in event) {
      return `des ombres plus longues qu’à midi de ${names.number(event.shadow)} hauteurs`;
    }
    const way = event.direction === "rising" ? "montant" : "descendant";
    return `le soleil ${way} par ${names.number(event.altitude)} degrés`;
  }
}

/** The first of a month is an ordinal; the other days are numbers. */
function firstOf(day: number): string {
  return day === 1 ? "1er" : String(day);
}

function withFirsts(names: Names): Names {
  const first = (text: string): string => text.replace(/^1(?= )/, "1er");
  return {
    ...names,
    date: (date) => first(names.date(date)),
    yearlyDate: (month, day) => first(names.yearlyDate(month, day)),
    instant: (at) => first(names.instant(at)),
  };
}

/** "le 2e vendredi", "l’avant-dernier jour", "le 3e jour à partir de la fin". */
function placed(position: number, day: string): string {
  if (position > 0) return `le ${position}${position === 1 ? "er" : "e"} ${day}`;
  if (position === -1) return `le dernier ${day}`;
  return position === -2 ? `l’avant-dernier ${day}` : `le ${-position}e ${day} à partir de la fin`;
}
