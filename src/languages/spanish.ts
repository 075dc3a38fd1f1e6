import { isPlain, listRuns, single } from "./listing.js";
import { unitOfSpan } from "../schedules/index.js";
import type { Clause, DayPart, Language, Names, PeriodUnit, Run } from "../schedules/index.js";

const EVERY: Record<PeriodUnit, string> = {
  second: "cada segundo",
  minute: "cada minuto",
  hour: "cada hora",
  day: "cada día",
  week: "cada semana",
  month: "cada mes",
  year: "cada año",
};

const FIELDS: Record<string, readonly [one: string, many: string]> = {
  second: ["el segundo", "los segundos"],
  minute: ["el minuto", "los minutos"],
  hour: ["la hora", "las horas"],
};

const ROLLS = {
  previous: "al día laborable anterior",
  next: "al día laborable siguiente",
  nearest: "al día laborable más cercano",
  month: "al día laborable siguiente del mes, o si no al anterior",
} as const;

const SUN: Record<string, string> = {
  dawn_astronomical: "el alba astronómica",
  dawn_nautical: "el alba náutica",
  dawn_civil: "el alba civil",
  sunrise: "la salida del sol",
  solar_noon: "el mediodía solar",
  sunset: "la puesta del sol",
  dusk_civil: "el crepúsculo civil",
  dusk_nautical: "el crepúsculo náutico",
  dusk_astronomical: "el crepúsculo astronómico",
  solar_midnight: "la medianoche solar",
  golden_hour_start: "el comienzo de la hora dorada de la tarde",
  golden_hour_end: "el fin de la hora dorada de la tarde",
  golden_hour_dawn_start: "el comienzo de la hora dorada de la mañana",
  golden_hour_dawn_end: "el fin de la hora dorada de la mañana",
  blue_hour_start: "el comienzo de la hora azul de la tarde",
  blue_hour_end: "el fin de la hora azul de la tarde",
  blue_hour_dawn_start: "el comienzo de la hora azul de la mañana",
  blue_hour_dawn_end: "el fin de la hora azul de la mañana",
  asr: "el asr",
  asr_hanafi: "el asr (hanafí)",
};

