import type { EpochMs } from "../../core/clock.js";
import type { Lint } from "../schedule.js";
import { policyOf, type DstOption, type JobClass } from "./dst.js";
import type { Local } from "./local.js";
import { notesBetween, type CrontabNote } from "./notes.js";

/** How far ahead a zone's changes are looked at. */
const HORIZON_MS = 2 * 366 * 86_400_000;

/** A local schedule with what decides about its nights. */
export interface ZoneLinted {
  readonly local: Local;
  readonly jobClass: JobClass;
  readonly dst: DstOption;
  /** Whether it runs in every hour: then a fold is what it is for. */
  readonly isHourly: boolean;
}

/** The codes of these lints. */
export const ZONE_LINTS: ReadonlySet<string> = new Set(["gap-fixed", "gap-wildcard", "fold", "dst-option"]);

/** What the zone's coming changes do to a local schedule: the first gap and the first fold that matter. */
export function zoneLints(linted: ZoneLinted, from: EpochMs): Lint[] {
  const notes = notesBetween(linted.local, from, from + HORIZON_MS);
  const gap = notes.find(
    (note) => note.kind === "gap" && (note.effect === "moved" || note.onlyRuns || isOption(linted, "gap")),
  );
  const fold = notes.find(
    (note) => note.kind === "fold" && (!keepsRhythm(linted) || isOption(linted, "fold")),
  );
  return [
    ...(gap === undefined ? [] : [gapLint(linted, gap)]),
    ...(fold === undefined ? [] : [foldLint(linted, fold)]),
  ];
}

/** A wildcard job of every hour follows real time, which is what it is for. */
function keepsRhythm({ jobClass, isHourly }: ZoneLinted): boolean {
  return jobClass === "wildcard" && isHourly;
}

/** Whether the dst option changes what a gap or a fold does. */
function isOption({ local, jobClass }: ZoneLinted, part: "gap" | "fold"): boolean {
  return local.policy[part] !== policyOf("vixie", jobClass)[part];
}

function gapLint(linted: ZoneLinted, note: CrontabNote): Lint {
  const runs =
    note.effect === "moved"
      ? `on ${note.runsOn} this runs at ${note.runsAt}, after the gap`
      : note.onlyRuns
        ? `nothing runs on ${note.date}`
        : `${note.time} is left out on ${note.date}`;
  if (isOption(linted, "gap")) return optionLint(linted, runs);
  if (note.effect === "moved") return { code: "gap-fixed", field: "timezone", message: runs };
  const message = `${runs}: ${note.stretch} does not exist in ${linted.local.zone.name}`;
  return { code: "gap-wildcard", field: "timezone", message };
}

const PASSES = {
  "first-pass": "runs once, first pass",
  "second-pass": "runs once, second pass",
  "both-passes": "runs in both passes",
  moved: "",
  dropped: "",
} as const;

function foldLint(linted: ZoneLinted, note: CrontabNote): Lint {
  const message = `${note.time} comes twice on ${note.date}: ${PASSES[note.effect]}`;
  return isOption(linted, "fold")
    ? optionLint(linted, message)
    : { code: "fold", field: "timezone", message };
}

function optionLint({ dst }: ZoneLinted, message: string): Lint {
  return { code: "dst-option", field: "dst", message: `dst ${JSON.stringify(dst)}: ${message}` };
}
