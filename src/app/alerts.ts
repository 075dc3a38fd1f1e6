/** What is wrong, for programs and the command line. */
import { audited, type AuditContext, operatorOf } from "../control/index.js";
import type { Clock } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import { StoreError, SunbeatError } from "../core/errors.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  textsOption,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { inTime } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { Checked, CheckWishes } from "../monitor/check.js";
import { ALERT_KIND_NAMES } from "../monitor/kinds.js";
import { resolveAlerts } from "../monitor/options.js";
import { detailOf, isQuiet } from "../monitor/standing.js";
import type { AlertRecord, AlertSeverity } from "../store/contracts/alerts.js";
import type { Store } from "../store/contracts/store.js";
import type { MonitoringContext } from "./monitoring-context.js";

export interface AlertView {
  readonly id: string;
  /** Such as "schedule-missed" (docs/alerts.md). */
  readonly kind: string;
  /** Entry, queue or node; "" where there is one for the whole system. */
  readonly subject: string;
  readonly severity: AlertSeverity;
  /** One line for people. */
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly raisedAt: Date;
  /** When people were told last. */
  readonly toldAt: Date | null;
  /** Null: it stands. */
  readonly clearedAt: Date | null;
  readonly acked: { readonly by: string; readonly at: Date; readonly note: string | null } | null;
}

export interface AlertMuteView {
  readonly kind: string;
  readonly subject: string;
  readonly by: string;
  readonly until: Date | null;
}

export interface ListAlertsOptions {
  /** True: those that stand; false: those that are over. Default: both. */
  readonly standing?: boolean | undefined;
  /** At most 500. Default 50. */
  readonly limit?: number | undefined;
  /** Only those older than the alert of this id. */
  readonly before?: string | undefined;
}

export interface AlertsDeps {
  readonly store: Pick<Store, "alerts" | "now">;
  readonly clock: Clock;
  readonly random: Random;
  readonly audit: () => AuditContext;
  readonly check: (wishes: CheckWishes) => Promise<AlertCheck>;
  /** Calls each webhook with a test. */
  readonly test: () => Promise<readonly AlertTest[]>;
}

/** What one webhook has answered to a test. */
export interface AlertTest {
  /** Scheme and host. */
  readonly webhook: string;
  /** Null: it took it. */
  readonly problem: string | null;
}

/** With none of these, all is judged; with some, what they name alone. */
export interface CheckAlertsOptions {
  /** Whether a beat leads, and is well. */
  readonly beat?: boolean | undefined;
  /** Whether what is due was sent, and ran. */
  readonly schedules?: boolean | undefined;
  /** So many living workers, at least. */
  readonly workers?: number | undefined;
  /** By queue: how long its oldest ready message may wait. */
  readonly queues?: Readonly<Record<string, Duration>> | undefined;
  readonly entries?: readonly string[] | undefined;
}

/** What one look has found. */
export type AlertCheck = Checked;

const MOST_LISTED = 500;
const PAGE = 500;

export class Alerts {
  readonly #deps: AlertsDeps;

  constructor(deps: AlertsDeps) {
    this.#deps = deps;
  }

  /** Newest first. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
  async list(options: ListAlertsOptions = {}): Promise<AlertView[]> {
    assertKnownKeys(options, ["standing", "limit", "before"], "alerts.list");
    const { standing, limit = 50, before } = options;
    const most = integerOption(limit, "alerts.list: limit", 1, MOST_LISTED);
    let after = before === undefined ? undefined : nameOption(before, "alerts.list: before");
    const found: AlertRecord[] = [];
    for (;;) {
      const page = await this.#deps.store.alerts.alerts({
        ...(standing !== undefined && { standing }),
        ...(after !== undefined && { before: after }),
        limit: PAGE,
      });
      found.push(...page.filter(isRaised));
      after = page.at(-1)?.id;
      if (page.length < PAGE || found.length >= most) return found.slice(0, most).map(viewOf);
    }
  }

  /**
   * Says that somebody has seen it: it is not told again while it stands. Gives the alert. Codes: SUNBEAT_ALERT_UNKNOWN,
   * SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
   */
  async ack(id: string, options: { readonly note?: string | undefined } = {}): Promise<AlertView> {
    const target = nameOption(id, "alerts.ack: id");
    assertKnownKeys(options, ["note"], "alerts.ack");
    const note = options.note === undefined ? null : nameOption(options.note, "alerts.ack: note");
    const context = this.#deps.audit();
    const { by } = operatorOf(context);
    return audited(context, { verb: "ackAlert", target, args: { note } }, () => this.#ack(target, note, by));
  }

  async #ack(id: string, note: string | null, by: string): Promise<AlertView> {
    const { store } = this.#deps;
    // The watcher may write it meanwhile.
    for (let tries = 0; tries < 5; tries++) {
      const record = await this.#find(id);
      const { version, ...put } = record;
      const acked = { by, at: await store.now(), note };
      const next = { ...put, acked, webhooks: [] };
      if ((await store.alerts.putAlert(next, version)) === "stored") return viewOf({ ...record, acked });
    }
    throw new StoreError("SUNBEAT_STORE_BUSY", `alerts.ack: alert ${id} changes all the time; try again`, {
      retryable: true,
    });
  }

