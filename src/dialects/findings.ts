import { durationMs } from "../core/duration.js";
import { ConfigurationError, isSunbeatError, messageOf } from "../core/errors.js";
import { nameOption } from "../core/options.js";
import type { Written } from "./written.js";

/** What is said of a line. */
export interface ImportRemark {
  /** Counted from 1. */
  readonly line: number;
  /**
   * "note": what became of a part, or is to be written. "doubt": the source may mean another instant, or does not say.
   * "refused": nothing was made of it.
   */
  readonly kind: "note" | "doubt" | "refused";
  readonly message: string;
}

/** What an entry says beside its schedule; each part as an option of an entry. */
export interface ImportedParts {
  readonly args?: readonly unknown[];
  readonly options?: {
    readonly queue?: string;
    readonly priority?: number;
    readonly expires?: string;
    readonly countdown?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly enabled?: false;
  readonly misfire?:
    "skip" | "all" | "latest" | { readonly policy: "latest" | "all"; readonly within: string };
  readonly overlap?: "skip" | "queue-one" | "cancel-running";
  readonly jitter?: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly maxRuns?: number;
  readonly description?: string;
}

/** An entry on its way: the schedule with its code, and what stands beside it. */
export interface Draft {
  readonly name: string;
  readonly lines: readonly number[];
  readonly task: string;
  readonly written: Written;
  readonly parts: ImportedParts;
}

/** More than any file of people has; each costs a parse and a remark. */
const MOST_SCHEDULES = 10_000;
const MOST_REMARKS = 40_000;

export function importInvalid(
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): ConfigurationError {
  return new ConfigurationError("SUNBEAT_IMPORT_INVALID", message, { details });
}

/** A part of the source that cannot be taken over, with the reason. */
export class Refusal extends Error {}

/** What an importer finds, line by line. */
export class Findings {
  readonly drafts: Draft[] = [];
  readonly remarks: ImportRemark[] = [];
  readonly #names = new Map<string, number>();
  readonly #once = new Set<string>();

  constructor(
    /** The zone of times that name none; undefined is the app's. */
    readonly timezone: string | undefined,
    /** From which the coming changes of clocks are looked for. */
    readonly now: number,
  ) {}

  note(line: number, message: string): void {
    this.#remark({ line, kind: "note", message });
  }

  doubt(line: number, message: string): void {
    this.#remark({ line, kind: "doubt", message });
  }

  refuse(line: number, message: string): void {
    this.#remark({ line, kind: "refused", message });
  }

  /** Calls `say` the first time that `topic` comes up. */
  once(topic: string, say: () => void): void {
    if (this.#once.has(topic)) return;
    this.#once.add(topic);
    say();
  }

  /** Makes an entry; what is wrong with its schedule is a refused line. */
  attempt(line: number, make: () => Draft): void {
    const before = this.remarks.length;
    try {
      const draft = make();
      nameOption(draft.name, "name");
      nameOption(draft.task, "task");
      this.#bound(this.drafts.length, MOST_SCHEDULES, "schedules");
      this.drafts.push({ ...draft, name: this.#unique(draft.name) });
    } catch (error) {
      const isOfLine =
        error instanceof Refusal || (isSunbeatError(error) && error.code !== "SUNBEAT_IMPORT_INVALID");
      if (!isOfLine) throw error;
      this.remarks.length = before;
      this.refuse(line, messageOf(error));
    }
  }

  /** Where times name no zone, and the source would take that of the machine `where`. */
  zoneless(line: number, where: string): void {
    if (this.timezone !== undefined) return;
    this.once("zone", () =>
      this.doubt(
        line,
        `no zone is named: ${where} takes that of its machine, an entry that of the app; give timezone`,
      ),
    );
  }

  /** What the source does with a fixed time that its zone skips, where one comes within two years. */
  gap(line: number, written: Written, source: string): void {
    const lint = written.schedule.lints({ from: this.now }).find(({ code }) => code === "gap-fixed");
    if (lint !== undefined) this.doubt(line, `${lint.message}; ${source}, as dst: "skip" does`);
  }

  #remark(remark: ImportRemark): void {
    this.#bound(this.remarks.length, MOST_REMARKS, "lines to speak of");
    this.remarks.push(remark);
  }

  #bound(count: number, most: number, what: string): void {
    if (count < most) return;
    throw importInvalid(`import: expected at most ${most} ${what} in one text; split it`);
  }

  /** Entries of the same name are numbered. */
  #unique(name: string): string {
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    if (count === 1) return name;
    const numbered = `${name}-${count}`;
    return this.#names.has(numbered) ? this.#unique(name) : (this.#names.set(numbered, 1), numbered);
  }
}

/** The parts as a stored definition has them. */
export function definitionOf({ task, written, parts }: Draft): Readonly<Record<string, unknown>> {
  const { misfire, jitter, startAt, endAt, options, ...same } = parts;
  return {
    task,
    schedule: written.json,
    ...same,
    ...(options !== undefined && { options: durationsOf(options) }),
    ...(misfire !== undefined && { misfire: misfireOf(misfire) }),
    ...(jitter !== undefined && { jitterMs: durationMs(jitter, "jitter") }),
    ...(startAt !== undefined && { startAt: Date.parse(startAt) }),
    ...(endAt !== undefined && { endAt: Date.parse(endAt) }),
  };
}

function durationsOf({ expires, countdown, ...same }: NonNullable<ImportedParts["options"]>): object {
  return {
    ...same,
    ...(expires !== undefined && { expires: { milliseconds: durationMs(expires, "expires") } }),
    ...(countdown !== undefined && { countdown: { milliseconds: durationMs(countdown, "countdown") } }),
  };
}

const DAY_MS = 86_400_000;

function misfireOf(misfire: NonNullable<ImportedParts["misfire"]>): object {
  const { policy, within = undefined } = typeof misfire === "string" ? { policy: misfire } : misfire;
  const usual = policy === "latest" ? DAY_MS : null;
  return { policy, withinMs: within === undefined ? usual : durationMs(within, "within"), max: 1_000 };
}
