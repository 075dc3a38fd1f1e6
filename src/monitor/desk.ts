/** Writes what became of alerts, and tells of it: once, since whoever did not write it does not tell. */
import type { EpochMs } from "../core/clock.js";
import { readableLine } from "../core/printable.js";
import type { Logger } from "../core/logger.js";
import type { InTime } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { Events } from "../events/index.js";
import type { AlertMute, AlertPut, AlertRecord } from "../store/contracts/alerts.js";
import type { Store } from "../store/contracts/store.js";
import { ALERT_KINDS, type AlertKind, SEVERITIES } from "./kinds.js";
import type { AlertsConfig, AlertWebhook } from "./options.js";
import { detailOf, isQuiet, type Change } from "./standing.js";

/** An alert as events, signals and webhooks tell of it. */
export interface ToldAlert {
  readonly id: string;
  readonly kind: string;
  /** Entry, queue or node; "" where there is one for the whole system. */
  readonly subject: string;
  readonly severity: AlertRecord["severity"];
  /** One line for people. */
  readonly text: string;
  /** When it was raised. */
  readonly raisedAt: EpochMs;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface DeskDeps {
  readonly store: Pick<Store, "alerts">;
  readonly events: Pick<Events, "emit">;
  readonly logger: Logger;
  readonly random: Random;
  readonly inTime: InTime;
  readonly config: AlertsConfig;
  /** Name of this node. */
  readonly node: () => string;
  /** Nobody waits for it. */
  readonly signal: (name: "alertRaised" | "alertCleared", alert: ToldAlert) => void;
}

const PAGE = 500;
/** Of those that stand; with more, the newest are judged. */
const MOST_STANDING = 20_000;

export class AlertDesk {
  readonly #deps: DeskDeps;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** All that stand, and what was seen. */
  standing(): Promise<AlertRecord[]> {
    return readStanding(this.#deps);
  }

  mutes(): Promise<readonly AlertMute[]> {
    const { store, inTime } = this.#deps;
    return inTime("alerts.mutes", store.alerts.mutes());
  }

  /** In order. What somebody else has changed meanwhile is left to the next look. */
  async apply(changes: readonly Change[], at: EpochMs): Promise<void> {
    const { store, inTime } = this.#deps;
    for (const { put, expect, tell } of changes) {
      const webhooks = tell === null ? [] : this.#calls(put, tell, at);
      const outcome = await inTime("alerts.putAlert", store.alerts.putAlert({ ...put, webhooks }, expect));
      if (outcome === "stored" && tell !== null) this.#tell(put, tell, at);
    }
  }

  #calls(put: Change["put"], tell: NonNullable<Change["tell"]>, at: EpochMs): AlertPut["webhooks"] {
    const { config, random } = this.#deps;
    const body = webhookBody(put, tell, at);
    return config.webhooks
      .filter((webhook) => isFor(webhook, put.severity))
      .map(({ url }) => ({ id: `${put.id}.${random.uuid().slice(0, 8)}`, url, body }));
  }

  #tell(put: Change["put"], tell: NonNullable<Change["tell"]>, at: EpochMs): void {
    const { events, logger, node, signal } = this.#deps;
    const alert = toldAlert(put);
    const line = `alert ${tell}: ${titleOf(put)}: ${readableLine(put.text)}`;
    const fields = { event: tell === "cleared" ? "alert-cleared" : "alert-raised", alert: put.kind };
    if (tell === "cleared") logger.info(line, fields);
    else if (put.severity === "warning") logger.warn(line, fields);
    else logger.error(line, fields);
    if (tell === "repeated") return;
    if (tell === "cleared") {
      events.emit("alert-cleared", { ...alert, clearedAt: at }, node());
      return signal("alertCleared", alert);
    }
    events.emit("alert-raised", alert, node());
    this.#emitKind(alert);
    signal("alertRaised", alert);
  }

  /** What the watcher sees has an event of its own where operators know one. */
  #emitKind({ kind, subject, detail, raisedAt }: ToldAlert): void {
    const { events, node } = this.#deps;
    const number = (field: string): number => (typeof detail[field] === "number" ? detail[field] : 0);
    if (kind === "beat-missing") {
      const fields = { since: number("since") || raisedAt, dueEntries: number("dueEntries") };
      events.emit("beat-missing", fields, node());
    } else if (kind === "schedule-missed") {
      const fields = { entry: subject, due: number("due"), graceMs: number("graceMs") };
      events.emit("schedule-missed", fields, node());
    } else if (kind === "worker-lost") {
      const fields = { node: subject, lastSeen: number("lastSeen"), leased: number("leased") };
      events.emit("worker-lost", fields, node());
    }
  }
}

function isFor({ severity }: AlertWebhook, of: AlertRecord["severity"]): boolean {
  return SEVERITIES.indexOf(of) <= SEVERITIES.indexOf(severity);
}

/** "CRITICAL schedule-missed night-report". */
export function titleOf({
  severity,
  kind,
  subject,
}: Pick<AlertRecord, "severity" | "kind" | "subject">): string {
  return `${severity.toUpperCase()} ${kind}${subject === "" ? "" : ` ${readableLine(subject)}`}`;
}

export function toldAlert(put: Change["put"]): ToldAlert {
  const { id, kind, subject, severity, text, raisedAt } = put;
  return { id, kind, subject, severity, text, raisedAt: raisedAt ?? 0, detail: detailOf(put) };
}

const SYMBOLS = { raised: "", repeated: "still: ", cleared: "over: " } as const;

/** `text` is what chat hooks show. */
export function webhookBody(
  put: Change["put"],
  tell: NonNullable<Change["tell"]> | "test",
  at: EpochMs,
): string {
  const { id, kind, severity, subject } = put;
  const begin = tell === "test" ? "test: " : SYMBOLS[tell];
  return JSON.stringify({
    ...{ id, kind, severity, subject, state: tell },
    text: `${begin}${titleOf(put)}: ${readableLine(put.text)}`,
    at: new Date(at).toISOString(),
    detail: detailOf(put),
  });
}

/** Whether people see it: raised, and no note of the watcher for itself. */
export function isShown(record: AlertRecord): boolean {
  return record.raisedAt !== null && !isQuiet(record);
}

export function isKind(kind: string): kind is AlertKind {
  return Object.hasOwn(ALERT_KINDS, kind);
}

export async function readStanding({
  store,
  inTime,
}: Pick<DeskDeps, "store" | "inTime">): Promise<AlertRecord[]> {
  const found: AlertRecord[] = [];
  for (let before: string | undefined; found.length < MOST_STANDING; before = found.at(-1)?.id) {
    const page = await inTime(
      "alerts.alerts",
      store.alerts.alerts({ standing: true, limit: PAGE, ...(before !== undefined && { before }) }),
    );
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return found;
}
