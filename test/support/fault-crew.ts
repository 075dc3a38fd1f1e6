/** A crew of victims: real processes on one store, to be killed and stalled, and their log. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type EpochMs, systemClock, within } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { seededRandom, systemRandom, type Random } from "../../src/core/random.js";
import { openStore } from "../../src/app/open-store.js";
import { parseBrokerUrl } from "../../src/app/broker-url.js";
import { every } from "../../src/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { linesOf, type LogLine, readLog } from "./fault-log.js";
import type { Expectation } from "./invariants.js";
import { endWithUs, release } from "./reaper.js";

const PROGRAM = fileURLToPath(new URL("../faults/victim.mjs", import.meta.url));
/** The build of the present version. */
export const DIST = process.env["SUNBEAT_DIST"] ?? fileURLToPath(new URL("../../dist", import.meta.url));
/** What waits longer for a victim than this fails. */
export const PATIENCE_MS = 60_000;

/** From the `passing`th passing of a point on, `times` times. */
export interface Point {
  /** "before-" or "after-" a step of the store, or "in-task". */
  readonly at: string;
  readonly passing?: number;
  readonly times?: number;
  /**
   * crash: SIGKILL. stall: the whole process stands still for `ms`. delay: only this step waits. twice: the step is done
   * two times, as by a client that lost the first answer.
   */
  readonly act: "crash" | "stall" | "delay" | "twice";
  readonly ms?: number;
}

/** A change to the text of a script of Redis. */
export interface Mutant {
  readonly script: string;
  readonly find: string;
  readonly put: string;
}

