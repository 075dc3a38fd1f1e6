/** What becomes of alerts from look to look: for the code as it is, and without one of its checks. */
import { expect } from "vitest";
import type { Look } from "../../src/monitor/look.js";
import type { AlertsOptions } from "../../src/monitor/options.js";
import type { judge } from "../../src/monitor/rules.js";
import { isShown } from "../../src/monitor/desk.js";
import type { nextStanding } from "../../src/monitor/standing.js";
import type { Steadiness } from "../../src/monitor/steadiness.js";
import type { AlertMute, AlertRecord } from "../../src/store/contracts/alerts.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { config, look, NOW, overdue, queue, record, runs } from "./samples.js";

export interface AlertCode {
  readonly judge: typeof judge;
  readonly nextStanding: typeof nextStanding;
  readonly Steadiness: typeof Steadiness;
}

/** Looks one after another at a store that takes all changes. */
class Desk {
  at = NOW;
  steadyFrom = NOW - 3_600_000;
  standing: AlertRecord[] = [];
  mutes: AlertMute[] = [];
  told: string[] = [];
  nextAt: number | null = null;
  #ids = 0;
  readonly #code: AlertCode;
  readonly #options: AlertsOptions;

  constructor(code: AlertCode, options: AlertsOptions = {}) {
    this.#code = code;
    this.#options = options;
  }

  look(facts: Partial<Look> = {}, passMs = 10_000): this {
    this.at += passMs;
    const rules = config(this.#options);
    const { changes, nextAt } = this.#code.nextStanding({
      ...{ at: this.at, steadyFrom: this.steadyFrom, standing: this.standing, mutes: this.mutes },
      judgement: this.#code.judge(look({ ...facts, at: this.at }), rules),
      ...{ config: rules, newId: () => `a${++this.#ids}` },
    });
    this.nextAt = nextAt;
    for (const { put, expect: version, tell } of changes) {
      const before = this.standing.find(({ id }) => id === put.id);
      expect(before?.version ?? null).toBe(version);
      this.standing = this.standing.filter(({ id }) => id !== put.id);
      if (put.clearedAt === null) this.standing.push({ ...put, version: (version ?? 0) + 1 });
      if (tell !== null) this.told.push(`${tell} ${put.kind}`);
    }
    return this;
  }

  get shown(): string[] {
    return this.standing.filter(isShown).map(({ kind }) => kind);
  }

  ack(): void {
    this.standing = this.standing.map((one) => {
      return { ...one, acked: { by: "ann", at: this.at, note: null }, version: one.version + 1 };
    });
  }
}

const dead = (count: number) => ({ queues: [queue({ dead: count })] });

const MUTED: readonly (readonly [what: string, kind: string, subject: string, isQuiet: boolean])[] = [
  ["of the kind and subject", "schedule-missed", "report", true],
  ["of the kind", "schedule-missed", "*", true],
  ["of the subject", "*", "report", true],
  ["of another subject", "schedule-missed", "another", false],
  ["of another kind", "run-failed", "report", false],
];

const missed = { overdue: [overdue(90_000)] };

/** Reason; answers in seconds of the store's clock and of ours; since when nothing is missing, in seconds of the store's clock. */
const STEADY: readonly (readonly [string, readonly (readonly [number, number])[], number])[] = [
  ["a node that was never answered knows nothing", [], Infinity],
  ["it begins with the first answer", [[0, 0]], 0],
  [
    "answers of each look leave nothing out",
    [
      [0, 0],
      [10, 10],
      [20, 20],
      [35, 35],
    ],
    0,
  ],
  [
    "25 s are two looks with slow calls",
    [
      [0, 0],
      [25, 25],
    ],
    0,
  ],
  [
    "longer without an answer is a gap: it begins anew",
    [
      [0, 0],
      [26, 26],
      [36, 36],
    ],
    26,
  ],
  [
    "a process that slept has a gap by its own clock",
    [
      [0, 0],
      [3_600, 3_600],
    ],
    3_600,
  ],
  [
    "clocks drift apart by seconds",
    [
      [0, 0],
      [15, 10],
      [20, 20],
    ],
    0,
  ],
  [
    "the store's clock jumped forwards",
    [
      [0, 0],
      [16, 10],
      [26, 20],
    ],
    16,
  ],
  [
    "the store's clock jumped back",
    [
      [0, 0],
      [10, 10],
      [13, 20],
      [23, 30],
    ],
    13,
  ],
  [
    "a machine that was suspended shows it by the store's clock alone",
    [
      [0, 0],
      [3_600, 1],
    ],
    3_600,
  ],
];

