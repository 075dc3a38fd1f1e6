/** A crew of processes on the locks of one store, what they guard, and a log of what happened to them. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { openStore } from "../../src/app/open-store.js";
import { parseBrokerUrl } from "../../src/app/broker-url.js";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import type { LockRecord } from "../../src/store/contracts/lock-inspection.js";
import type { Store } from "../../src/store/contracts/store.js";
import { limited, type Mutant, pause, PATIENCE_MS } from "./fault-crew.js";
import type { Harm } from "./lock-history.js";
import { type LockLine, readLockLog } from "./lock-log.js";
import { endWithUs, release } from "./reaper.js";

const PROGRAM = fileURLToPath(new URL("../faults/lock-victim.mjs", import.meta.url));

/** Sets the counter unless a greater fence was seen, and writes down what it accepts. */
const GUARDED_WRITE = `
  if tonumber(ARGV[1]) < tonumber(redis.call("HGET", KEYS[1], "fence") or 0) then return 0 end
  redis.call("HSET", KEYS[1], "fence", ARGV[1], "count", ARGV[2])
  redis.call("RPUSH", KEYS[2], ARGV[1] .. " " .. ARGV[2])
  return 1`;

/** Rows of the history of the store that one call asks for. */
const PAGE = 1_000;

export interface LockCrewOptions {
  readonly broker: string;
  /** A Redis server, with a number of its own for each crew: what the locks guard lives there. */
  readonly guard: string;
  readonly leaseMs: number;
  /** Changes to the scripts of Redis, in all processes of the crew. */
  readonly mutants?: readonly Mutant[];
}

export interface LockVictimOptions {
  readonly role?: "program" | "worker";
  readonly lock: string;
  readonly capacity?: number;
  readonly seed?: number;
  /** About how long it holds the lock each time. */
  readonly holdMs?: number;
  /** It never gives up while it waits. */
  readonly isPatient?: boolean;
  /** Nothing is done to it. */
  readonly spared?: boolean;
}

export interface LockVictim {
  readonly name: string;
  readonly pid: number;
  readonly lock: string;
  readonly options: LockVictimOptions;
  readonly stopped: boolean;
  ready(): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  stop(): void;
  go(): void;
  /** SIGTERM, as an operator would. */
  end(): Promise<void>;
}

export class LockCrew {
  readonly leaseMs: number;
  readonly harms: Harm[] = [];
  /** What processes did that nobody made them do. */
  readonly surprises: string[] = [];
  readonly #options: LockCrewOptions;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sunbeat-locks-"));
  readonly #victims = new Set<LockVictim>();
  readonly #records: LockRecord[] = [];
  #started = 0;
  #kept = false;
  #store: Promise<Store> | null = null;

  constructor(options: LockCrewOptions) {
    this.#options = options;
    this.leaseMs = options.leaseMs;
  }