  async #find(id: string): Promise<AlertRecord> {
    let before: string | undefined;
    for (;;) {
      const page = await this.#deps.store.alerts.alerts({
        standing: true,
        ...(before !== undefined && { before }),
        limit: PAGE,
      });
      const found = page.find((record) => record.id === id || (id.length >= 8 && record.id.startsWith(id)));
      if (found !== undefined && isRaised(found)) return found;
      before = page.at(-1)?.id;
      if (page.length < PAGE) {
        throw new SunbeatError("SUNBEAT_ALERT_UNKNOWN", `alerts.ack: no alert with the id ${id} stands`);
      }
    }
  }

  /**
   * Has nobody told of a kind and a subject; "*" stands for all of them. `for`: how long; without it until `unmute`. Codes:
   * SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID.
   */
  async mute(
    kind: string,
    subject: string = "*",
    options: { readonly for?: Duration | undefined } = {},
  ): Promise<void> {
    assertKnownKeys(options, ["for"], "alerts.mute");
    const forMs = options.for === undefined ? null : durationOption(options.for, "alerts.mute: for", 1);
    await this.#mute("muteAlert", kind, subject, forMs);
  }

  /** Codes: SUNBEAT_OPTION_INVALID. */
  async unmute(kind: string, subject: string = "*"): Promise<void> {
    await this.#mute("unmuteAlert", kind, subject, 0);
  }

  async #mute(verb: string, kind: string, subject: string, forMs: number | null): Promise<void> {
    const [what, whose] = muteTarget(verb, kind, subject);
    const context = this.#deps.audit();
    const { by } = operatorOf(context);
    await audited(context, { verb, target: `${what} ${whose}`, args: { forMs } }, () =>
      this.#deps.store.alerts.mute({ kind: what, subject: whose, by }, forMs),
    );
  }

  /** The mutes that hold. */
  async mutes(): Promise<AlertMuteView[]> {
    const mutes = await this.#deps.store.alerts.mutes();
    return mutes.map((mute) => ({ ...mute, until: mute.until === null ? null : new Date(mute.until) }));
  }

  /**
   * Looks at the store now, and needs no node for it: what `sunbeat check` tells. Entries beyond the first 2,000 are as those who
   * watch have found them. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID, and those of the store.
   */
  check(options: CheckAlertsOptions = {}): Promise<AlertCheck> {
    assertKnownKeys(options, ["beat", "schedules", "workers", "queues", "entries"], "alerts.check");
    const { beat, schedules, workers, queues, entries } = options;
    return this.#deps.check({
      ...(beat !== undefined && { beat: booleanOption(beat, "alerts.check: beat") }),
      ...(schedules !== undefined && { schedules: booleanOption(schedules, "alerts.check: schedules") }),
      ...(workers !== undefined && {
        workers: integerOption(workers, "alerts.check: workers", 0, 1_000_000),
      }),
      ...(queues !== undefined && { queues: queuesOption(queues) }),
      ...(entries !== undefined && { entries: textsOption(entries, "alerts.check: entries") }),
    });
  }

  /** Calls each webhook of the app's option `alerts` at once with an alert of kind "test", and gives what became of it. */
  test(): Promise<readonly AlertTest[]> {
    return this.#deps.test();
  }
}

function queuesOption(queues: Readonly<Record<string, Duration>>): NonNullable<CheckWishes["queues"]> {
  assertObject(queues, "alerts.check: queues");
  return Object.entries(queues).map(([queue, oldest]) => {
    return { queue, oldestMs: durationOption(oldest, `alerts.check: queues.${queue}`, 0) };
  });
}

function isRaised(record: AlertRecord): boolean {
  return record.raisedAt !== null && !isQuiet(record);
}

function viewOf(record: AlertRecord): AlertView {
  const { id, kind, subject, severity, text, raisedAt, toldAt, clearedAt, acked } = record;
  const { since: _, ...detail } = detailOf(record);
  const date = (at: number | null): Date | null => (at === null ? null : new Date(at));
  return {
    ...{ id, kind, subject, severity, text, detail, raisedAt: new Date(raisedAt ?? 0) },
    ...{ toldAt: date(toldAt), clearedAt: date(clearedAt) },
    acked: acked && { ...acked, at: new Date(acked.at) },
  };
}

/** The longest that one call of a check takes. */
const CHECK_MS = 10_000;

export function makeAlerts(core: MonitoringContext): Alerts {
  const { lazyStore: store, clock, random } = core;
  return new Alerts({
    ...{ store, clock, random, audit: () => core.auditContext },
    check: async (wishes) => {
      const { checkNow } = await import("../monitor/check.js");
      const { alerts, beatLeaseMs } = core.config;
      const config = alerts ?? resolveAlerts({}, beatLeaseMs)!;
      return checkNow(
        { store, entries: core.entries, book: core.book, config, inTime: inTime(clock, CHECK_MS) },
        wishes,
      );
    },
    test: async () => {
      const { testWebhooks } = await import("../monitor/outbox.js");
      const { alerts } = core.config;
      return alerts === null ? [] : testWebhooks(alerts, clock, random);
    },
  });
}

/** The kind and subject of a mute. Throws SUNBEAT_OPTION_INVALID. */
export function muteTarget(verb: string, kind: string, subject: string): readonly [string, string] {
  const what = choiceOption(kind, `${verb}: kind`, [...ALERT_KIND_NAMES, "*"]);
  const whose = subject === "" ? "" : nameOption(subject, `${verb}: subject`);
  if (what === "*" && (whose === "*" || whose === "")) {
    throw invalidOption(`${verb}: subject`, 'an entry, queue or node where kind is "*"', subject);
  }
  return [what, whose];
}
