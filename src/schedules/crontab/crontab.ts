import type { EpochMs } from "../../core/clock.js";
import { askedInstant } from "../../core/instant.js";
import { quote } from "../../core/quote.js";
import { Composable } from "../compose/composable.js";
import type { LocalParts } from "../local/parts.js";
import type { Lint, LintOptions, ScheduleJSON } from "../schedule.js";
import { compile, occurrencesOf, partsOfCrontab, type CompiledCrontab } from "./compile.js";
import { TELL, type Language } from "../telling/language.js";
import { tellCrontab } from "./describe.js";
import { isReboot, parseObject, parseText, type CrontabFields, type Expression } from "./expression.js";
import { FIELD_NAMES } from "./fields.js";
import { lintsOf } from "./lints.js";
import { noteOf, notesBetween, type CrontabNote } from "../local/notes.js";
import type { Occurrences } from "../local/occurrences.js";
import { checkOptions, type CrontabDefaults, type CrontabOptions, type Settings } from "./options.js";
import { refusal } from "./refusal.js";

export type { DayMatch } from "./days.js";
export type { DstOption, DstPolicy, JobClass } from "../local/dst.js";
export type { CrontabField, CrontabFields, CrontabValue } from "./expression.js";
export type { CrontabNote } from "../local/notes.js";
export type { CrontabDefaults, CrontabOptions } from "./options.js";

/**
 * A crontab: local times of a zone, with written rules for the nights on which its clocks change
 * (docs/crontab-semantics.md). Immutable. Made by `crontab()`.
 */
export class CrontabSchedule extends Composable {
  readonly timezone: string;
  /** Whether this is "@reboot": no instants, sent once by the first beat that leads. */
  readonly isReboot: boolean;
  readonly #expression: Expression | null;
  readonly #options: CrontabOptions;
  readonly #compiled: CompiledCrontab | null;
  readonly #occurrences: Occurrences | null;
  #parts: LocalParts | undefined;

  /** @internal Use `crontab()`. `expression` null is "@reboot"; `options` are checked already. */
  constructor(expression: Expression | null, options: CrontabOptions, defaults: CrontabDefaults) {
    super();
    const settings = settingsOf(expression, options, defaults);
    this.timezone = settings.timezone;
    this.isReboot = expression === null;
    this.#expression = expression;
    this.#options = options;
    this.#compiled = expression === null ? null : compile(expression, settings);
    this.#occurrences = this.#compiled === null ? null : occurrencesOf(this.#compiled);
  }

  next(after: EpochMs): EpochMs | null {
    return this.#occurrences === null ? null : this.#occurrences.next(askedInstant(after, "next: after"));
  }

  previous(before: EpochMs): EpochMs | null {
    return this.#occurrences === null
      ? null
      : this.#occurrences.previous(askedInstant(before, "previous: before"));
  }

