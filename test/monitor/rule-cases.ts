/** What is wrong, of the facts of one look: for the rules as they are, and for each without one of its checks. */
import type { Look } from "../../src/monitor/look.js";
import type { AlertsOptions } from "../../src/monitor/options.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { NOW, overdue, queue, runs } from "./samples.js";

const worker = (status: "alive" | "lost", seenAgoMs: number, facts = {}) => {
  return { ...nodeRecord("w1@host", "b1"), status, seenAt: NOW - seenAgoMs, ...facts };
};

const limited = (status: "alive" | "lost", sinceMs: number) =>
  [
    { ...nodeRecord("beat@host", "b2"), status, beat: { leading: true, limitedSince: NOW - sinceMs } },
  ] as unknown as Look["nodes"];

export const RULE_CASES: readonly [
  reason: string,
  facts: Partial<Look>,
  expected: string[],
  options?: AlertsOptions,
][] = [
  ["all is well", {}, []],
  ["nobody leads", { leader: null }, ["beat-missing"]],
  ["nobody leads, and there is nothing to send", { leader: null, hasEntries: false }, []],
  ["a minute late is within the grace", { overdue: [overdue(60_000)] }, []],
  ["later than the grace", { overdue: [overdue(60_001)] }, ["schedule-missed report"]],
  ["the entry's own grace", { overdue: [overdue(60_001, { graceMs: 120_000 })] }, []],
  [
    "the app's grace",
    { overdue: [overdue(5_001)] },
    ["schedule-missed report"],
    { rules: { "schedule-missed": { grace: 5 } } },
  ],
  ["jitter counts from the dispatch", { overdue: [overdue(90_000, { dispatchAt: NOW - 30_000 })] }, []],
  ["a muted entry", { overdue: [overdue(90_000, { mute: true })] }, []],
  ["a rule that is off", { overdue: [overdue(90_000)] }, [], { rules: { "schedule-missed": false } }],
  [
    "it waits for the budget of the beat",
    { overdue: [overdue(90_000)], nodes: limited("alive", 90_000) },
    [],
  ],
  [
    "it was late before the beat was limited",
    { overdue: [overdue(200_000)], nodes: limited("alive", 90_000) },
    ["schedule-missed report"],
  ],
  [
    "the beat that was limited is gone",
    { overdue: [overdue(90_000)], nodes: limited("lost", 90_000) },
    ["schedule-missed report", "worker-lost beat@host"],
  ],
  ["a calendar that covers 31 days more", { calendars: [{ name: "DE", to: "2027-02-01" }] }, []],
  [
    "a calendar that covers 30 days more",
    { calendars: [{ name: "DE", to: "2027-01-31" }] },
    ["calendar-ends DE"],
  ],
  ["a calendar that is over", { calendars: [{ name: "DE", to: "2026-12-31" }] }, ["calendar-ends DE"]],
  ["the last run failed", { runs: runs("FS") }, ["run-failed report"]],
  ["a success since", { runs: runs("SF") }, []],
  ["a dead letter is a failure", { runs: runs("D") }, ["run-failed report"]],
  ["a retry says nothing yet", { runs: runs("RF") }, ["run-failed report"]],
  ["a revoked run says nothing", { runs: runs("VS") }, []],
  ["a revoked run behind a failure", { runs: runs("VF") }, ["run-failed report"]],
  ["a rejected run is a failure", { runs: runs("J") }, ["run-failed report"]],
  ["a run that expired is a failure", { runs: runs("E") }, ["run-failed report"]],
  ["a muted entry whose run failed", { runs: runs("F", { mute: true }) }, []],
  ["one of three", { runs: runs("FFS") }, [], { rules: { "run-failed": { failures: 3 } } }],
  [
    "three of three",
    { runs: runs("FFF") },
    ["run-failed report"],
    { rules: { "run-failed": { failures: 3 } } },
  ],
  ["the entry's own number", { runs: runs("FS", { failures: 2 }) }, []],
  ["a paused entry", { runs: runs("F", { active: false }) }, []],
  ["its runs were not looked at", { runs: runs("F", { ended: null }) }, []],
  [
    "a run that takes long",
    { runs: runs("", { unfinished: { id: "t", sentAt: NOW - 6_000, runtimeMs: 5_000 } }) },
    ["run-overdue report"],
  ],
  [
    "a run that takes its time",
    { runs: runs("", { unfinished: { id: "t", sentAt: NOW - 4_000, runtimeMs: 5_000 } }) },
    [],
  ],
  [
    "a run at the end of its time",
    { runs: runs("", { unfinished: { id: "t", sentAt: NOW - 5_000, runtimeMs: 5_000 } }) },
    [],
  ],
  ["nobody takes from a queue", { queues: [queue({ ready: 1 })] }, ["queue-unattended default"]],
  ["a queue with nothing ready", { queues: [queue()] }, []],
  ["a paused queue", { queues: [queue({ ready: 1, paused: true, oldestReadyAt: 0 })] }, []],
  [
    "a lost worker takes from no queue",
    { queues: [queue({ ready: 1 })], nodes: [worker("lost", 31_000)] },
    ["queue-unattended default", "worker-lost w1@host"],
  ],
  ["a living worker takes from it", { queues: [queue({ ready: 1 })], nodes: [worker("alive", 1_000)] }, []],
  [
    "one that starts will take from it",
    { queues: [queue({ ready: 1 })], nodes: [worker("alive", 1_000, { state: "starting" })] },
    [],
  ],
  [
    "one that drains takes nothing",
    { queues: [queue({ ready: 1 })], nodes: [worker("alive", 1_000, { state: "draining" })] },
    ["queue-unattended default"],
  ],
  [
    "ten minutes of waiting",
    { queues: [queue({ ready: 1, oldestReadyAt: NOW - 600_001 })], nodes: [worker("alive", 0)] },
    ["queue-old default"],
  ],
  ["less", { queues: [queue({ ready: 1, oldestReadyAt: NOW - 600_000 })], nodes: [worker("alive", 0)] }, []],
  ["lost for more than an hour", { nodes: [worker("lost", 3_630_001)] }, []],
  ["dead letters", { queues: [queue({ dead: 2 })] }, ["dead-letters default"]],
];
