/**
 * The way of every log line: a logger of ours takes message and fields from anywhere, makes an entry of them that is safe to write, once,
 * and hands it to where it is written. Nothing here throws: a log line must not fail the work that it tells of.
 */
import { Console } from "node:console";
import { inspect } from "node:util";
import type { EpochMs } from "./clock.js";
import { isSecretName } from "./credentials.js";
import { messageOf } from "./errors.js";
import { detailLines, entryLines, loggedError, oneLine } from "./log-entry.js";
import {
  LOG_LEVELS,
  type LoggedError,
  type LogFields,
  type Logger,
  type LogLevel,
  lowestLevel,
} from "./logger.js";
import { merged, plainData, type Reading } from "./plain-data.js";

/** One entry, clean: no control characters, no credentials, everything bounded. */
export interface LogEntry {
  readonly at: EpochMs;
  readonly level: LogLevel;
  /** One line. */
  readonly message: string;
  /** Lines behind it, indented; those of the stack of `err` are there, too. */
  readonly more: readonly string[];
  /** Plain data. `err` is a `LoggedError`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where entries go. */
export interface EntrySink {
  /** Index of the lowest level that is wanted. */
  lowest(): number;
  /** Only entries of that level, or above. What it throws is dropped: there is nowhere left to say it. */
  take(entry: LogEntry): void;
}

export interface EntryLoggerOptions extends EntrySink {
  readonly now: () => EpochMs;
  /** Names of fields whose values are not shown. */
  readonly hides?: (name: string) => boolean;
  /** Whose code runs here: of lines of a program, and of locks. What the line itself says goes before it. */
  readonly ambient?: () => LogFields | undefined;
  /** Of the trace that the code here belongs to: the same, and of lines of tasks. */
  readonly trace?: () => LogFields | undefined;
  /** Makes another level the lowest. Absent: it stays. */
  readonly setLowest?: (level: number) => void;
  /** Resolves once what was taken is written. Without it that is so at once. */
  readonly flush?: () => Promise<void>;
}

const [DEBUG, INFO, WARN, ERROR] = [0, 1, 2, 3] as const;

/** A logger of ours. */
export class EntryLogger implements Logger {
  readonly hides: (name: string) => boolean;
  readonly #options: EntryLoggerOptions;
  readonly #bound: LogFields | undefined;
  readonly #isSingleLine: boolean;
  readonly #reading: Reading;

  constructor(options: EntryLoggerOptions, bound?: LogFields, isSingleLine = false) {
    this.#options = options;
    this.#bound = bound;
    this.#isSingleLine = isSingleLine;
    this.hides = options.hides ?? isSecretName;
    this.#reading = { text: (text) => oneLine(text), hides: this.hides };
  }

  /** Whether nobody reads debug and info. */
  get silent(): boolean {
    return this.#options.lowest() > INFO;
  }

  isLevelEnabled(level: string): boolean {
    return LOG_LEVELS.indexOf(level as LogLevel) >= this.#options.lowest();
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#options.lowest() <= DEBUG) this.#tell(DEBUG, message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.#options.lowest() <= INFO) this.#tell(INFO, message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#options.lowest() <= WARN) this.#tell(WARN, message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.#options.lowest() <= ERROR) this.#tell(ERROR, message, fields);
  }