export interface VictimOptions {
  readonly role: "beat" | "worker" | "combined" | "sender" | "editor";
  /** The build that it runs. Default: the present one. */
  readonly dist?: string;
  /** What the program of the crew wants to know beside that. */
  readonly extras?: Readonly<Record<string, unknown>>;
  readonly points?: readonly Point[];
  readonly mutants?: readonly Mutant[];
  /** How wrong its own clock is. */
  readonly clockOffsetMs?: number;
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Victim {
  readonly name: string;
  readonly role: VictimOptions["role"];
  readonly alive: boolean;
  /** Between `stop` and `go`. */
  readonly stopped: boolean;
  readonly ended: Promise<End>;
  /** Resolves when `count` lines of `text` were printed; rejects when it ends or takes too long before that. */
  printed(text: string, count?: number): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  stop(): void;
  go(): void;
  /** SIGTERM. Gives how it ended. */
  end(): Promise<End>;
}

export interface CrewOptions {
  readonly broker: string;
  /** What its processes run. Default: faults/victim.mjs. */
  readonly program?: string;
  /** Opens the store from outside. Default: the present version. */
  readonly open?: typeof openStore;
  /** Entries that are due once a second each, spread over the second. */
  readonly entries: number;
  /** Seconds. */
  readonly beatLease?: number;
  readonly lease?: number;
}

export class Crew {
  readonly expectations: readonly Expectation[];
  readonly leaseMs: number;
  readonly beatLeaseMs: number;
  readonly #options: CrewOptions;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sunbeat-crew-"));
  readonly #children = new Map<Victim, ChildProcess>();
  /** What victims did that nobody made them do. */
  readonly #surprises: string[] = [];
  #complaints = "";
  #started = 0;
  #store: Promise<Store> | null = null;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.leaseMs = (options.lease ?? 1) * 1_000;
    this.beatLeaseMs = (options.beatLease ?? 1) * 1_000;
    this.expectations = this.#entries().map(({ entry, offsetMs }) => ({
      entry,
      schedule: every("1s", { offset: `${offsetMs}ms` }),
    }));
  }

  get victims(): readonly Victim[] {
    return [...this.#children.keys()];
  }

  get surprises(): readonly string[] {
    return this.#surprises;
  }

  /** The warnings and errors that victims have logged. */
  get complaints(): string {
    return this.#complaints;
  }

  get log(): LogLine[] {
    return readLog(this.#logFile);
  }

  /** The same store, from outside. */
  store(): Promise<Store> {
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const { broker, open = openStore } = this.#options;
    return (this.#store ??= open(parseBrokerUrl(broker), context));
  }

  /** The name is made unique by a number. */
  start(kind: string, options: VictimOptions): Victim {
    const { role, points = [], mutants = [], clockOffsetMs = 0, dist = DIST, extras } = options;
    const name = `${kind}#${++this.#started}`;
    const { broker, program = PROGRAM, beatLease = 1, lease = 1 } = this.#options;
    const config = {
      ...extras,
      ...{ name, broker, log: this.#logFile, role, beatLease, lease, mutants, clockOffsetMs },
      points: points.map((point) => ({ passing: 1, times: 1, ms: 0, ...point })),
      entries: this.#entries(),
    };
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, SUNBEAT_DIST: dist, SUNBEAT_VICTIM: JSON.stringify(config) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithUs(child, this.#folder);
    const victim = this.#watched(
      name,
      role,
      child,
      points.some(({ act }) => act === "crash"),
    );
    this.#children.set(victim, child);
    return victim;
  }

  /** Waits for `look` to be true. */
  async until(what: string, look: () => boolean | Promise<boolean>, limitMs = PATIENCE_MS): Promise<void> {
    const deadline = systemClock.monotonicMs() + limitMs;
    while (!(await look())) {
      if (systemClock.monotonicMs() > deadline)
        throw new Error(`never came: ${what}; ${this.#surprises.join("; ")}`);
      await pause(20);
    }
  }

  /** The process that leads by the store, if one does; none while the store is away. */
  async leader(): Promise<Victim | undefined> {
    const store = await this.store();
    const leader = await store.leases.leader().catch(() => null);
    return this.victims.find(({ name, alive }) => alive && name === leader?.host);
  }

  /** Whether all that was due at `instant` is accounted for; not while the store is away. */
  async hasReached(instant: EpochMs): Promise<boolean> {
    const store = await this.store();
    try {
      const snapshots = await store.entries.get(this.expectations.map(({ entry }) => entry));
      return snapshots.every((snapshot) => (snapshot?.cursor?.due ?? 0) > instant);
    } catch {
      return false;
    }
  }

  /** Waits until what is due a little after now is accounted for; gives how long that took. */
  async goesOn(after: string): Promise<number> {
    const from = systemClock.now();
    await this.until(`a tick after ${after}`, () => this.hasReached(from + 100));
    return systemClock.now() - from;
  }

  /** Ends every victim as an operator would; who has not crashed on purpose must end well. */
  async endAll(): Promise<void> {
    for (const victim of this.victims) victim.go();
    await Promise.all(this.victims.map((victim) => victim.end()));
  }

  /** Ends all, then has a fresh worker run what is left. */
  async drain(options: Omit<VictimOptions, "role"> = {}): Promise<void> {
    await this.endAll();
    const store = await this.store();
    this.start("drain", { ...options, role: "worker" });
    await this.until("an empty queue", async () =>
      (await store.queues.counts()).every(({ ready, scheduled, leased }) => ready + scheduled + leased === 0),
    );
    await this.endAll();
  }

  /** Leaves nothing behind. For `afterEach`. */
  async dispose(): Promise<void> {
    await Promise.all(this.victims.map((victim) => victim.kill()));
    if (this.#store) await (await this.#store.catch(() => null))?.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 9 });
  }

  get #logFile(): string {
    return path.join(this.#folder, "log");
  }

  #entries() {
    const { entries } = this.#options;
    return Array.from({ length: entries }, (_, index) => ({
      entry: `e${String(index).padStart(3, "0")}`,
      offsetMs: Math.floor((index * 1_000) / entries),
      // Every tenth coalesces what it missed, so that skips and ranges are in the ledger too.
      misfire: index % 10 === 9 ? "latest" : { policy: "all", within: "1h", max: 10_000 },
    }));
  }

  #watched(name: string, role: VictimOptions["role"], child: ChildProcess, mayCrash: boolean): Victim {
    let [output, said] = ["", ""];
    let [killed, alive, stopped] = [false, true, false];
    const listeners = new Set<() => void>();
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      for (const look of listeners) look();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
      this.#complaints += chunk.toString();
    });
    const ended = new Promise<End>((resolve) => {
      child.once("exit", (code, signal) => {
        alive = false;
        release(child);
        this.#children.delete(victim);
        // A process that winds down by itself no longer handles the signal that asks it to.
        const wasOver = () => linesOf(this.log, "over").some(({ by }) => by === name);
        const expected =
          code === 0 || (signal === "SIGKILL" && (killed || mayCrash)) || (signal === "SIGTERM" && wasOver());
        if (!expected) this.#surprises.push(`${name} ended with ${code ?? signal}: ${said}`);
        resolve({ code, signal });
      });
    });
    const victim: Victim = {
      name,
      role,
      ended,
      get alive() {
        return alive;
      },
      get stopped() {
        return stopped;
      },
      printed: (text, count = 1) => {
        const arrived = new Promise<void>((resolve) => {
          const look = (): void => {
            if (output.split("\n").filter((line) => line === text).length >= count) resolve();
          };
          listeners.add(look);
          look();
        });
        const tooSoon = ended.then(() => {
          throw new Error(`${name} ended before it printed ${count} x ${text}: ${said}`);
        });
        return limited(Promise.race([arrived, tooSoon]), `${count} x ${text} of ${name}: ${said}`);
      },
      kill: async () => {
        killed = true;
        child.kill("SIGKILL");
        await ended;
      },
      stop: () => {
        stopped = true;
        child.kill("SIGSTOP");
      },
      go: () => {
        stopped = false;
        child.kill("SIGCONT");
      },
      end: async () => {
        // Before it is ready it does not heed the signal.
        await victim.printed("ready").catch(() => undefined);
        child.kill("SIGTERM");
        return limited(ended, `the end of ${name}: ${said}`);
      },
    };
    return victim;
  }
}

