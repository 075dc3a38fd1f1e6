/** What remote control needs of an app. */
import type { Schedules } from "../beat/index.js";
import type { Config } from "../config/index.js";
import type { AuditContext, AskDeps } from "../control/index.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import type { StoreCalls } from "../core/store-calls.js";
import type { Events } from "../events/index.js";
import type { AppLog } from "../logging/index.js";
import type { SeenNode } from "../store/contracts/presence.js";
import type { Store, StoreSource } from "../store/contracts/store.js";
import type { TaskRegistry } from "../tasks/registry.js";
import type { Queues } from "./queues.js";

export interface ControlContext {
  readonly name: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: AppLog;
  readonly lazyStore: Store;
  readonly events: Pick<Events, "lamport" | "named">;
  readonly registry: TaskRegistry;
  readonly entries: readonly unknown[];
  readonly schedules: Pick<Schedules, "trigger">;
  readonly queues: Queues;
  readonly broker: string | StoreSource;
  readonly brokerLabel: string;
  readonly storeCalls: StoreCalls;
  readonly pace: { readonly monitoring?: boolean };
  readonly auditContext: AuditContext;
  /** `end`: ends the run of this process warm; null: the program runs its workers and beats by itself. */
  readonly running: { readonly end: (() => void) | null };
  /** Hears, with each answer to its presence, what others watch. */
  readonly feed: { readonly watched: { setWatched(types: readonly string[]): void } };
  readonly nodes: {
    readonly askDeps: AskDeps;
    list(): Promise<readonly SeenNode[]>;
  };
}