  /** The same logger with these fields in each line. */
  child(fields: LogFields): EntryLogger {
    return new EntryLogger(this.#options, { ...this.#bound, ...fields }, this.#isSingleLine);
  }

  /** The same logger for messages of one line: names in them cannot begin another. */
  singleLine(): EntryLogger {
    return new EntryLogger(this.#options, this.#bound, true);
  }

  /** Leaves out what is below a level from now on. False: it cannot. */
  setLevel(level: LogLevel): boolean {
    const { setLowest } = this.#options;
    setLowest?.(LOG_LEVELS.indexOf(level));
    return setLowest !== undefined;
  }

  /** An entry that another logger of ours has made. */
  take(entry: LogEntry): void {
    try {
      if (LOG_LEVELS.indexOf(entry.level) >= this.#options.lowest()) this.#options.take(entry);
    } catch {
      // There is nowhere left to say it.
    }
  }

  /** Resolves once what was logged is written. */
  async flush(): Promise<void> {
    await this.#options.flush?.();
  }

  #tell(level: number, message: unknown, fields: LogFields | undefined): void {
    try {
      this.#options.take(this.#entry(level, message, fields));
    } catch {
      // There is nowhere left to say it.
    }
  }

  #entry(level: number, message: unknown, given: LogFields | undefined): LogEntry {
    const bound = this.#bound;
    const named = bound === undefined ? given : given === undefined ? bound : merged(bound, given);
    const component = named?.["component"];
    // Who holds a lock is a task, too.
    const ambient = component === undefined || component === "locks" ? this.#options.ambient?.() : undefined;
    const told = ambient === undefined ? named : merged(ambient, named);
    const isOfProgram = component === undefined || component === "task" || component === "locks";
    const trace = isOfProgram ? this.#options.trace?.() : undefined;
    const all = trace === undefined ? told : merged(trace, told);
    const text = textOf(message);
    const { head, more } = this.#isSingleLine ? { head: oneLine(text), more: [] } : entryLines(text);
    const fields = cleanFields(all, this.#reading);
    // Errors are given in place of a text, too.
    if (message instanceof Error) fields["err"] ??= loggedError(message);
    const { stack, code } = (fields["err"] ?? {}) as Partial<LoggedError>;
    // An error of ours says in its text what is wrong: where it was made helps nobody.
    const isSaid = more.length > 0 || stack === undefined || (!(message instanceof Error) && isOurs(code));
    return {
      at: this.#options.now(),
      level: LOG_LEVELS[level]!,
      message: head,
      more: isSaid ? more : detailLines(stack),
      fields,
    };
  }
}

function cleanFields(fields: LogFields | undefined, reading: Reading): Record<string, unknown> {
  if (typeof fields !== "object" || fields === null) return {};
  // Without a walk where it can be told: these are of every line of a task.
  const clean: Record<string, unknown> = {};
  let others: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    try {
      const value = fields[name];
      if (value === undefined) continue;
      if (name === "err") clean["err"] = loggedError(value);
      else if (KNOWN.has(name)) clean[name] = typeof value === "number" ? value : oneLine(textOf(value));
      else (others ??= {})[name] = value;
    } catch {
      clean[name] = "[cannot be read]";
    }
  }
  return others === undefined ? clean : Object.assign(clean, plainData(others, reading));
}

function isOurs(code: string | undefined): boolean {
  return code?.startsWith("SUNBEAT_") === true;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : messageOf(value);
}

const KNOWN: ReadonlySet<string> = new Set([
  ...["component", "node", "taskId", "task", "retries", "entry", "due", "lock", "term", "event"],
  ...["traceId", "spanId"],
]);

/** The message for those that take fields apart from it: the stack of an error is in the field. */
export function entryMessage({ message, more, fields }: LogEntry): string {
  return "err" in fields || more.length === 0 ? message : [message, ...more].join("\n");
}

/** An entry as lines of text: what a task says begins with its name and id, and fields of the user's own stand behind. */
export function entryText({ message, more, fields }: LogEntry): string {
  const { component, task, taskId } = fields as LogFields;
  const label = component === "task" && taskId !== undefined ? `${task}[${taskId}]: ` : "";
  const text = `${label}${message}${ownFields(fields)}`;
  return more.length === 0 ? text : [text, ...more].join("\n");
}

function ownFields(fields: LogEntry["fields"]): string {
  let own: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    if (!KNOWN.has(name) && name !== "err") (own ??= {})[name] = fields[name];
  }
  return own === undefined ? "" : ` ${inspect(own, { compact: true, breakLength: Infinity, depth: 5 })}`;
}

interface Pino extends Record<LogLevel, (fields: object, message: string) => void> {
  child(fields: object): unknown;
  bindings(): object;
}

/** Whether it is a pino instance, or is called as one. */
function isPino(logger: object): logger is Pino {
  const { child, bindings } = logger as Partial<Pino>;
  return typeof child === "function" && typeof bindings === "function";
}

/** Where the entries of a logger go, whosever it is. Never throws. */
export function sinkOf(logger: Logger): EntrySink {
  if (logger instanceof EntryLogger) {
    return { lowest: () => lowestLevel(logger), take: (entry) => logger.take(entry) };
  }
  return {
    lowest: () => {
      try {
        return lowestLevel(logger);
      } catch {
        return DEBUG;
      }
    },
    take: takerOf(logger),
  };
}

function takerOf(logger: Logger): EntrySink["take"] {
  if (isPino(logger)) return (entry) => logger[entry.level](entry.fields, entryMessage(entry));
  // Its first argument is a format, and what is behind it is printed.
  if (logger instanceof Console) return (entry) => logger[entry.level]("%s", entryText(entry));
  return (entry) => {
    // Others may return a promise, which is theirs to handle: a rejection of it must not end the process.
    const answer: unknown = logger[entry.level](entryText(entry), entry.fields);
    if (answer instanceof Promise) answer.catch(() => undefined);
  };
}

/** Any logger as one of ours: it takes entries of any kind, and nothing that it throws comes through. */
export function entryLoggerOf(logger: Logger, now: () => EpochMs): EntryLogger {
  return logger instanceof EntryLogger ? logger : new EntryLogger({ ...sinkOf(logger), now });
}

/** The logger with these fields in each line. */
export function withFields(logger: Logger, fields: LogFields, now: () => EpochMs): EntryLogger {
  return entryLoggerOf(logger, now).child(fields);
}
