import { resolveAlerts, type AlertsConfig, type AlertsOptions } from "../../src/monitor/options.js";
import type { EntryRuns, Look, OverdueEntry, WatchedQueue } from "../../src/monitor/look.js";
import type { AlertRecord } from "../../src/store/contracts/alerts.js";

export const NOW = Date.UTC(2027, 0, 1, 12);

export const config = (options: AlertsOptions = {}): AlertsConfig => resolveAlerts(options, 15_000)!;

export function look(facts: Partial<Look> = {}): Look {
  return {
    at: NOW,
    leader: { id: "beat", host: "host", until: NOW + 15_000 },
    hasEntries: true,
    overdue: [],
    overdueIsCut: false,
    nodes: [],
    queues: [],
    runs: new Map(),
    calendars: [],
    ...facts,
  };
}

export const terms = { graceMs: null, failures: null, mute: false, timezone: "UTC" };

export function overdue(lateMs: number, facts: Partial<OverdueEntry> = {}): OverdueEntry {
  return { ...terms, entry: "report", due: NOW - lateMs, dispatchAt: NOW - lateMs, ...facts };
}

export function runs(states: string, facts: Partial<EntryRuns> = {}): ReadonlyMap<string, EntryRuns> {
  const words = {
    F: "failure",
    D: "dead",
    S: "success",
    R: "retry",
    V: "revoked",
    J: "rejected",
    E: "expired",
  } as const;
  const ended = [...states].map((letter, index) => ({
    ...{ at: NOW - index * 1_000, id: `t${index}`, due: null },
    state: words[letter as keyof typeof words],
    error: letter === "F" ? "Error: no luck" : null,
  }));
  return new Map([["report", { ...terms, active: true, ended, unfinished: null, ...facts }]]);
}

export function queue(facts: Partial<WatchedQueue> = {}): WatchedQueue {
  return { queue: "default", ready: 0, dead: 0, oldestReadyAt: null, paused: false, ...facts };
}

export function record(facts: Partial<AlertRecord> = {}): AlertRecord {
  return {
    ...{ id: "a1", kind: "schedule-missed", subject: "report", severity: "critical", looks: 1 },
    ...{ raisedAt: null, toldAt: null, clearedAt: null, text: "", detail: "{}", acked: null, version: 1 },
    ...facts,
  };
}
