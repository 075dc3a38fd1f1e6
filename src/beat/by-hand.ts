/** Runs that somebody sends by hand: now, or those of ticks that were skipped. */
import type { EpochMs } from "../core/clock.js";
import { type InstantLike, instantMs } from "../core/instant.js";
import { assertKnownKeys, booleanOption, invalidOption } from "../core/options.js";
import type { Random } from "../core/random.js";
import type { TriggerOutcome } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import { type MessageEdits, oneSend } from "../tasks/message-edits.js";
import type { CreateMessage, MessageRequest } from "../tasks/message-factory.js";
import { argsOf, type Entry } from "./entry.js";
import type { EntryLookup } from "./entry-lookup.js";
import { triggerId } from "./occurrences.js";
import { assertSkipped, skippedTicks } from "./past-ticks.js";
import { messageLock } from "./tick-item.js";

export interface TriggerOptions {
  /** Whatever `overlap` says. */
  readonly force?: boolean | undefined;
  /** The tick that it is. */
  readonly due?: InstantLike | undefined;
}

export interface TriggerRange {
  readonly force?: boolean | undefined;
  readonly from: InstantLike;
  readonly to: InstantLike;
}

/** What became of a run sent by hand. */
export interface Triggered {
  readonly taskId: string;
  readonly outcome: Exclude<TriggerOutcome, "gone">;
}

/** The same of a tick that was skipped. */
export interface TriggeredTick extends Triggered {
  readonly due: Date;
}

/** What a change of an entry is told to: it runs it, and gives what it gives. */
export type AuditEntry = <T>(
  change: { readonly verb: string; readonly target: string; readonly args?: unknown },
  run: () => Promise<T>,
) => Promise<T>;

interface ByHandDeps {
  readonly store: Pick<Store, "entries" | "ledger" | "results" | "now">;
  readonly random: Random;
  readonly createMessage: CreateMessage;
  readonly edits?: MessageEdits | undefined;
  readonly lookup: EntryLookup;
  readonly audited: AuditEntry;
}

export class ByHand {
  readonly #deps: ByHandDeps;

  constructor(deps: ByHandDeps) {
    this.#deps = deps;
  }

  async trigger(
    name: string,
    options: TriggerOptions & Partial<TriggerRange> = {},
  ): Promise<Triggered | TriggeredTick[]> {
    assertKnownKeys(options, ["force", "due", "from", "to"], "trigger");
    const { due, from, to } = options;
    const force = options.force === undefined ? false : booleanOption(options.force, "trigger: force");
    if (due !== undefined && (from ?? to) !== undefined) {
      throw invalidOption("trigger: due", "nothing beside from and to", due);
    }
    const instant = (value: InstantLike | undefined, what: string): EpochMs | null =>
      value === undefined ? null : instantMs(value, `trigger: ${what}`);
    const [at, begin, end] = [instant(due, "due"), instant(from, "from"), instant(to, "to")];
    if ((begin === null) !== (end === null)) {
      throw invalidOption(`trigger: ${begin === null ? "from" : "to"}`, "both ends of a range", undefined);
    }
    const { store, lookup, audited } = this.#deps;
    const stored = await lookup.found(name);
    const now = await store.now();
    const entry = at === null && begin === null ? lookup.cache.read(stored) : lookup.timed(stored);
    const runnable = entry.codeArgs ? lookup.cache.runnable(stored) : entry;
    const past = { store, entry, stored, now, book: lookup.cache.book };
    if (begin !== null && end !== null) {
      const ticks = await skippedTicks(past, begin, end);
      const args = { from: isoOf(begin), to: isoOf(end), ticks: ticks.length, force };
      return audited({ verb: "triggerEntry", target: name, args }, async () => {
        const sent: TriggeredTick[] = [];
        // One after the other: the overlap policy looks at those before.
        for (const tick of ticks)
          sent.push({ due: new Date(tick), ...(await this.#send(runnable, tick, now, force)) });
        return sent;
      });
    }
    if (at !== null) await assertSkipped(past, at);
    const args = { ...(at !== null && { due: isoOf(at) }), force };
    return audited({ verb: "triggerEntry", target: name, args }, () => this.#send(runnable, at, now, force));
  }

  /** `due`: of the tick that it is; null: a run of its own. */
  async #send(entry: Entry, due: EpochMs | null, now: EpochMs, force: boolean): Promise<Triggered> {
    const { store, random, createMessage, edits, lookup } = this.#deps;
    const { name } = entry;
    const request: MessageRequest = {
      id: triggerId(name, due === null ? random.uuid() : String(due)),
      once: true,
      task: entry.task,
      args: argsOf(entry, due ?? now),
      options: entry.options,
      entry: name,
      scheduledFor: due ?? now,
      lock: messageLock(entry),
    };
    const [message, outcome] = await oneSend(createMessage, edits, false, async (build) => {
      const made = await build((create) => create(request));
      const answer = await store.entries.trigger(name, made, force ? null : entry.overlap);
      if (answer === "gone") throw await lookup.notFound(name);
      return [made, answer] as const;
    });
    if (outcome === "sent") edits?.sent(message);
    return { taskId: message.id, outcome };
  }
}

function isoOf(instant: EpochMs): string {
  return new Date(instant).toISOString();
}