export const STANDING_CASES: Readonly<Record<string, (code: AlertCode) => void>> = {
  "raising: takes two looks in a row": (code) => {
    const desk = new Desk(code);
    expect(desk.look(missed).told).toEqual([]);
    expect(desk.look(missed).told).toEqual(["raised schedule-missed"]);
    expect(desk.look(missed).look(missed).told).toEqual(["raised schedule-missed"]);
  },

  "raising: begins anew after a good look between": (code) => {
    const desk = new Desk(code).look(missed).look().look(missed);
    expect(desk.told).toEqual([]);
    expect(desk.standing).toHaveLength(1);
    expect(desk.look().standing).toEqual([]);
  },

  "raising: of a rule with a wait of its own comes once that is over, and the next look is when it is": (
    code,
  ) => {
    const desk = new Desk(code).look({ leader: null });
    expect(desk.nextAt).toBe(desk.at + 30_000);
    desk.look({ leader: null }).look({ leader: null });
    expect(desk.told).toEqual([]);
    expect(desk.look({ leader: null }).told).toEqual(["raised beat-missing"]);
  },

  "raising: of a lost worker comes with the first look, since its silence was waited out": (code) => {
    const lost = { ...nodeRecord("w", "b"), status: "lost" as const, seenAt: NOW - 31_000 };
    expect(new Desk(code).look({ nodes: [lost] }).told).toEqual(["raised worker-lost"]);
  },

  "raising: waits until the process has been in touch with the store for a while": (code) => {
    const desk = new Desk(code);
    desk.steadyFrom = desk.at;
    desk.look(missed).look(missed);
    expect(desk.told).toEqual([]);
    expect(desk.look(missed).told).toEqual(["raised schedule-missed"]);
  },

  "raising: counts no wait from before a gap": (code) => {
    const desk = new Desk(code).look({ leader: null });
    desk.at += 3_600_000;
    desk.steadyFrom = desk.at;
    expect(desk.look({ leader: null }).told).toEqual([]);
    expect(desk.look({}).look({}).told).toEqual([]);
  },

  "raising: is told again each four hours, unless somebody has acknowledged it": (code) => {
    const desk = new Desk(code).look(missed).look(missed);
    desk.look(missed, 4 * 3_600_000 - 1).look(missed, 1);
    expect(desk.look(missed).told).toEqual(["raised schedule-missed", "repeated schedule-missed"]);
    desk.ack();
    desk.look(missed, 5 * 3_600_000);
    expect(desk.told).toHaveLength(2);
    expect(desk.shown).toEqual(["schedule-missed"]);
  },

  "clearing: takes two good looks in a row": (code) => {
    const desk = new Desk(code).look(missed).look(missed).look().look(missed).look();
    expect(desk.told).toEqual(["raised schedule-missed"]);
    expect(desk.look().told).toEqual(["raised schedule-missed", "cleared schedule-missed"]);
    expect(desk.standing).toEqual([]);
  },

  "clearing: leaves alone what a look says nothing about": (code) => {
    const desk = new Desk(code).look(missed).look(missed);
    const another = { overdue: [overdue(90_000, { entry: "another" })], overdueIsCut: true };
    desk.look(another).look(another).look(another);
    expect(desk.told).toEqual(["raised schedule-missed", "raised schedule-missed"]);
  },

  ...Object.fromEntries(
    MUTED.map(([what, kind, subject, isQuiet]) => [
      `mutes: ${what}`,
      (code: AlertCode) => {
        const desk = new Desk(code);
        desk.mutes = [{ kind, subject, by: "ann", until: null }];
        expect(desk.look(missed).look(missed).told).toEqual(isQuiet ? [] : ["raised schedule-missed"]);
      },
    ]),
  ),

  "mutes: end an alert that stands": (code) => {
    const desk = new Desk(code).look(missed).look(missed);
    desk.mutes = [{ kind: "schedule-missed", subject: "report", by: "ann", until: null }];
    desk.look(missed).look(missed);
    expect(desk.shown).toEqual([]);
  },

  "dead letters: are told of when they grow, and when they fall they are over": (code) => {
    const desk = new Desk(code).look(dead(1)).look(dead(1));
    expect(desk.told).toEqual(["raised dead-letters"]);
    desk.look(dead(3)).look(dead(2)).look(dead(2));
    expect(desk.told).toEqual(["raised dead-letters", "cleared dead-letters"]);
    expect(desk.shown).toEqual([]);
    desk.look(dead(2)).look(dead(2)).look(dead(1)).look(dead(1)).look(dead(1));
    expect(desk.told).toHaveLength(2);
    desk.look(dead(2));
    expect(desk.told).toHaveLength(2);
    expect(desk.look(dead(2)).told).toHaveLength(3);
  },

  "dead letters: that somebody has acknowledged are the number that is known": (code) => {
    const desk = new Desk(code).look(dead(4)).look(dead(4));
    desk.ack();
    expect(desk.look(dead(4)).shown).toEqual([]);
    desk.look(dead(4)).look(dead(4));
    expect(desk.told).toEqual(["raised dead-letters", "cleared dead-letters"]);
    desk.look(dead(5)).look(dead(5));
    expect(desk.told).toEqual(["raised dead-letters", "cleared dead-letters", "raised dead-letters"]);
  },

  "dead letters: that are gone leave nothing": (code) => {
    const desk = new Desk(code).look(dead(1)).look(dead(1)).look().look();
    expect(desk.standing).toEqual([]);
    expect(desk.told).toEqual(["raised dead-letters", "cleared dead-letters"]);
  },

  "dead letters: that come and go within a look are not told of": (code) => {
    const desk = new Desk(code).look(dead(1)).look().look(dead(1)).look();
    expect(desk.told).toEqual([]);
  },

  "raising: of a queue from which nobody takes comes after a minute": (code) => {
    const ready = { queues: [queue({ ready: 1 })] };
    const desk = new Desk(code).look(ready).look(ready, 59_999);
    expect(desk.told).toEqual([]);
    expect(desk.look(ready, 1).told).toEqual(["raised queue-unattended"]);
  },

  "raising: counts a wait from the end of a gap on": (code) => {
    const gone = { leader: null };
    const desk = new Desk(code, { rules: { "beat-missing": { grace: 120 } } }).look(gone);
    desk.at += 3_600_000;
    desk.steadyFrom = desk.at;
    expect(desk.look(gone, 119_999).told).toEqual([]);
    expect(desk.look(gone, 1).told).toEqual(["raised beat-missing"]);
  },

  "clearing: waits for a look at the runs": (code) => {
    const desk = new Desk(code).look({ runs: runs("F") }).look({ runs: runs("F") });
    expect(desk.told).toEqual(["raised run-failed"]);
    const unseen = { runs: runs("", { ended: null }) };
    desk.look(unseen).look(unseen).look(unseen);
    expect(desk.shown).toEqual(["run-failed"]);
    expect(desk.look({ runs: runs("S") }).look({ runs: runs("S") }).shown).toEqual([]);
  },

  "clearing: leaves to the beat what only a beat can see": (code) => {
    const desk = new Desk(code);
    desk.standing = [record({ kind: "entry-quarantined", raisedAt: NOW, toldAt: NOW })];
    expect(desk.look().look().look().shown).toEqual(["entry-quarantined"]);
  },

  "clearing: ends what a node told of itself an hour later": (code) => {
    const desk = new Desk(code);
    const detail = JSON.stringify({ at: NOW });
    desk.standing = [record({ kind: "clock-jump", raisedAt: NOW, toldAt: NOW, detail })];
    desk.look({}, 3_590_000).look({}, 9_999);
    expect(desk.shown).toEqual(["clock-jump"]);
    expect(desk.look({}, 1).look().told).toEqual(["cleared clock-jump"]);
  },

  "clearing: ends what a rule that is off has raised": (code) => {
    const desk = new Desk(code, { rules: { "run-failed": false } });
    desk.standing = [record({ kind: "run-failed", raisedAt: NOW, toldAt: NOW })];
    expect(desk.look().look().shown).toEqual([]);
  },

  "mutes: end an alert of which a look says nothing": (code) => {
    const desk = new Desk(code).look(missed).look(missed);
    desk.mutes = [{ kind: "*", subject: "report", by: "ann", until: null }];
    const another = { overdue: [overdue(90_000, { entry: "another" })], overdueIsCut: true };
    desk.look(another).look(another);
    expect(desk.standing.some(({ subject }) => subject === "report")).toBe(false);
  },

  ...Object.fromEntries(
    STEADY.map(([reason, answers, expected]) => [
      `steadiness: ${reason}`,
      ({ Steadiness }: AlertCode) => {
        const steadiness = new Steadiness();
        for (const [shownS, passedS] of answers) steadiness.hear(NOW + shownS * 1_000, passedS * 1_000);
        expect((steadiness.from - NOW) / 1_000).toBe(expected);
      },
    ]),
  ),
};
