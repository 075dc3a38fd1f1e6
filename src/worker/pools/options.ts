/** What pools are told, and what they tell: plain data. */
import type { LogChoice } from "../../logging/index.js";
import type { PoolName } from "../../tasks/pool-name.js";

/** A pool, and its slots at first. */
export interface PoolPlan {
  readonly name: PoolName;
  readonly size: number;
}

/** Bounds of the slots of a pool. */
export interface AutoscaleBounds {
  readonly max: number;
  readonly min: number;
}

/** Which file children load, and which of the apps that it exports. */
export interface ChildApp {
  /** Absolute path. */
  readonly file: string;
  /** As it is called in `new Sunbeat(name)`. */
  readonly name: string;
  /** URL of the broker, which goes before what the child would find by itself; null: the app brought a store of its own. */
  readonly broker: string | null;
}

export interface ChildOptions {
  readonly app: ChildApp;
  /** All of their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Their options of Node. */
  readonly execArgv: readonly string[];
  /** A child is replaced after so many runs. Null: never. */
  readonly maxTasksPerChild: number | null;
  /** A child is replaced when it has more after a run. Null: never. */
  readonly maxMemoryPerChildBytes: number | null;
  /** Whether what children write becomes log lines. */
  readonly redirectStdouts: boolean;
  /** How long a run that is revoked may take to end, before its child is killed. */
  readonly terminateGraceMs: number;
  /** What the program of the worker was told about logs, for those who bring a logger of their own. */
  readonly log: LogChoice;
  /** Whether results are told, so that their values are needed here. */
  readonly logResults: boolean;
}

export interface PoolStats {
  readonly name: PoolName;
  /** Slots that it has now. */
  readonly size: number;
  /** Slots taken. */
  readonly running: number;
  /** Runs that ended since the start, whatever the outcome. */
  readonly processed: number;
  /** Runs that went on past their hard time limit, so that their slot was given to another. Since the start. */
  readonly overran: number;
  /** Runs whose child was lost under them. Since the start. */
  readonly lost: number;
  /** Of pools that have children. */
  readonly children?: readonly ChildStats[];
}

export interface ChildStats {
  /** Process id; of a thread that of its worker, and the number of the thread behind it. */
  readonly pid: number;
  readonly thread?: number;
  /** Runs that it has ended. */
  readonly runs: number;
  readonly rssBytes: number;
}
