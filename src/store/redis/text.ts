/**
 * Text on its way to the server and back.
 *
 * Names are escaped, so that the scripts can take records apart at spaces. Opaque text and ids travel as they are;
 * only lone surrogates, which UTF-8 cannot carry, need a detour. Such text is rare: the check is the cost.
 */

/** Stands for null where names stand: escaped text never contains it, but as the first character of the two below. */
const NULL = "+";
const EMPTY = "++";
/** In front of JSON, for text with lone surrogates; in raw text also for text that begins with it. */
const RAW_MARK = "\u0001";

/** `String.prototype.isWellFormed`, in every supported Node and newer than the `lib` setting. */
interface WellFormed {
  isWellFormed(): boolean;
}

function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormed).isWellFormed();
}

/** A name that is its own word, as most are: the test is several times cheaper than the coding. */
const SIMPLE = /^[A-Za-z0-9_.!-]+$/;

/** A name without spaces, never empty; the same name gives the same text. */
export function toWord(name: string): string {
  if (SIMPLE.test(name)) return name;
  if (name === "") return EMPTY;
  return isWellFormed(name) ? encodeURIComponent(name) : NULL + encodeURIComponent(JSON.stringify(name));
}

/** Total: a word that nobody of us wrote is its own text, for one bad record must not cost the others of a reply. */
export function fromWord(word: string): string {
  if (SIMPLE.test(word)) return word;
  if (word === EMPTY) return "";
  try {
    return word.startsWith(NULL)
      ? (JSON.parse(decodeURIComponent(word.slice(1))) as string)
      : decodeURIComponent(word);
  } catch {
    return word;
  }
}

export function toWordOrNull(name: string | null | undefined): string {
  return name === null || name === undefined ? NULL : toWord(name);
}

export function fromWordOrNull(text: string): string | null {
  return text === NULL ? null : fromWord(text);
}

export function numberOrNull(text: string): number | null {
  return text === NULL ? null : Number(text);
}

export function orNull(value: number | null | undefined): string {
  return value === null || value === undefined ? NULL : String(value);
}

/** Opaque text as it can travel. */
export function toWire(text: string): string {
  return isWellFormed(text) && !text.startsWith(RAW_MARK) ? text : RAW_MARK + JSON.stringify(text);
}

export function fromWire(wire: string): string {
  if (!wire.startsWith(RAW_MARK)) return wire;
  try {
    return JSON.parse(wire.slice(RAW_MARK.length)) as string;
  } catch {
    // Not written by us: as it is.
    return wire;
  }
}

/** The first `count` words of a record, parted by single spaces, and what follows; null when there are fewer. */
export function words(
  record: string,
  count: number,
): { readonly head: string[]; readonly rest: string } | null {
  const head: string[] = [];
  let from = 0;
  while (head.length < count) {
    const space = record.indexOf(" ", from);
    if (space < 0) return null;
    head.push(record.slice(from, space));
    from = space + 1;
  }
  return { head, rest: record.slice(from) };
}
