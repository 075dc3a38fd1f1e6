import { messageOf } from "../../core/errors.js";
import { lowestLevel } from "../../core/logger.js";
import type { Assignment } from "../assignment.js";
import type { ChildEvents, Child } from "./child.js";
import { Desk } from "./desk.js";
import { Member } from "./member.js";
import type { ChildEnd } from "../outcome.js";
import { Output, type Writer } from "./output.js";
import { isCustomType } from "../../tasks/custom-event.js";
import type { PoolName } from "../../tasks/pool-name.js";
import type { ChildStats, PoolStats } from "./options.js";
import type { ChildPoolParts, Pool } from "./pool.js";
import { tellEndOutside } from "../run.js";
import type { Reservation } from "../reservation.js";
import { revisionOf } from "./revision.js";
import { Slot } from "./slot.js";
import { tellStart } from "./started.js";
import type { FromChild } from "./wire.js";

/** What children run. */
export const PROGRAM = new URL("./child/main.js", import.meta.url);
/** So many children in a row that cannot take a run end the pool. */
const MOST_FAILED_STARTS = 3;
/** What was asked to leave, or was killed, is waited for so long at the end. */
const CLOSE_LIMIT_MS = 3_000;

/** What a child has here. */
interface Attended {
  readonly desk: Desk;
  readonly output: Output;
  /** Whose output it is: the run that it has, or had last. */
  writer: Writer;
}

/** A pool whose slots are children, processes or threads. One run a child at a time. */
export class ChildPool implements Pool {
  readonly name: PoolName;
  readonly #parts: ChildPoolParts;
  readonly #start: (events: ChildEvents) => Child;
  readonly #slots = new Set<Slot>();
  /** Every child that is not gone. */
  readonly #members = new Map<Member, Attended>();
  #runs = 0;
  #processed = 0;
  #overran = 0;
  #lost = 0;
  #failedStarts = 0;
  #opening: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  #restarting: Promise<void> = Promise.resolve();
  /** Names of tasks that were told to be others in children than here. */
  readonly #differing = new Set<string>();
  #isOver = false;
  #closing: Promise<void> | null = null;

  constructor(name: "threads" | "processes", parts: ChildPoolParts, start: (events: ChildEvents) => Child) {
    this.name = name;
    this.#parts = parts;
    this.#start = start;
  }

  get size(): number {
    return this.#count((slot) => !slot.isLeaving);
  }

  get running(): number {
    return this.#count((slot) => slot.run !== null);
  }

