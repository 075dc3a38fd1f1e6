/** Scripts by name, with named arguments and a parsed reply. Their contracts are the headers in scripts/*.lua. */
import { createHash } from "node:crypto";
import type { KeyName } from "./keys.js";
import { CODES, LIBRARY, SCRIPTS } from "./scripts.generated.js";

export { CODES };

type ScriptName = keyof typeof SCRIPTS;

/** Every script gets these two from whoever calls it for the store. */
type Given = "now" | "channels";

export type ScriptArgs<Name extends ScriptName> = Readonly<
  Record<Exclude<(typeof SCRIPTS)[Name]["args"][number], Given | `${string}...`>, string | number>
>;

/** One form of a script: what is sent, and the digest that names it from then on. */
export interface ScriptForm {
  readonly source: string;
  readonly sha: string;
}

export interface Script<Args, Reply> {
  readonly name: string;
  readonly keys: readonly KeyName[];
  /** The fixed arguments in order; the values of `args`, `now` and `channels` by name. */
  readonly args: readonly string[];
  /** With the flags of Redis 7. */
  readonly flagged: ScriptForm;
  /** For servers before 7, which take the first line for a mistake. */
  readonly plain: ScriptForm;
  readonly reply: (raw: unknown) => Reply;
  /** Only for the compiler. */
  readonly argsType?: Args;
}

const OPEN = "return (function()";
const CLOSE = "end)()";

/**
 * The text of a script. A server makes every function of it anew at every call, and searches each name that a function
 * takes from around it among all names taken so before: at one level that search is most of a short call. So keys and
 * arguments stand where they are used, and every few pieces a function begins in which the names before are found once.
 * The fast path of a script stands before all that it does without.
 */
function assemble({ keys, args, uses, prelude, fast, levels, body }: (typeof SCRIPTS)[ScriptName]): string {
  const place: Record<string, string> = {};
  keys.forEach((key, index) => (place[`key_${key}`] = `KEYS[${index + 1}]`));
  args.forEach((arg, index) => (place[`arg_${arg}`] = `ARGV[${index + 1}]`));
  const lines: string[] = [prelude];
  uses.forEach((number, index) => {
    if (index === fast.before) lines.push(fast.text);
    if ((levels as readonly number[]).includes(index)) lines.push(OPEN);
    lines.push(LIBRARY[number] ?? "");
  });
  if (fast.before === uses.length) lines.push(fast.text);
  if ((levels as readonly number[]).includes(uses.length)) lines.push(OPEN);
  lines.push(body, ...lines.filter((line) => line === OPEN).map(() => CLOSE));
  return lines.join("\n").replace(/\b(?:key|arg)_\w+/g, (name) => place[name] ?? name);
}

function form(source: string): ScriptForm {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/**
 * The script of scripts/<name>.lua. Names of keys and arguments are those of its header; the compiler compares calls
 * with them.
 */
export function defineScript<Name extends ScriptName, Reply>(
  name: Name,
  reply: (raw: never) => Reply,
): Script<ScriptArgs<Name>, Reply> {
  const { keys, args, flags } = SCRIPTS[name];
  const source = assemble(SCRIPTS[name]);
  const shebang = flags.length > 0 ? `#!lua flags=${flags.join(",")}` : "#!lua";
  return {
    name,
    keys,
    args: args.filter((arg) => !(arg as string).endsWith("...")),
    flagged: form(`${shebang}\n${source}`),
    plain: form(source),
    reply: reply as (raw: unknown) => Reply,
  };
}

/** A number of a reply: as text from a client that was made with `stringNumbers`. */
export type WireNumber = number | string;

/** Whether a script says that it did what it was to do. */
export const isDone = (raw: WireNumber): boolean => Number(raw) === 1;

/** What the letters of a group of codes mean. */
export function meanings<Word extends string>(
  codes: Readonly<Record<Word, string>>,
): ReadonlyMap<string, Word> {
  return new Map(Object.entries(codes).map(([word, letter]) => [letter as string, word as Word]));
}

/** One outcome per letter of a reply. */
export function outcomes<T>(letters: string, meaning: ReadonlyMap<string, T>): T[] {
  return [...letters].map((letter) => {
    const outcome = meaning.get(letter);
    if (outcome === undefined) throw new TypeError(`a script answered ${JSON.stringify(letter)}`);
    return outcome;
  });
}
