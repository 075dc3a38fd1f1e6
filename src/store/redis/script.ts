/** Scripts by name, with named arguments and a parsed reply. Their contracts are the headers in scripts/*.lua. */
import { createHash } from "node:crypto";
import { LIBRARY, SCRIPTS } from "./scripts.generated.js";
import type { KeyName } from "./keys.js";

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
  const { keys, args, flags, uses, prelude, body } = SCRIPTS[name];
  const source = [prelude, ...uses.map((number) => LIBRARY[number]), body].join("\n");
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
