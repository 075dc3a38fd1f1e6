/**
 * One round of the beat: read what is due, plan it, have the store tick it in batches, tell what happened.
 */
import type { Clock, EpochMs } from "../core/clock.js";
import { isSunbeatError, messageOf } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import type { Events } from "../events/index.js";
import type {
  EntryRecord,
  PlannedOccurrence,
  TickItem,
  TickItemOutcome,
} from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import { buildMessages, type MessageEdits } from "../tasks/message-edits.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import { Quarantine } from "./quarantine.js";
import type { LimitTold, StartBudget } from "./budget.js";
import { CatchUps } from "./catch-ups.js";
import type { ClockReading } from "./clock-guard.js";
import type { InTime } from "../core/patience.js";
import type { Moved } from "./basis.js";
import type { BasisKeeper } from "./basis-walk.js";
import { mayBeNewer } from "./definition.js";
import type { EntryCache } from "./entry-cache.js";
import type { Lead } from "./leader.js";
import { planDue } from "./planner.js";
import { DISABLED, putOf } from "./revise.js";
import { inSteps, startItem, tickItem, weightOf } from "./tick-item.js";
import { TickTraces } from "./tick-traces.js";

export interface RoundDeps {
  readonly store: Pick<Store, "entries">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  readonly createMessage: CreateMessage;
  readonly edits?: MessageEdits | undefined;
  readonly cache: EntryCache;
  readonly inTime: InTime;
  /** The same for what the program does to messages. */
  readonly asked: InTime;
  readonly budget: StartBudget;
  readonly basis: Pick<BasisKeeper, "of" | "compare" | "move">;
  /** Plain occurrences sent in one call of the store, fewer of those that ask more of it. */
  readonly batch: number;
  /** A round that has taken so long leaves the rest to the next one, so that the watchdog sees what gets done. */
  readonly longestMs: number;
  /** Whether dispatch must wait because the store's clock is in doubt. */
  readonly onReading: (reading: ClockReading) => "go" | "hold";
}

export interface RoundReply {
  readonly outcome: "done" | "held" | "fenced" | "untrusted";
  readonly now: EpochMs;
  /** When the next occurrence comes; null: none is known. */
  readonly nextAt: EpochMs | null;
  /** More is due already. */
  readonly more: boolean;
  /** Something was ticked. */
  readonly progress: boolean;
  /** How late the most overdue entry was found. */
  readonly lagMs: number;
  /** For so long something due waits for the budget; null: nothing does. */
  readonly limitedMs: number | null;
}

const NOTHING_DONE = {
  outcome: "done",
  nextAt: null,
  more: false,
  progress: false,
  lagMs: 0,
  limitedMs: null,
} as const;

/** Entries read in one call of the store, in batches: reading is cheaper than sending. */
const PAGE_BATCHES = 4;
/**
 * Planning holds up the event loop, and with it the renewal of the lease: after a long outage an entry may take 0.1 s. So what
 * has taken so long is sent before more is planned; else a beat with hundreds of such entries would lose its lease each
 * time, before it has sent anything.
 */
const LONGEST_PLAN_MS = 100;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface Tally {
  sent: number;
  skipped: number;
}

export class Rounds {
  readonly quarantine: Quarantine;
  /** Since the start of the process. */
  readonly tally: Tally = { sent: 0, skipped: 0 };
  readonly #catchUps = new CatchUps();
  readonly #traces = new TickTraces();
  readonly #deps: RoundDeps;

  constructor(deps: RoundDeps) {
    this.#deps = deps;
    this.quarantine = new Quarantine(deps.clock);
  }