/** A crew for `use`, and nothing left of it afterwards. */
export async function withCrew<T>(options: CrewOptions, use: (crew: Crew) => Promise<T>): Promise<T> {
  const crew = new Crew(options);
  try {
    return await use(crew);
  } finally {
    await crew.dispose();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}

/** `work`, which must settle within the patience; else an error that names `what`. */
export function limited<T>(work: Promise<T>, what: string): Promise<T> {
  return within(systemClock, PATIENCE_MS, work, () => new Error(`never came: ${what}`));
}

/** How long this run of the fault suites is, and what comes by chance in it. See faults/run.mjs. */
export const FORM = {
  minutes:
    process.env["SUNBEAT_FAULT_MINUTES"] === undefined ? null : Number(process.env["SUNBEAT_FAULT_MINUTES"]),
  /** Random kills of the SQLite test. */
  kills: Number(process.env["SUNBEAT_FAULT_KILLS"] ?? 4),
  /** Tasks that are sent and worked off at once. */
  tasks: Number(process.env["SUNBEAT_FAULT_TASKS"] ?? 4_000),
  /** Chords that go through four workers under kill. */
  chords: Number(process.env["SUNBEAT_FAULT_CHORDS"] ?? 12),
  seed: Number(process.env["SUNBEAT_SEED"] ?? systemRandom.next() * 2 ** 32) >>> 0,
  get random(): Random {
    return seededRandom(this.seed);
  },
  /** Others of the same seed, for what goes on at the same time: each draws its own sequence. */
  randomOf(part: number): Random {
    return seededRandom((this.seed + part) >>> 0);
  },
  /** `shortMs` in `npm test`, `--minutes` in the long form. */
  ms(shortMs: number): number {
    return this.minutes === null ? shortMs : this.minutes * 60_000;
  },
  /** A time that is promised: as it is in the long form, with the machine to itself; with room beside all of `npm test`. */
  bound(ms: number): number {
    return this.minutes === null ? 10 * ms : ms;
  },
} as const;
