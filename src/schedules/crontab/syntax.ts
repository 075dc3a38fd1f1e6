import { quote } from "../../core/quote.js";
import { itemMeant, nameMeant, steppedRange } from "./field-hints.js";
import type { FieldSpec } from "./fields.js";
import { refusal } from "./refusal.js";

/** One item of a field's comma list, with names and H's range already turned into numbers. */
export type Item =
  /** `*`, `5`, `1-5`, `1-5/2`. `from` above `to` wraps at the end of the field. */
  | {
      readonly kind: "range";
      readonly from: number;
      readonly to: number;
      readonly step: number;
      readonly star: boolean;
    }
  /** `H`, `H(0-29)`, `H/15`: picked by the hash key. `step` 0 is a single value. */
  | { readonly kind: "hash"; readonly from: number; readonly to: number; readonly step: number }
  /** `L`, `L-3`: counted from the month's last day. */
  | { readonly kind: "last"; readonly back: number }
  /** `15W`: the weekday nearest to a day, in the same month. */
  | { readonly kind: "nearest-weekday"; readonly day: number }
  /** `LW`: the month's last Monday to Friday. */
  | { readonly kind: "last-weekday" }
  /** `5#2`; `nth` 0 is `5L`, the month's last. */
  | { readonly kind: "nth"; readonly weekday: number; readonly nth: number };

export interface Field {
  readonly spec: FieldSpec;
  /** As written. */
  readonly text: string;
  readonly items: readonly Item[];
  /** Whether the text starts with `*` (or is `?`): what the day rule and the job's class look at. */
  readonly starred: boolean;
}

/** Where a field's text stands, for messages. */
export interface Place {
  readonly expression: string;
  /** Index of the field's text in the expression. */
  readonly offset: number;
}