  /** `judgedAt`: as of when it is judged whether an occurrence is late. */
  async run(lead: Lead, judgedAt: (now: EpochMs) => EpochMs): Promise<RoundReply> {
    const { store, batch, budget } = this.#deps;
    const page = batch * PAGE_BATCHES;
    // Who waits is read once it can be sent, but for the first, whose lateness tells how late the beat is.
    const limit =
      (budget.limitedSince === null ? page : Math.min(page, this.#left + 1)) + this.quarantine.size;
    const due = await this.#ask("due", store.entries.due(limit));
    if (due.verdict === "hold") return { ...NOTHING_DONE, now: due.now, nextAt: due.nextAt, outcome: "held" };
    const ticked = await this.#planAndTick(lead, due.entries, due.now, judgedAt(due.now));
    if (due.entries.length < limit) this.quarantine.keepOnly(due.entries);
    if (due.entries.length < limit && !ticked.more && ticked.outcome === "done") this.over();
    const first = due.entries.find((stored) => !this.quarantine.holds(stored))?.cursor;
    return {
      ...ticked,
      nextAt: earliest(due.nextAt, ticked.nextAt),
      more: ticked.more || due.entries.length === limit,
      lagMs: first ? Math.max(0, due.now - first.dispatchAt) : 0,
    };
  }

  /** Plans the next batch while the store ticks the one before. */
  async #planAndTick(
    lead: Lead,
    due: readonly EntryRecord[],
    now: EpochMs,
    judgedAt: EpochMs,
  ): Promise<RoundReply> {
    const { clock, batch, longestMs, budget } = this.#deps;
    const endAt = clock.monotonicMs() + longestMs;
    let done: RoundReply = { ...NOTHING_DONE, now };
    let underway: Promise<RoundReply> = Promise.resolve(done);
    let from = 0;
    let limitedMs: number | null = null;
    while (limitedMs === null && from < due.length && (from === 0 || clock.monotonicMs() < endAt)) {
      const page = due.slice(from, from + batch);
      const { items, planned, isLimited } = await this.#plan(page, now, judgedAt);
      from += planned;
      if (isLimited) {
        this.#tellLimit(budget.ranOut(judgedAt, due.length - from));
        limitedMs = budget.waitMs(clock.monotonicMs());
      }
      done = together(done, await underway);
      if (done.outcome !== "done") return done;
      underway = this.tick(lead, items, now);
      underway.catch(() => undefined); // it is awaited when the next batch is planned
      await new Promise<void>((sent) => clock.soon(sent));
    }
    done = together(done, await underway);
    return from < due.length ? { ...done, more: true, limitedMs } : done;
  }

  /** Sends the entries of this page that run when a process first leads: `read` of them, as the budget allows. */
  async runAtStart(
    lead: Lead,
    page: readonly EntryRecord[],
    at: EpochMs,
  ): Promise<{ readonly outcome: RoundReply["outcome"]; readonly read: number }> {
    const items: TickItem[] = [];
    let read = 0;
    for (const stored of page) {
      if (this.#left < 1) break;
      read++;
      if (stored.disabled !== null || stored.pausedAt !== null || stored.cursor !== null) continue;
      try {
        const entry = this.#deps.cache.read(stored);
        const inPeriod = (entry.startAt ?? at) <= at && at < (entry.endAt ?? Infinity);
        if (entry.atStart && inPeriod) {
          items.push(await this.#made((createMessage) => startItem(entry, at, createMessage)));
          this.#deps.budget.spend(1);
        }
      } catch (error) {
        this.#report(stored, error);
      }
    }
    const { outcome } = await this.tick(lead, items, at);
    return { outcome, read };
  }

  /** The term has ended, or nothing waits for the budget any more. */
  over(): void {
    this.#tellLimit(this.#deps.budget.caughtUp());
  }

  async tick(lead: Lead, items: readonly TickItem[], plannedAt: EpochMs): Promise<RoundReply> {
    const reply: Writable<RoundReply> = { ...NOTHING_DONE, now: plannedAt };
    for (const batch of batches(items, this.#deps.batch)) {
      if (!lead.trusted()) return { ...reply, outcome: "untrusted" };
      // One batch after the other: each is one step of the store, and the store has one of them at a time to do.
      const answer = this.#ask("tick", this.#deps.store.entries.tick(lead.term, batch));
      answer.catch((error: unknown) => this.#traces.failed(batch, error));
      const ticked = await answer;
      if (ticked.outcome === "fenced") return { ...reply, outcome: "fenced", now: ticked.now };
      if (ticked.items.some(({ outcome }) => outcome === "early")) this.#tellEarly(ticked.now - plannedAt);
      batch.forEach((item, index) => {
        const told = this.#tell(item, ticked.items[index]!, ticked.now);
        if (told.done) reply.progress = true;
        if (!told.done || (told.nextAt !== null && told.nextAt <= ticked.now)) reply.more = true;
        reply.nextAt = earliest(reply.nextAt, told.nextAt);
      });
      reply.now = ticked.now;
    }
    return reply;
  }

  /** As many of them as can be planned without holding up the loop, one at least. */
  async #plan(
    due: readonly EntryRecord[],
    now: EpochMs,
    judgedAt: EpochMs,
  ): Promise<{ readonly items: TickItem[]; readonly planned: number; readonly isLimited: boolean }> {
    const { clock, basis, budget } = this.#deps;
    const endAt = clock.monotonicMs() + LONGEST_PLAN_MS;
    const items: TickItem[] = [];
    const moved: Moved[] = [];
    let planned = 0;
    let isLimited = false;
    for (const stored of due) {
      if (planned > 0 && clock.monotonicMs() >= endAt) break;
      const startsLeft = this.#left;
      isLimited = startsLeft < 1;
      if (isLimited) break;
      planned++;
      if (this.quarantine.holds(stored) || stored.cursor === null) continue;
      try {
        const entry = this.#deps.cache.runnable(stored);
        const elsewhere = basis.compare(stored, entry, now);
        if (elsewhere !== null) {
          moved.push(elsewhere);
          continue;
        }
        const caughtUp = this.#catchUps.sentUntil(stored.name, stored.cursor);
        const state = { cursor: stored.cursor, runs: stored.runs, caughtUp };
        const plan = planDue(entry, state, now, { judgedAt, startsLeft });
        const item = await this.#made((createMessage) =>
          tickItem(entry, stored, plan, createMessage, basis.of(entry)),
        );
        const steps = inSteps(item, this.#deps.batch);
        this.#catchUps.begin(stored.name, caughtUp, steps, now);
        items.push(...steps);
        budget.spend(startsOf(item));
        this.quarantine.delete(stored.name);
      } catch (error) {
        await this.#quarantine(stored, error);
      }
    }
    await basis.move(moved);
    return { items, planned, isLimited };
  }

  get #left(): number {
    return this.#deps.budget.left(this.#deps.clock.monotonicMs());
  }

  /** Its messages as programs want them. */
  #made(build: (createMessage: CreateMessage) => TickItem): TickItem | Promise<TickItem> {
    const { edits, createMessage } = this.#deps;
    const tracing = edits?.tracing ?? null;
    const traced = tracing === null ? createMessage : this.#traces.following(createMessage, tracing);
    const made = buildMessages(build, traced, edits);
    return made instanceof Promise ? this.#deps.asked("the functions of app.usePublish", made) : made;
  }

  /** One bad entry costs itself and nobody else. */
  async #quarantine(stored: EntryRecord, error: unknown): Promise<void> {
    if (!this.quarantine.hasRoom(stored) && !mayMend(error)) {
      // Too many to step over at every round. Registration by a beat that can read them enables them again.
      const put = putOf(stored, { disabled: DISABLED.invalid });
      await this.#deps.inTime("put", this.#deps.store.entries.put([put]));
      this.#report(stored, error);
    } else if (this.quarantine.add(stored, messageOf(error))) {
      this.#report(stored, error);
    }
  }

  #report({ name: entry }: Pick<EntryRecord, "name">, error: unknown): void {
    this.#deps.logger.error(failureEntry(`Scheduler: cannot send ${entry}, leaving it aside`, error), {
      entry,
      err: error,
    });
    this.#deps.events.emit("schedule-failed", { entry, reason: messageOf(error) });
  }

  /** Once for all items of a step: what is due in one second may be thousands. */
  #tellEarly(byMs: number): void {
    this.#deps.logger.warn(`beat: the store's clock went back by ${-byMs} ms during a round`);
    this.#deps.events.emit("clock-jump", { byMs });
  }

  #tellLimit(told: LimitTold | null): void {
    if (told === null) return;
    const { logger, events } = this.#deps;
    const { state, perSecond, count } = told;
    if (state === "began") {
      logger.warn(`beat: more is due than ${perSecond} starts a second: ${count} entries wait, or more`, {
        event: "beat-limited",
      });
    } else logger.info(`beat: limited no more, after ${count} starts`, { event: "beat-limited" });
    events.emit("beat-limited", told);
  }

  /** Logs and events for one item, after the store has it. */
  #tell(
    item: TickItem,
    answer: TickItemOutcome,
    now: EpochMs,
  ): { readonly done: boolean; readonly nextAt: EpochMs | null } {
    if (answer.outcome !== "ticked") {
      // moved, stale, paused, gone: somebody was faster, and the next round reads what is true now.
      this.#deps.logger.debug(`Scheduler: ${item.entry} was not ticked: ${answer.outcome}`, {
        entry: item.entry,
      });
      this.#deps.budget.giveBack(startsOf(item));
      return { done: false, nextAt: null };
    }
    item.plan.forEach((planned, index) => this.#tellOne(item.entry, planned, answer.occurrences[index], now));
    return { done: true, nextAt: item.next?.dispatchAt ?? null };
  }

  #tellOne(entry: string, planned: PlannedOccurrence, outcome: string | undefined, now: EpochMs): void {
    const { logger, events, edits } = this.#deps;
    if (planned.kind === "send") {
      const { due, message } = planned;
      if (outcome === "sent" || outcome === "buffered") this.#traces.sent(message);
      if (outcome === "sent") {
        this.tally.sent++;
        logger.info(`Scheduler: Sending due task ${entry} (${message.task})`, {
          ...{ entry, due: iso(due), taskId: message.id, task: message.task, event: "schedule-sent" },
        });
        events.emit("schedule-sent", { entry, due, taskId: message.id, lateMs: Math.max(0, now - due) });
        edits?.sent(message);
      } else if (outcome === "buffered") {
        logger.info(`Scheduler: Holding due task ${entry} until its running one ends`, {
          entry,
          due: iso(due),
        });
      } else {
        this.#deps.budget.giveBack(1);
        const reason = outcome === "skipped" ? DISABLED.maxRuns : (outcome ?? "overlap");
        this.#skipped({ entry, from: due, to: due, count: 1, reason });
      }
    } else if (planned.kind === "skip") {
      this.#skipped({ entry, from: planned.due, to: planned.due, count: 1, reason: planned.reason });
    } else {
      const { from, to, count, reason } = planned;
      this.#skipped({ entry, from, to, count, reason });
    }
  }

  #skipped(skip: { entry: string; from: EpochMs; to: EpochMs; count: number; reason: string }): void {
    const { entry, from, to, count, reason } = skip;
    this.tally.skipped += count;
    const times = count === 1 ? iso(from) : `${count} due times from ${iso(from)} to ${iso(to)}`;
    this.#deps.logger.info(`Scheduler: Skipping due task ${entry} (${reason}): ${times}`, {
      ...{ entry, due: iso(from), event: "schedule-skipped" },
    });
    this.#deps.events.emit("schedule-skipped", skip);
  }

  /** A bounded call whose answer carries the store's clock. */
  async #ask<T extends { readonly now: EpochMs }>(
    step: string,
    work: Promise<T>,
  ): Promise<T & { readonly verdict: "go" | "hold" }> {
    const { clock, onReading, inTime } = this.#deps;
    const askedAt = clock.monotonicMs();
    const reply = await inTime(step, work);
    const verdict = onReading({ storeNow: reply.now, askedAt, answeredAt: clock.monotonicMs() });
    return { ...reply, verdict };
  }
}

/** Another beat, or a calendar that comes, may mend it. */
function mayMend(error: unknown): boolean {
  return mayBeNewer(error) || (isSunbeatError(error) && error.code === "SUNBEAT_CALENDAR_UNKNOWN");
}

const iso = (instant: EpochMs): string => new Date(instant).toISOString();

function earliest(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

const startsOf = (item: TickItem): number => item.plan.filter(({ kind }) => kind === "send").length;

/** What two steps of one round come to. */
function together(before: RoundReply, after: RoundReply): RoundReply {
  return {
    ...after,
    nextAt: earliest(before.nextAt, after.nextAt),
    more: before.more || after.more,
    progress: before.progress || after.progress,
  };
}

/** Items in order, in steps of the weight `most` at most, or of one item. */
function* batches(items: readonly TickItem[], most: number): Generator<TickItem[]> {
  let batch: TickItem[] = [];
  let size = 0;
  for (const item of items) {
    const weight = item.plan.reduce((sum, planned) => sum + weightOf(planned), 0) || 1;
    if (batch.length > 0 && size + weight > most) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(item);
    size += weight;
  }
  if (batch.length > 0) yield batch;
}