  get free(): number {
    return this.#count((slot) => slot.isFree);
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.grow(this.#parts.size);
    });
  }

  start(assignment: Assignment): void {
    const { clock, environment, reporter } = this.#parts;
    const slot = [...this.#slots].find(({ isFree }) => isFree)!;
    tellStart(assignment, environment, reporter);
    slot.start({
      assignment,
      number: ++this.#runs,
      startedAt: clock.monotonicMs(),
      limits: [],
      reason: null,
      timer: null,
      decided: null,
    });
  }

  grow(slots: number): void {
    for (let more = slots; more > 0 && !this.#isOver; more--) {
      const slot = this.#makeSlot();
      this.#slots.add(slot);
      slot.begin();
    }
  }

  shrink(slots: number): void {
    const staying = [...this.#slots].filter(({ isLeaving }) => !isLeaving);
    // Those without a run first: nothing is waited for.
    staying.sort((a, b) => Number(a.run !== null) - Number(b.run !== null));
    for (const slot of staying.slice(0, Math.min(slots, staying.length - 1))) slot.leave();
  }

  restart(): Promise<void> {
    const work = this.#restarting.then(async () => {
      for (const slot of [...this.#slots]) if (!slot.isLeaving && !this.#isOver) await slot.renew();
    });
    this.#restarting = work.catch(() => undefined);
    return work;
  }

  stats(): PoolStats {
    const children: ChildStats[] = [...this.#members.keys()].map(({ pid, thread, runs, memoryBytes }) => ({
      pid,
      ...(thread !== undefined && { thread }),
      runs,
      rssBytes: memoryBytes,
    }));
    const { name, size, running } = this;
    return {
      ...{ name, size, running, children },
      ...{ processed: this.#processed, overran: this.#overran, lost: this.#lost },
    };
  }

  pidOf(reservation: Reservation): number | null {
    const slot = [...this.#slots].find(({ run }) => run?.assignment.reservation === reservation);
    return slot?.current?.pid ?? null;
  }

  abandon(): Assignment[] {
    this.#isOver = true;
    return [...this.#slots].flatMap((slot) => slot.abandon()?.assignment ?? []);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    for (const slot of [...this.#slots]) slot.leave();
    const members = [...this.#members.keys()];
    for (const member of members) member.leave();
    const { clock } = this.#parts;
    const gone = Promise.all(members.map((member) => member.gone)).then(() => undefined);
    await new Promise<void>((resolve) => {
      const timer = clock.after(CLOSE_LIMIT_MS, resolve);
      void gone.then(() => {
        timer.cancel();
        resolve();
      });
    });
    for (const member of this.#members.keys()) member.kill();
  }

  #count(which: (slot: Slot) => boolean): number {
    let count = 0;
    for (const slot of this.#slots) if (which(slot)) count++;
    return count;
  }

  #makeSlot(): Slot {
    const { clock, environment, options } = this.#parts;
    return new Slot(
      {
        clock,
        random: environment.random,
        maxRuns: options.maxTasksPerChild,
        maxMemoryBytes: options.maxMemoryPerChildBytes,
        terminateGraceMs: options.terminateGraceMs,
        withValues: options.logResults,
        begin: (slot) => this.#begin(slot),
      },
      {
        onEnd: ({ assignment, startedAt }, outcome, isOutside) => {
          if (isOutside) tellEndOutside(assignment, environment, outcome);
          this.#processed++;
          this.#failedStarts = 0;
          this.#parts.onEnd(assignment, outcome, clock.monotonicMs() - startedAt);
        },
        onFree: () => this.#freed(),
        onOverrun: () => this.#overran++,
        onLost: () => this.#lost++,
        onLeft: (slot) => this.#slots.delete(slot),
      },
    );
  }

  #begin(slot: Slot): Member {
    const { clock, options, environment, reporter } = this.#parts;
    const setup = {
      app: options.app,
      hostname: environment.hostname,
      log: options.log,
      lowestLevel: lowestLevel(reporter.log),
      tellsMemory: options.maxMemoryPerChildBytes !== null || this.name === "threads",
    };
    const member = new Member(
      { clock, setup, start: this.#start },
      {
        onReady: (_, tasks) => {
          this.#compare(tasks);
          slot.onReady(member);
        },
        onMessage: (_, message) => this.#heard(slot, member, message),
        onOutput: (_, stream, chunk) => {
          const writing = member === slot.current ? writerOf(slot.run?.assignment) : undefined;
          if (writing !== undefined) attended.writer = writing;
          attended.output.write(stream, chunk, attended.writer);
          if (writing === undefined) this.#flush(attended, attended.writer);
        },
        onDown: (_, end, error) => this.#down(slot, member, end, error),
      },
    );
    const attended: Attended = {
      desk: new Desk(this.#parts, member),
      output: new Output({ clock, write: (line, fields) => reporter.wrote(line, fields) }),
      writer: member.label,
    };
    this.#members.set(member, attended);
    return member;
  }

  #heard(slot: Slot, member: Member, message: FromChild): void {
    const attended = this.#members.get(member);
    const { run } = slot;
    const running = "run" in message && member === slot.current && run?.number === message.run ? run : null;
    const reservation = running?.assignment.reservation ?? null;
    switch (message.kind) {
      case "ended":
        if (attended !== undefined && reservation !== null)
          this.#flush(attended, writerOf(running!.assignment)!);
        return slot.onEnded(member, message.run, message.outcome, message.memoryBytes);
      case "call":
        return void attended?.desk.answer(message, reservation);
      case "cancel":
        return attended?.desk.cancel(message.call);
      case "log":
        return this.#parts.reporter.logged(message.level, message.message, message.fields);
      case "waiting":
        return void (reservation && attended?.desk.tellWaiting(reservation, message.awaited));
      case "event":
        return reservation === null ? undefined : this.#event(reservation, message.type, message.fields);
      case "ready":
      case "unfit":
      case "left":
    }
  }

  #event(reservation: Reservation, type: `task-${string}` | null, fields: object): void {
    const { reporter } = this.#parts;
    if (type === null) reporter.progress(reservation, fields);
    else if (isCustomType(type)) reporter.custom(reservation, type, fields);
  }

  /** Nothing more is to be awaited of the line that has no end: what was written in a run is read soon after the end is told, if not before. */
  #flush(attended: Attended, writer: Writer): void {
    attended.writer = writer;
    this.#parts.clock.soon(() => attended.output.flush(writer));
  }

  /** Its slot can take a run. */
  #freed(): void {
    if (this.#opening === null) return this.#parts.onFree();
    if ([...this.#slots].some((slot) => !slot.isReady)) return;
    this.#failedStarts = 0;
    this.#opening.resolve();
    this.#opening = null;
  }

  #down(slot: Slot, member: Member, end: ChildEnd, error: Error | null): void {
    const attended = this.#members.get(member);
    attended?.desk.close();
    attended?.output.close(attended.writer);
    this.#members.delete(member);
    if (this.#isOver) return;
    if (slot.onDown(member, end, error)) {
      const why = error === null ? `${member.label} ${end.how}, and had no run` : messageOf(error);
      this.#parts.reporter.log.warn(`A child is gone, and another takes its place: ${why}`);
      if (error !== null && ++this.#failedStarts >= MOST_FAILED_STARTS) return this.#fail(error);
    }
    slot.settle();
  }

  #fail(error: Error): void {
    this.#isOver = true;
    for (const member of this.#members.keys()) member.kill();
    if (this.#opening === null) return this.#parts.onFatal(error);
    this.#opening.reject(error);
    this.#opening = null;
  }

  /** The worker's own options count. Who has changed them in the files sees the functions of the new ones run under the old ones. */
  #compare(tasks: Readonly<Record<string, number>>): void {
    const { registry, reporter } = this.#parts;
    for (const [name, revision] of Object.entries(tasks)) {
      const own = registry.get(name);
      if (own === undefined || revisionOf(own) === revision || this.#differing.has(name)) continue;
      this.#differing.add(name);
      reporter.log.warn(
        `Task ${name} has other options in the children of this worker than here, where those of its start count: ` +
          "start the worker anew to change them",
      );
    }
  }
}

function writerOf(assignment: Assignment | undefined): Writer | undefined {
  return assignment && { component: "task", ...assignment.reservation.fields };
}
