import type { EpochMs } from "../../core/clock.js";
import type { Lint } from "../schedule.js";
import { meaningOf } from "../zone-names.js";
import type { CompiledCrontab } from "./compile.js";
import { policyOf } from "./dst.js";
import { isComplete } from "./expand.js";
import { notesBetween, type CrontabNote } from "./notes.js";

/** How far ahead a zone's changes are looked at. */
const HORIZON_MS = 2 * 366 * 86_400_000;

/** What the zone's name means, where people take it for something else. */
export function zoneNameLints({ zone }: CompiledCrontab): Lint[] {
  const meaning = meaningOf(zone.name);
  return meaning === undefined ? [] : [{ code: "zone-name", field: "timezone", ...meaning }];
}

/** What the zone's coming changes do to a crontab: the first gap and the first fold that matter. */
export function zoneLints(crontab: CompiledCrontab, from: EpochMs): Lint[] {
  const notes = notesBetween(crontab, from, from + HORIZON_MS);
  const gap = notes.find(
    (note) => note.kind === "gap" && (note.effect === "moved" || note.onlyRuns || isOption(crontab, "gap")),
  );
  const fold = notes.find(
    (note) => note.kind === "fold" && (!keepsRhythm(crontab) || isOption(crontab, "fold")),
  );
  return [
    ...(gap === undefined ? [] : [gapLint(crontab, gap)]),
    ...(fold === undefined ? [] : [foldLint(crontab, fold)]),
  ];
}

/** A wildcard job of every hour follows real time, which is what it is for. */
function keepsRhythm({ jobClass, values, expression }: CompiledCrontab): boolean {
  return jobClass === "wildcard" && isComplete(values.hour, expression.fields.hour.spec);
}

/** Whether the dst option changes what a gap or a fold does. */
function isOption({ policy, jobClass }: CompiledCrontab, part: "gap" | "fold"): boolean {
  return policy[part] !== policyOf("vixie", jobClass)[part];
}

function gapLint(crontab: CompiledCrontab, note: CrontabNote): Lint {
  const runs =
    note.effect === "moved"
      ? `on ${note.runsOn} this runs at ${note.runsAt}, after the gap`
      : note.onlyRuns
        ? `nothing runs on ${note.date}`
        : `${note.time} is left out on ${note.date}`;
  if (isOption(crontab, "gap")) return optionLint(crontab, runs);
  if (note.effect === "moved") return { code: "gap-fixed", field: "timezone", message: runs };
  const message = `${runs}: ${note.stretch} does not exist in ${crontab.zone.name}`;
  return { code: "gap-wildcard", field: "timezone", message };
}

const PASSES = {
  "first-pass": "runs once, first pass",
  "second-pass": "runs once, second pass",
  "both-passes": "runs in both passes",
  moved: "",
  dropped: "",
} as const;

function foldLint(crontab: CompiledCrontab, note: CrontabNote): Lint {
  const message = `${note.time} comes twice on ${note.date}: ${PASSES[note.effect]}`;
  return isOption(crontab, "fold")
    ? optionLint(crontab, message)
    : { code: "fold", field: "timezone", message };
}

function optionLint({ settings }: CompiledCrontab, message: string): Lint {
  return { code: "dst-option", field: "dst", message: `dst ${JSON.stringify(settings.dst)}: ${message}` };
}
