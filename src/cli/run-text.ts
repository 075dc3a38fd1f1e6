import type { Ending } from "../beat/index.js";
import { formatDuration } from "../core/duration.js";
import type { RunLine } from "./occurrences.js";

/** Beside an answer about a time that is over. */
export const PAST_NOTE =
  "--from is over: this is what a beat would send that had registered the entries then; " +
  "schedule history tells what became of a due time";

const WHY: Readonly<Record<string, string>> = {
  ended: "it is due at no time from now on",
  "max-runs": "it has had as many runs as its maxRuns allows",
  disabled: "it is disabled",
  "left-code": "the code that declared it has it no more",
  renamed: "it goes on under another name",
  invalid: "the beat could not read it",
  paused: "it is paused",
  "at-start": "it is sent when a beat process first leads",
  unknown: "its schedule is known only to other code",
};

/** Why an entry has no run, as the end of a sentence. */
export function whyNone(ending: Ending): string {
  return WHY[ending] ?? ending;
}

/** How much later than due a run is sent: "+12m3s", "overdue", or nothing where that is less than a second. */
export function delayText({ at, sentAt, late }: RunLine): string {
  if (late) return "overdue";
  return sentAt - at < 1_000 ? "" : `+${shortly(sentAt - at)}`;
}

/** As fine as it is worth: whole seconds from ten on. */
export function spanText(ms: number): string {
  return formatDuration(ms < 10_000 ? ms : Math.round(ms / 1_000) * 1_000);
}

/** In whole seconds, cut off as the times are beside which it stands. */
export function shortly(ms: number): string {
  return formatDuration(Math.floor(ms / 1_000) * 1_000);
}

/** Whole seconds are enough to read. */
export function durationText(ms: number): string {
  return formatDuration(ms < 1_000 ? Math.round(ms) : Math.round(ms / 1_000) * 1_000);
}