  /**
   * The same crontab with the app's zone, the app's dst rule and the entry's name as hash key, each only where
   * the crontab was made without it. Defaults stay defaults: a second call replaces those of the first.
   */
  override withDefaults({ timezone, dst, hashKey }: CrontabDefaults): CrontabSchedule {
    return new CrontabSchedule(this.#expression, this.#options, checkOptions({ timezone, dst, hashKey }));
  }

  /** @internal */
  override get parts(): LocalParts | null {
    if (this.#compiled === null) return null;
    return (this.#parts ??= partsOfCrontab(this.#compiled));
  }

  /** @internal */
  override get zoneName(): string | undefined {
    return this.isReboot ? undefined : this.timezone;
  }

  /** Whether an `H` waits for the name of an entry: until then its instants are those of no entry. */
  get awaitsHashKey(): boolean {
    return this.#compiled !== null && this.#compiled.settings.hashKey === "" && usesHash(this.#compiled);
  }

  [TELL](language: Language): string {
    return this.#compiled === null ? language.reboot : tellCrontab(this.#compiled, language);
  }

  lints(options: LintOptions = {}): Lint[] {
    return this.#compiled === null ? [] : lintsOf(this.#compiled, options);
  }

  /**
   * Why an occurrence is not where the text seems to put it, or that its local time comes twice; undefined for
   * the ordinary ones: "02:30 does not exist in Europe/Paris on 2027-03-28; runs at 03:00, after the gap".
   */
  note(instant: EpochMs): string | undefined {
    return this.#compiled === null ? undefined : noteOf(this.#compiled, instant);
  }

  /**
   * What every change of the zone's offset in (`from`, `to`] does to this crontab, the runs that it drops
   * included; changes that do nothing to it are left out. At most the first 400 years are looked at.
   */
  override notes(from: EpochMs, to: EpochMs): CrontabNote[] {
    return this.#compiled === null ? [] : notesBetween(this.#compiled, from, to);
  }

  toJSON(): ScheduleJSON {
    if (this.#compiled === null) return { type: "reboot" };
    const { expression, settings } = this.#compiled;
    const { second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek } = expression.fields;
    const fields = [second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek].filter(
      (field) => field !== undefined,
    );
    const joined = fields.map((field) => field.text).join(" ");
    return {
      type: "crontab",
      minute: minute.text,
      hour: hour.text,
      dayOfMonth: dayOfMonth.text,
      monthOfYear: monthOfYear.text,
      dayOfWeek: dayOfWeek.text,
      ...(second === undefined ? {} : { second: second.text }),
      dayMatch: settings.dayMatch,
      timezone: settings.timezone,
      ...(settings.dst === "vixie" ? {} : { dst: settings.dst }),
      ...(settings.class === "auto" ? {} : { class: settings.class }),
      ...(settings.extended ? { extended: true } : {}),
      ...(settings.hashKey !== "" && usesHash(this.#compiled) ? { hashKey: settings.hashKey } : {}),
      ...(expression.text === undefined || expression.text === joined ? {} : { text: expression.text }),
    };
  }
}

function usesHash({ expression }: CompiledCrontab): boolean {
  return Object.values(expression.fields).some((field) => field.items.some((item) => item.kind === "hash"));
}

function settingsOf(
  expression: Expression | null,
  options: CrontabOptions,
  defaults: CrontabDefaults,
): Settings {
  return {
    timezone: options.timezone ?? defaults.timezone ?? "UTC",
    dayMatch: options.dayMatch ?? (expression?.text === undefined ? "and" : "or"),
    dst: options.dst ?? defaults.dst ?? "vixie",
    class: options.class ?? "auto",
    extended: options.extended ?? false,
    hashKey: options.hashKey ?? defaults.hashKey ?? "",
  };
}

/**
 * A crontab from text ("30 2 * * mon-fri"; six fields have seconds first; "@daily") or from an object
 * ({ minute: 30, hour: 2 }, missing fields are `*`). Grammar and rules: docs/crontab-semantics.md.
 *
 * Throws ScheduleError SUNBEAT_CRONTAB_INVALID, whose details name field, value, position, expression and hint,
 * or SUNBEAT_TIMEZONE_INVALID.
 */
export function crontab(source: string | CrontabFields, options: CrontabOptions = {}): CrontabSchedule {
  const checked = checkOptions(options);
  return new CrontabSchedule(parse(source, checked.extended ?? false), checked, {});
}

function parse(source: unknown, extended: boolean): Expression | null {
  if (isReboot(source)) return null;
  if (typeof source === "string") return parseText(source, extended);
  if (isPlainObject(source)) return parseObject(source, extended);
  const problem = `expected a text or an object of fields, got ${quote(source)}`;
  throw refusal({ field: null, value: quote(source), position: null, expression: null, problem });
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The crontab that `toJSON` wrote, `{ "type": "reboot" }` included. JSON with a zone is complete: what it leaves out is
 * the built-in default, which no `withDefaults` replaces. `toJSON` always writes the zone, so JSON without one was
 * written by a person, and what it leaves out is the app's, as in a crontab made by `crontab`. Throws as `crontab` does.
 */
export function crontabFromJSON(json: ScheduleJSON): CrontabSchedule {
  const {
    type,
    text,
    timezone,
    dayMatch,
    dst,
    class: jobClass,
    extended,
    hashKey,
    ...fields
  } = json as {
    readonly type: string;
    readonly text?: unknown;
  } & CrontabOptions;
  if (type === "reboot") {
    if (Object.keys(json).length > 1) throw refuseJSON(json, `"reboot" takes no other field`);
    return crontab("@reboot");
  }
  if (type !== "crontab") throw refuseJSON(json, `type: ${quote(type)} is not "crontab"`);
  const isComplete = (timezone ?? undefined) !== undefined;
  const options = checkOptions({
    dayMatch: dayMatch ?? "and",
    class: jobClass,
    extended,
    ...(isComplete
      ? { timezone, dst: dst ?? "vixie", hashKey: hashKey ?? "" }
      : { dst: dst ?? undefined, hashKey: hashKey ?? undefined }),
  });
  const expression = parseObject(fields, extended ?? false);
  return new CrontabSchedule(
    text === undefined ? expression : written(json, expression, text, extended),
    options,
    {},
  );
}

/** The expression with the text it was written as, which must say the same. */
function written(json: ScheduleJSON, expression: Expression, text: unknown, extended = false): Expression {
  const fromText = typeof text === "string" ? parseText(text, extended) : undefined;
  const same = FIELD_NAMES.every((name) => fromText?.fields[name]?.text === expression.fields[name]?.text);
  if (fromText === undefined || !same)
    throw refuseJSON(json, `text: ${quote(text)} does not say what the fields say`);
  return fromText;
}

function refuseJSON(json: ScheduleJSON, problem: string): Error {
  return refusal({ field: null, value: quote(json), position: null, expression: null, problem });
}