  get victims(): readonly LockVictim[] {
    return [...this.#victims];
  }

  get log(): LockLine[] {
    return readLockLog(this.#logFile);
  }

  /** The same store, from outside. */
  store(): Promise<Store> {
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    return (this.#store ??= openStore(parseBrokerUrl(this.#options.broker), context));
  }

  /** The history of the store from the start on, oldest first. To be called often: the store keeps only the newest rows. */
  async records(): Promise<readonly LockRecord[]> {
    const { lockInspection } = await this.store();
    const last = this.#records.at(-1)?.row;
    const found: LockRecord[] = [];
    for (let page: LockRecord[]; ;) {
      const before = found.at(-1)?.row;
      page = await lockInspection.history({ limit: PAGE, ...(before === undefined ? {} : { before }) });
      const known = page.findIndex(({ row }) => row === last);
      found.push(...(known < 0 ? page : page.slice(0, known)));
      if (known >= 0) break;
      if (page.length === PAGE) continue;
      if (last === undefined) break;
      throw new Error("rows of the history of locks were gone before they were read");
    }
    this.#records.push(...found.reverse());
    return this.#records;
  }

  start(options: LockVictimOptions): LockVictim {
    const { role = "program", lock, capacity = 1, seed = 1, holdMs = 40, isPatient = false } = options;
    const { broker, guard, leaseMs, mutants = [] } = this.#options;
    const name = `${lock}#${++this.#started}`;
    const log = this.#logFile;
    const config = {
      name,
      broker,
      guard,
      log,
      role,
      lock,
      capacity,
      leaseMs,
      seed,
      holdMs,
      isPatient,
      mutants,
      guardedWrite: GUARDED_WRITE,
    };
    const child = spawn(process.execPath, [PROGRAM], {
      env: { ...process.env, SUNBEAT_VICTIM: JSON.stringify(config) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithUs(child, this.#folder);
    const victim = this.#watched(name, child, options);
    this.#victims.add(victim);
    return victim;
  }

  /** The process whose label the store shows for a holder or waiter. */
  labelled(label: string | undefined): LockVictim | undefined {
    const pid = Number(label?.split(":").at(-1));
    return this.victims.find((victim) => victim.pid === pid);
  }

  async until(what: string, look: () => boolean | Promise<boolean>, limitMs = PATIENCE_MS): Promise<void> {
    const deadline = systemClock.monotonicMs() + limitMs;
    while (!(await look())) {
      if (systemClock.monotonicMs() > deadline)
        throw new Error(`never came: ${what}; ${this.surprises.join("; ")}`);
      await pause(10);
    }
  }

  async endAll(): Promise<void> {
    for (const victim of this.victims) victim.go();
    await Promise.all(this.victims.map((victim) => victim.end()));
  }

  /** As a holder with this fence would write, whatever its signal says. */
  async write(lock: string, fence: number, count: number): Promise<"written" | "refused"> {
    const client = new Redis(this.#options.guard);
    try {
      const keys = [`guard:${lock}`, `guard:${lock}:log`];
      return (await client.eval(GUARDED_WRITE, 2, ...keys, fence, count)) === 1 ? "written" : "refused";
    } finally {
      client.disconnect();
    }
  }

  /** All writes that the guard of a lock accepted, "<fence> <count>", in order. */
  async guarded(lock: string): Promise<string[]> {
    const client = new Redis(this.#options.guard);
    try {
      return await client.lrange(`guard:${lock}:log`, 0, -1);
    } finally {
      client.disconnect();
    }
  }

  /** Leaves the logs behind for whoever wants to know what happened, and says where. */
  async keepLogs(): Promise<void> {
    this.#kept = true;
    const records = await this.records().catch(() => this.#records);
    writeFileSync(path.join(this.#folder, "harms.json"), JSON.stringify(this.harms));
    writeFileSync(path.join(this.#folder, "history.json"), JSON.stringify(records));
    console.error(`locks: log, harms.json and history.json are kept in ${this.#folder}`);
  }

  /** Leaves nothing behind but the logs that are to be kept. */
  async dispose(): Promise<void> {
    await Promise.all(this.victims.map((victim) => victim.kill()));
    if (this.#store) await (await this.#store.catch(() => null))?.close();
    if (!this.#kept) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 9 });
  }

  get #logFile(): string {
    return path.join(this.#folder, "log");
  }

  #watched(name: string, child: ChildProcess, options: LockVictimOptions): LockVictim {
    const { harms, leaseMs } = this;
    let said = "";
    let [killed, stopped] = [false, false];
    let harm: Harm | undefined;
    const ready = new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()));
    child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    const ended = new Promise<void>((resolve) =>
      child.once("exit", (code, signal) => {
        release(child);
        this.#victims.delete(victim);
        if (code !== 0 && !killed) this.surprises.push(`${name} ended with ${code ?? signal}: ${said}`);
        resolve();
      }),
    );
    const victim: LockVictim = {
      ...{ name, options, pid: child.pid ?? 0, lock: options.lock },
      get stopped() {
        return stopped;
      },
      ready: () => limited(Promise.race([ready, ended]), `${name} ready: ${said}`),
      kill: async () => {
        killed = true;
        const now = systemClock.now();
        harms.push({ by: name, from: now, to: now + 2 * leaseMs });
        child.kill("SIGKILL");
        await ended;
      },
      stop: () => {
        stopped = true;
        harms.push((harm = { by: name, from: systemClock.now(), to: Infinity }));
        child.kill("SIGSTOP");
      },
      go: () => {
        if (!stopped) return;
        stopped = false;
        child.kill("SIGCONT");
        if (harm) harm.to = systemClock.now();
      },
      end: async () => {
        await victim.ready();
        child.kill("SIGTERM");
        await limited(ended, `the end of ${name}: ${said}`);
      },
    };
    return victim;
  }
}

/** A crew for `use`, and nothing left of it afterwards but, when `use` fails, its logs. */
export async function withLockCrew<T>(
  options: LockCrewOptions,
  use: (crew: LockCrew) => Promise<T>,
): Promise<T> {
  const crew = new LockCrew(options);
  try {
    return await use(crew);
  } catch (error) {
    await crew.keepLogs();
    throw error;
  } finally {
    await crew.dispose();
  }
}