/** The frames of Spanish. */
export function spanish(names: Names): Language {
  const { list } = names;
  const numbers = (runs: readonly Run[]): string =>
    listRuns(names, runs, "and", { one: String, way: (from, to) => `${from} a ${to}` });
  const period = (n: number, unit: PeriodUnit): string =>
    n === 1 ? EVERY[unit] : `cada ${names.count(n, unit)}`;
  const every = (ms: number): string => {
    const unit = unitOfSpan(ms);
    return unit === undefined ? `cada ${names.span(ms)}` : EVERY[unit];
  };
  const weekdays = (runs: readonly Run[], word: "and" | "or"): string =>
    listRuns(names, runs, word, {
      one: (weekday) => `el ${names.weekday(weekday)}`,
      way: (from, to) => `de ${names.weekday(from)} a ${names.weekday(to)}`,
    });
  const monthDays = (runs: readonly Run[], word: "and" | "or"): string => {
    if (isPlain(runs) && runs.length > 1) {
      return `los días ${list(
        runs.map(([day]) => String(day)),
        word,
      )}`;
    }
    return listRuns(names, runs, word, {
      one: (day) => `el día ${day}`,
      way: (from, to) => `del día ${from} al ${to}`,
    });
  };
  const dayName = (of: number | "day" | "business day"): string =>
    typeof of === "number" ? names.weekday(of) : of === "day" ? "día" : "día laborable";
  const ordinalDay = (nth: number, of: number | "day" | "business day"): string => placed(nth, dayName(of));
  return {
    names,
    custom: "una programación propia",
    reboot: "una vez, cuando el primer beat toma el mando",
    joint: "; y ",
    never: (text) => `nunca: ${text}`,
    every,
    offset: (span) => `, desfase ${span}`,
    once: (instant) => `una vez, el ${instant}`,
    moved: (span, isBefore, text) => `${span} ${isBefore ? "antes" : "después"}: ${text}`,
    shifted(to, by, days) {
      const steps = by === 0 ? "" : ` y ${Math.abs(by)} más ${by < 0 ? "hacia atrás" : "hacia adelante"}`;
      return `trasladado ${ROLLS[to]}${steps} (${days})`;
    },
    from: (start) => `desde el ${start}`,
    until: (date) => `hasta el ${date} inclusive`,
    untilBefore: (instant) => `hasta antes del ${instant}`,
    times: (count) => (count === 1 ? "1 vez" : `${count} veces`),
    at: (times) => `a ${hour(times[0]!)}${list(times, "and").slice(times[0]!.length)}`,
    atMany: (count, first, last) => `a ${count} horas, de ${first} a ${last}`,
    atEvery: (ms, from, to) => `${every(ms)} de ${from} a ${to} inclusive`,
    clause(clause: Clause, isFirst) {
      if ("every" in clause) return `${isFirst ? "" : "de "}${period(clause.every, clause.unit)}`;
      if ("nth" in clause)
        return `${isFirst ? "" : "de "}cada ${clause.nth} horas desde ${hour(clause.from)}`;
      const [one, many] = FIELDS[clause.unit]!;
      const value = single(clause.runs);
      const values = value === undefined ? `${many} ${numbers(clause.runs)}` : `${one} ${value}`;
      return isFirst ? `en ${values}` : `de ${values}`.replace(/^de el /, "del ");
    },
    everyDay: "todos los días",
    on: (days) => days,
    dayPart(part: DayPart) {
      if ("days" in part) return monthDays(part.days, "or");
      if ("weekdays" in part) return weekdays(part.weekdays, "or");
      if ("step" in part) return `cada ${part.step} días del mes desde el día 1`;
      if ("last" in part) {
        if (part.last === 0) return "el último día del mes";
        return `${names.count(part.last, "day")} antes del último día del mes`;
      }
      if ("nearest" in part) return `el día de lunes a viernes más cercano al día ${part.nearest}`;
      if ("lastWeekday" in part) return "el último día de lunes a viernes del mes";
      return `${ordinalDay(part.nth === 0 ? -1 : part.nth, part.weekday)} del mes`;
    },
    monthDays,
    weekdays,
    ordinalDay,
    months: (runs) =>
      listRuns(names, runs, "or", {
        one: (month) => `en ${names.month(month)}`,
        way: (from, to) => `de ${names.month(from)} a ${names.month(to)}`,
      }),
    ifAlso: (days) => `y a la vez ${days}`,
    either: (days, weekdays_) => `${days}, o ${weekdays_}`,
    period,
    ofEveryMonth: (days) => `${days} de cada mes`,
    ofMonths: (months) => `en ${list(months.map(names.month), "and")}`,
    places: (positions, days) =>
      `${list(
        positions.map((each) => placed(each, "día")),
        "and",
      )} entre: ${days}`,
    clamped: "(el último día en meses más cortos)",
    date: (date) => `el ${date}`,
    dateRange: (from, to) => `del ${from} al ${to}`,
    dateCount: (count, from, to) => `en ${count} fechas, del ${from} al ${to}`,
    calendarDays: (name) => `los días de ${name}`,
    businessDays: "los días laborables",
    closed: (calendar) => `cerrado los días de ${calendar}`,
    closedOn: (days) => `cerrado ${days}`,
    both: (days) => days.join(" y a la vez "),
    allBut: (days) => `todos los días excepto ${days}`,
    except: (text) => `excepto ${text}`,
    instantsOf: (text) => `en los instantes de: ${text}`,
    hours: (from, to, isInclusive) =>
      isInclusive ? `de ${from} a ${to} inclusive` : `de ${from} hasta antes de ${to}`,
    quoted: (text) => `«${text}»`,
    edges: (from, to) => `de ${from} hasta antes de ${to}`,
    sun({ event, offsetMs, latitude, longitude }) {
      const north = `${names.number(Math.abs(latitude))} ${latitude < 0 ? "S" : "N"}`;
      const east = `${names.number(Math.abs(longitude))} ${longitude < 0 ? "O" : "E"}`;
      const name = eventName(event);
      const at = `${north}, ${east}`;
      if (offsetMs === 0) return `${name} en ${at}`;
      const side = offsetMs < 0 ? "antes" : "después";
      return `${names.span(offsetMs)} ${side} ${`de ${name}`.replace(/^de el /, "del ")} en ${at}`;
    },
    notBefore: (time) => `no antes de ${hour(time)}`,
    notAfter: (time) => `no después de ${hour(time)}`,
    polar(polar) {
      if (polar === "clamp") return "en días sin él, cuando el sol más se le acerca";
      if ("at" in polar) return `a ${hour(polar.at)} en días sin él`;
      const side = polar.isRising ? "antes de la salida del sol" : "después de la puesta del sol";
      return `como máximo ${polar.part} de la noche ${side}`;
    },
    anglePart: "su ángulo entre 60",
  };

  function eventName(event: Parameters<Language["sun"]>[0]["event"]): string {
    if (typeof event === "string") return SUN[event]!;
    if ("shadow" in event) {
      return `sombras más largas que a mediodía en ${names.number(event.shadow)} alturas`;
    }
    const way = event.direction === "rising" ? "subiendo" : "bajando";
    return `el sol ${way} por ${names.number(event.altitude)} grados`;
  }
}

/** "las 09:00", "la 01:00". */
function hour(time: string): string {
  return `${time.startsWith("01") ? "la" : "las"} ${time}`;
}

/** "el 2.º viernes", "el penúltimo día", "el 3.er día desde el final". */
function placed(position: number, day: string): string {
  if (position === -1) return `el último ${day}`;
  if (position === -2) return `el penúltimo ${day}`;
  const n = Math.abs(position);
  const nth = `el ${n}${n % 10 === 1 || n % 10 === 3 ? ".er" : ".º"} ${day}`;
  return position > 0 ? nth : `${nth} desde el final`;
}
