import type { EpochMs } from "../../core/clock.js";
import type { Dropped } from "../contracts/consumer.js";
import type { Freed, Records } from "../rules/records.js";
import { publish } from "./channel.js";
import { MemoryEntries } from "./entry-records.js";
import { MemoryFailed } from "./failed-records.js";
import { MemoryGraphs } from "./graph-records.js";
import { currentLeader } from "./leases.js";
import { MemoryHistory } from "./history-records.js";
import { MemoryLanes } from "./lane-records.js";
import { MemoryLocks } from "./lock-records.js";
import { MemoryMessages } from "./message-records.js";
import { MemoryRates } from "./rate-records.js";
import { MemoryResults } from "./result-records.js";
import { MemoryPauses } from "./pause-records.js";
import { enter, type MemoryState, type Queue } from "./state.js";
import { MemoryStats } from "./stat-records.js";
import { MemoryUniques } from "./unique-records.js";

/** The state as the rules see it. */
export class MemoryRecords implements Records {
  readonly messages: MemoryMessages;
  readonly results: MemoryResults;
  readonly locks: MemoryLocks;
  readonly entries: MemoryEntries;
  readonly graphs: MemoryGraphs;
  readonly rates: MemoryRates;
  readonly uniques: MemoryUniques;
  readonly lanes: MemoryLanes;
  readonly pauses: MemoryPauses;
  readonly history: MemoryHistory;
  readonly stats: MemoryStats;
  readonly failed: MemoryFailed;
  readonly freed: Freed = { entry: new Set(), lock: new Set(), part: new Set(), unique: new Set() };
  readonly dropped: Dropped[] = [];

  constructor(readonly state: MemoryState) {
    this.messages = new MemoryMessages(state);
    this.results = new MemoryResults(state);
    this.locks = new MemoryLocks(state);
    this.lanes = new MemoryLanes(state);
    this.pauses = new MemoryPauses(state);
    this.history = new MemoryHistory(state);
    this.stats = new MemoryStats(state);
    this.failed = new MemoryFailed(state);
    this.entries = new MemoryEntries(state);
    this.rates = new MemoryRates(state);
    this.uniques = new MemoryUniques(state);
    this.graphs = new MemoryGraphs(state, () => this.wakeBy(state.now));
  }

  /** Begins a step. Throws SUNBEAT_CLOSED after close. */
  enter(): this {
    enter(this.state);
    this.graphs.beginStep();
    this.dropped.length = 0;
    return this;
  }

  get now(): EpochMs {
    return this.state.now;
  }

  notify(queue: string): void {
    const found = this.state.queues.get(queue);
    if (found) notify(found);
  }

  wakeBy(at: EpochMs): void {
    if (at >= this.state.nextClaimBy) return;
    this.state.nextClaimBy = at;
    for (const queue of this.state.queues.values()) notify(queue);
  }

  nextClaimBy(at: EpochMs | null): void {
    this.state.nextClaimBy = Math.max(this.state.nextClaimBy, at ?? Infinity);
  }

  nextWakeAt(): EpochMs | null {
    if (this.graphs.hasTodo()) return this.now;
    const { scheduled, leased, bufferedWakes, lockWakes, waitDeadlines } = this.state;
    const next = Math.min(
      scheduled.peek()?.eta ?? Infinity,
      leased.peek()?.until ?? Infinity,
      bufferedWakes.peek()?.wakeAt ?? Infinity,
      lockWakes.peek()?.wakeAt ?? Infinity,
      waitDeadlines.peek()?.at ?? Infinity,
    );
    return next === Infinity ? null : next;
  }

  publish(topic: string, payload: string): void {
    publish(this.state, topic, payload);
  }

  isCurrentTerm(term: string): boolean {
    return currentLeader(this.state, this.state.now)?.term === term;
  }
}

function notify(queue: Queue): void {
  for (const listener of queue.listeners) listener.notify();
}
