/** What watch, metrics and alerts need of an app. */
import type { CalendarBook, Entry } from "../beat/index.js";
import type { Config } from "../config/index.js";
import type { AuditContext } from "../control/index.js";
import type { CallMeter } from "../core/call-meter.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import type { Events } from "../events/index.js";
import type { AppLog } from "../logging/index.js";
import type { Extensions } from "../signals/index.js";
import type { Store } from "../store/contracts/store.js";
import type { NodeParts } from "../telemetry/node-state.js";
import type { NodeMetrics } from "../telemetry/node-metrics.js";

export interface MonitoringContext {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: AppLog;
  readonly events: Events;
  readonly entries: readonly Entry[];
  readonly book: CalendarBook;
  readonly lazyStore: Store;
  readonly extensions: Extensions;
  readonly callMeter: CallMeter;
  readonly auditContext: AuditContext;
  readonly pace: { readonly monitoring?: boolean };
  readonly monitoring: NodeParts;
  readonly metrics: { node(): Promise<NodeMetrics> };
  readonly feed: { readonly watched: { readonly lost: number } };
  /** The nodes of this process. */
  readonly nodes: {
    readonly here: readonly {
      readonly presence: { readonly name: string };
      readonly worker: { readonly steering: { readonly state: string } } | null;
    }[];
  };
}