const PLAIN = /^(?:(\*)|([A-Za-z]+|[0-9]+)(?:-([A-Za-z]+|[0-9]+))?)(?:\/([0-9]+))?$/;
const HASH = /^H(?:\(([0-9]+)-([0-9]+)\))?(?:\/([0-9]+))?$/;
const LAST = /^L(?:-([0-9]+))?$/;
const NEAREST_WEEKDAY = /^([0-9]+)W$/;
const WEEKDAY_OF_MONTH = /^([A-Za-z]+|[0-9]+)(?:L|#([0-9]+))$/;
const LONGEST_NUMBER = 9;

/** Reads one field in linear time, or throws SUNBEAT_CRONTAB_INVALID. */
export function parseField(spec: FieldSpec, text: string, extended: boolean, place: Place): Field {
  return new FieldParser(spec, text, extended, place).parse();
}

class FieldParser {
  readonly #spec: FieldSpec;
  readonly #text: string;
  readonly #extended: boolean;
  readonly #place: Place;
  /** The item being read, and its index in the field's text. */
  #part = "";
  #index = 0;

  constructor(spec: FieldSpec, text: string, extended: boolean, place: Place) {
    this.#spec = spec;
    this.#text = text;
    this.#extended = extended;
    this.#place = place;
  }

  parse(): Field {
    const spec = this.#spec;
    const text = this.#text;
    if (text === "?") {
      const items = [this.#anyDay()];
      return { spec, text, items, starred: true };
    }
    const items: Item[] = [];
    for (const part of text.split(",")) {
      this.#part = part;
      items.push(this.#item(part));
      this.#index += part.length + 1;
    }
    return { spec, text, items, starred: text.startsWith("*") };
  }

  #item(text: string): Item {
    if (text === "") this.#refuse("", "an item of the list is empty");
    const match = PLAIN.exec(text);
    if (match !== null && (match[1] !== undefined || !this.#isSymbol(text, match)))
      return this.#plain(text, match);
    const item = this.#special(text);
    if (item === undefined) return this.#refuseShape(text);
    if (!this.#extended)
      this.#refuse(
        text,
        `${quote(text)} is an extension`,
        `write { extended: true } to use ${symbolIn(text)}`,
      );
    return item;
  }

  #plain(text: string, match: RegExpExecArray): Item {
    const { min, size } = this.#spec;
    const [, star, low, high, steps] = match;
    const step = steps === undefined ? 1 : this.#step(text, steps);
    if (star !== undefined) return { kind: "range", from: min, to: min + size - 1, step, star: true };
    const from = this.#value(low!);
    if (high !== undefined) return { kind: "range", from, to: this.#value(high), step, star: false };
    if (steps !== undefined) {
      const hint = `write ${steppedRange(this.#spec, low!, from, steps)}`;
      this.#refuse(text, `${quote(text)}: a step needs * or a range`, hint);
    }
    return { kind: "range", from, to: from, step: 1, star: false };
  }

  #step(text: string, digits: string): number {
    const step = this.#number(digits);
    if (step === 0) this.#refuse(text, `${quote(text)}: a step must be at least 1`);
    return step;
  }

  #number(digits: string): number {
    if (digits.length > LONGEST_NUMBER)
      this.#refuse(digits, `${quote(digits)} has more than ${LONGEST_NUMBER} digits`);
    return Number(digits);
  }

  #value(text: string, { min, max } = this.#spec): number {
    if (text.charCodeAt(0) > 0x39) {
      const value = this.#spec.names.get(text.toLowerCase());
      return value ?? this.#refuseShape(text);
    }
    const value = this.#number(text);
    if (value < min || value > max) this.#refuse(text, `${text} is outside ${min}-${max}`);
    return value;
  }

  /** Whether text of plain shape is not made of this field's names, but of the letters H, L and W. */
  #isSymbol(text: string, match: RegExpExecArray): boolean {
    const word = match[2]!;
    if (word.charCodeAt(0) <= 0x39 || this.#spec.names.has(word.toLowerCase())) return false;
    return this.#special(text) !== undefined;
  }

  /** An item with one of the letters and signs of the extended syntax that mean something in this field. */
  #special(text: string): Item | undefined {
    const hash = HASH.exec(text);
    if (hash !== null) return this.#hash(text, hash);
    if (this.#spec.name === "dayOfMonth") return this.#specialDay(text);
    if (this.#spec.name === "dayOfWeek") return this.#specialWeekday(text);
    return undefined;
  }

  #hash(text: string, [, low, high, steps]: RegExpExecArray): Item {
    const { min, hashMax } = this.#spec;
    const from = low === undefined ? min : this.#value(low);
    const to = high === undefined ? hashMax : this.#value(high);
    if (from > to) this.#refuse(text, `${quote(text)}: the range of H must not wrap`);
    return { kind: "hash", from, to, step: steps === undefined ? 0 : this.#step(text, steps) };
  }

  #specialDay(text: string): Item | undefined {
    if (text === "LW") return { kind: "last-weekday" };
    const last = LAST.exec(text);
    if (last !== null) {
      return {
        kind: "last",
        back: last[1] === undefined ? 0 : this.#value(last[1], { ...this.#spec, max: 30 }),
      };
    }
    const nearest = NEAREST_WEEKDAY.exec(text);
    return nearest === null ? undefined : { kind: "nearest-weekday", day: this.#value(nearest[1]!) };
  }

  #specialWeekday(text: string): Item | undefined {
    const match = WEEKDAY_OF_MONTH.exec(text);
    if (match === null) return undefined;
    const [, word, digits] = match;
    if (word!.charCodeAt(0) > 0x39 && !this.#spec.names.has(word!.toLowerCase())) return undefined;
    const weekday = this.#value(word!) % 7;
    if (digits === undefined) return { kind: "nth", weekday, nth: 0 };
    const nth = this.#number(digits);
    if (nth < 1 || nth > 5) this.#refuse(text, `${quote(text)}: a month has a first to a fifth, not ${nth}`);
    return { kind: "nth", weekday, nth };
  }

  #anyDay(): Item {
    const { name, min, size } = this.#spec;
    const allowed = name === "dayOfMonth" || name === "dayOfWeek";
    if (!allowed) this.#refuse("?", `"?" stands only in a day field`, "write *");
    if (!this.#extended) this.#refuse("?", `"?" is an extension`, "write { extended: true } to use ?, or *");
    return { kind: "range", from: min, to: min + size - 1, step: 1, star: true };
  }

  /** Refuses what has no meaning here, a word of the item being read or the whole of it. */
  #refuseShape(text: string): never {
    const { label, noun, name, min, max } = this.#spec;
    const meant = this.#proposal();
    const refused = meant === undefined ? text : this.#part;
    const shown = quote(refused);
    if (/^-[0-9]+$/.test(refused)) this.#refuse(refused, `${refused} is outside ${min}-${max}`, meant);
    if (
      meant === undefined &&
      /^\*?[A-Za-z0-9-]*\/[0-9]*$|^(?:\*|[A-Za-z0-9]+-[A-Za-z0-9]+)\/[^/]*$/.test(text)
    ) {
      this.#refuse(text, `${shown}: a step is a whole number of at least 1 after * or a range`);
    }
    if (name === "dayOfWeek" && /^(?:l|last)$/i.test(this.#part)) {
      const hint = `write sat, or ${this.#inExtended("friL")} for the last Friday`;
      this.#refuse(
        text,
        `${shown}: the last day of the month belongs to day of month, not to ${label}`,
        hint,
      );
    }
    if (name !== "dayOfMonth" && (LAST.test(text) || NEAREST_WEEKDAY.test(text) || text === "LW")) {
      this.#refuse(text, `${shown}: L and W belong to day of month, not to ${label}`);
    }
    if (name !== "dayOfWeek" && WEEKDAY_OF_MONTH.test(text) && text.includes("#")) {
      this.#refuse(text, `${shown}: # belongs to day of week, not to ${label}`);
    }
    const isWord = /^[A-Za-z]+$/.test(refused);
    const problem = isWord ? `${shown} is not ${noun}` : `${shown} is not a value, a range or a step`;
    // A name with a step and no range would be refused in turn.
    const short = isWord && !/^\w+\//.test(this.#part) ? nameMeant(this.#spec, refused) : undefined;
    return this.#refuse(refused, problem, meant ?? (short === undefined ? undefined : `write ${short}`));
  }

  /** What to write for the item being read; undefined where that is not known, or refused as well. */
  #proposal(): string | undefined {
    const meant = itemMeant(this.#spec, this.#part);
    if (meant === undefined) return undefined;
    try {
      parseField(this.#spec, meant.text, meant.extended, this.#place);
    } catch {
      return undefined;
    }
    return `write ${meant.extended ? this.#inExtended(meant.text) : meant.text}`;
  }

  #inExtended(text: string): string {
    return this.#extended ? text : `${text} with { extended: true }`;
  }

  #refuse(value: string, problem: string, hint?: string): never {
    const { name, label } = this.#spec;
    const within = this.#text.indexOf(value, Math.min(this.#index, this.#text.length));
    throw refusal({
      field: name,
      label,
      value,
      position: this.#place.offset + (within === -1 ? Math.min(this.#index, this.#text.length) : within),
      expression: this.#place.expression,
      problem,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function symbolIn(text: string): string {
  if (text === "LW") return text;
  if (text.includes("#")) return "#";
  if (text.startsWith("H")) return "H";
  return text.endsWith("W") ? "W" : "L";
}
