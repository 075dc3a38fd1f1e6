/** The app option `alerts`. */
import type { Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  assertObject,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
} from "../core/options.js";
import type { AlertSeverity } from "../store/contracts/alerts.js";
import { ALERT_KIND_NAMES, ALERT_KINDS, type AlertKind, SEVERITIES } from "./kinds.js";
import { secretKeys, urlOption } from "./urls.js";

export interface AlertRuleOptions {
  /** How long something is bad before it is told of. Each rule has its own default (docs/alerts.md). */
  readonly grace?: Duration | undefined;
  /** `run-failed`: runs that fail one after the other. Default 1. */
  readonly failures?: number | undefined;
}

export interface AlertWebhookOptions {
  /** https, or http where it is this machine. */
  readonly url: string;
  /** Of Standard Webhooks: "whsec_..." or base64, 24 to 64 bytes; a list while it changes. Default: it is not signed. */
  readonly secret?: string | readonly string[] | undefined;
  /** The least severe alerts that it is told of. Default "warning": all. */
  readonly severity?: AlertSeverity | undefined;
}

/** Who is told of what is wrong (docs/alerts.md). */
export interface AlertsOptions {
  /** By the kind of alert; false: nobody is told of it. */
  readonly rules?: Readonly<Partial<Record<AlertKind, AlertRuleOptions | false>>> | undefined;
  /** How often an alert that stands, and that nobody has acknowledged, is told again. At least 1 min. Default 4 h. */
  readonly repeat?: Duration | undefined;
  /** Called with each alert that is raised, told again or cleared. */
  readonly webhooks?: readonly (string | AlertWebhookOptions)[] | undefined;
  /** Asked each minute while no critical alert stands: an outside service notices when that stops. */
  readonly heartbeatUrl?: string | undefined;
}

export interface AlertRule {
  /** Null: raised after two looks. */
  readonly graceMs: number | null;
  readonly failures: number;
}

export interface AlertWebhook {
  readonly url: string;
  readonly keys: readonly Uint8Array[];
  readonly severity: AlertSeverity;
}

export interface AlertsConfig {
  /** What is not here nobody is told of. */
  readonly rules: ReadonlyMap<AlertKind, AlertRule>;
  readonly repeatMs: number;
  readonly webhooks: readonly AlertWebhook[];
  readonly heartbeatUrl: string | null;
}

export const ALERT_DEFAULTS = { repeat: "4h", grace: 60, failures: 1, oldQueue: "10m" } as const;

const REPEAT_AT_LEAST_MS = 60_000;
const MOST_WEBHOOKS = 20;
const MOST_FAILURES = 100;
const OLD_QUEUE_MS = 600_000;
const MISSED_GRACE_MS = 60_000;

/** Null: this process does not watch. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
export function resolveAlerts(
  options: AlertsOptions | false | undefined,
  beatLeaseMs: number,
): AlertsConfig | null {
  if (options === false) return null;
  const given = options ?? {};
  assertKnownKeys(given, ["rules", "repeat", "webhooks", "heartbeatUrl"], "alerts");
  const { rules = {}, repeat = ALERT_DEFAULTS.repeat, webhooks = [], heartbeatUrl } = given;
  assertKnownKeys(rules, ALERT_KIND_NAMES, "alerts.rules");
  if (!Array.isArray(webhooks) || webhooks.length > MOST_WEBHOOKS) {
    throw invalidOption("alerts.webhooks", `a list of at most ${MOST_WEBHOOKS} URLs`, webhooks);
  }
  const kinds = ALERT_KIND_NAMES.filter((kind) => rules[kind] !== false);
  return Object.freeze({
    rules: new Map(
      kinds.map((kind) => [kind, ruleOption(kind, rules[kind] as AlertRuleOptions, beatLeaseMs)]),
    ),
    repeatMs: durationOption(repeat, "alerts.repeat", REPEAT_AT_LEAST_MS),
    webhooks: webhooks.map((webhook: unknown, index) => webhookOption(webhook, `alerts.webhooks[${index}]`)),
    heartbeatUrl: heartbeatUrl === undefined ? null : urlOption(heartbeatUrl, "alerts.heartbeatUrl"),
  });
}

function usualGraceMs(kind: AlertKind, beatLeaseMs: number): number | null {
  if (kind === "beat-missing") return 2 * beatLeaseMs;
  if (kind === "queue-old") return OLD_QUEUE_MS;
  if (kind === "schedule-missed") return MISSED_GRACE_MS;
  return ALERT_KINDS[kind].waitMs;
}

function ruleOption(kind: AlertKind, rule: AlertRuleOptions | undefined, beatLeaseMs: number): AlertRule {
  const what = `alerts.rules.${kind}`;
  const { grace, failures } = rule ?? {};
  if (rule !== undefined) assertKnownKeys(rule, ["grace", "failures"], what);
  return {
    graceMs:
      grace === undefined ? usualGraceMs(kind, beatLeaseMs) : durationOption(grace, `${what}.grace`, 0),
    failures: integerOption(failures ?? ALERT_DEFAULTS.failures, `${what}.failures`, 1, MOST_FAILURES),
  };
}

function webhookOption(given: unknown, what: string): AlertWebhook {
  if (typeof given === "string") return { url: urlOption(given, what), keys: [], severity: "warning" };
  assertObject(given, what);
  assertKnownKeys(given, ["url", "secret", "severity"], what);
  const { url, secret, severity = "warning" } = given as AlertWebhookOptions;
  return {
    url: urlOption(url, `${what}.url`),
    keys: secret === undefined ? [] : secretKeys(secret, `${what}.secret`),
    severity: choiceOption(severity, `${what}.severity`, SEVERITIES),
  };
}
