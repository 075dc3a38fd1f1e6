import { Option, type Command } from "commander";
import type { EntryAlertOptions, EntryOptions, MisfirePolicyName, TaskEntryOptions } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import type { SendOptions } from "../index.js";
import type { Schedule } from "../schedules/index.js";
import { readDuration, readExpiry, readInstant } from "./local-time.js";
import { addScheduleOptions, crontabOptions, type ScheduleFlags } from "./schedule-source.js";
import { scheduleFromText, scheduleOfKind } from "./schedule-text.js";
import { assertSolar, solarOptions } from "./solar-flags.js";
import { fromCommandLine, readArray, readObject, usageError, wholeNumber } from "./usage.js";

const MISFIRE = ["all", "latest", "skip"] as const satisfies readonly MisfirePolicyName[];
const OVERLAP = ["allow", "skip", "queue-one", "cancel-running"] as const satisfies readonly NonNullable<
  EntryOptions["overlap"]
>[];

/** An entry as it stands on the command line; what is left out has the entry's default. */
export interface EntryFlags extends ScheduleFlags {
  readonly task: string;
  readonly crontab?: string;
  readonly every?: string;
  readonly solar?: string;
  readonly at?: string;
  /** Any of these forms, told apart by their text. */
  readonly schedule?: string;
  readonly args?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly expires?: string;
  readonly options?: string;
  readonly misfire?: MisfirePolicyName;
  readonly misfireWithin?: string;
  readonly misfireMax?: number;
  readonly overlap?: (typeof OVERLAP)[number];
  readonly overlapTimeout?: string;
  readonly jitter?: string;
  readonly lock?: string;
  readonly lockCapacity?: number;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly maxRuns?: number;
  readonly alertGrace?: string;
  readonly alertRuntime?: string;
  readonly alertFailures?: number;
  readonly alertMute?: true;
  readonly description?: string;
  readonly disabled?: true;
}

export function addEntryOptions(command: Command): Command {
  command
    .requiredOption("--task <name>", "the task to run")
    .option("--crontab <text>", 'when: "30 2 * * *", @daily; six fields have seconds first')
    .option("--every <time>", "when: an interval such as 10m or 1h30m")
    .option("--solar <event:lat:lon[:offset]>", "when: sunset:48.85:2.35, or sunset:48.85:2.35:-30m")
    .option("--at <instant>", "when: once, at 2027-03-28T02:30, or with Z or +01:00")
    .option("--schedule <text>", "when: any form of schedule next, see below");
  return addScheduleOptions(command)
    .option("-a, --args <json>", 'arguments, a JSON array: "[2, 2]"')
    .option("--queue <name>", "send to this queue")
    .option("--priority <n>", "0 to 9; 9 runs first", wholeNumber("--priority", 0, 9))
    .option("--expires <time or instant>", "a run is worthless this long after it was sent, or from then on")
    .option("--options <json>", "further options of applyAsync, a JSON object")
    .addOption(
      new Option("--misfire <policy>", "due times found late (default: latest within 1d)").choices(MISFIRE),
    )
    .option("--misfire-within <time>", "older due times are not run any more")
    .option("--misfire-max <n>", "under all: runs caught up at once", wholeNumber("--misfire-max", 1, 10_000))
    .addOption(
      new Option("--overlap <policy>", "while an earlier run has not ended (default: allow)").choices(
        OVERLAP,
      ),
    )
    .option("--overlap-timeout <time>", "runs sent longer ago than this count as ended")
    .option(
      "--jitter <time>",
      "send up to so long after each due time, always by the same part of it; 0: at it, whatever `spread` of the app says",
    )
    .option("--lock <name>", "a lock that each run holds")
    .option(
      "--lock-capacity <n>",
      "how many may hold it at once (default: 1)",
      wholeNumber("--lock-capacity", 1, 10_000),
    )
    .option("--start-at <instant>", "nothing is due before this instant")
    .option("--end-at <instant>", "nothing is due from this instant on")
    .option("--max-runs <n>", "it ends after so many runs", wholeNumber("--max-runs", 1, 1e12))
    .option("--alert-grace <time>", "a run sent later than this is an alert (default: 60s)")
    .option("--alert-runtime <time>", "a run that has not ended so long after it was sent is an alert")
    .option(
      "--alert-failures <n>",
      "so many runs that fail one after the other are an alert (default: 1)",
      wholeNumber("--alert-failures", 1, 100),
    )
    .option("--alert-mute", "no alert is told of it")
    .option("--description <text>", "what it is for")
    .option("--disabled", "store it, and send nothing");
}

/** How local times are read, and what "now" is. */
export interface Reading {
  readonly timezone: string;
  readonly now: EpochMs;
}

/** The entry that the options describe. Wrong usage, naming the option, for what cannot be read. */
export function entryFromFlags(flags: EntryFlags, reading: Reading): TaskEntryOptions {
  const { task, args, overlap, overlapTimeout, jitter, startAt, endAt, maxRuns, description } = flags;
  const options = sendOptions(flags, reading);
  const misfire = misfireOf(flags);
  const lock = lockOf(flags);
  const alert = alertOf(flags);
  const instant = (option: string, text: string): number =>
    readInstant(option, text, reading.timezone, reading.now);
  return {
    task,
    schedule: scheduleOf(flags, reading.timezone),
    ...(args !== undefined && { args: readArray("--args", args) }),
    ...(Object.keys(options).length > 0 && { options }),
    ...(flags.disabled === true && { enabled: false }),
    ...(Object.keys(misfire).length > 0 && { misfire }),
    ...(overlap !== undefined && { overlap }),
    ...(overlapTimeout !== undefined && { overlapTimeout: duration("--overlap-timeout", overlapTimeout) }),
    ...(jitter !== undefined && { jitter: jitter === "0" ? 0 : duration("--jitter", jitter) }),
    ...(lock !== undefined && { lock }),
    ...(startAt !== undefined && { startAt: instant("--start-at", startAt) }),
    ...(endAt !== undefined && { endAt: instant("--end-at", endAt) }),
    ...(maxRuns !== undefined && { maxRuns }),
    ...(Object.keys(alert).length > 0 && { alert }),
    ...(description !== undefined && { description }),
  };
}

function duration(option: string, text: string): { readonly milliseconds: number } {
  return { milliseconds: readDuration(option, text) };
}

const WHEN = ["crontab", "every", "solar", "at", "schedule"] as const;

function scheduleOf(flags: EntryFlags, timezone: string): Schedule {
  const [kind, ...more] = WHEN.filter((option) => flags[option] !== undefined);
  if (kind === undefined) throw usageError("when? Give --crontab, --every, --solar, --at or --schedule");
  if (more.length > 0) {
    throw usageError(`${[kind, ...more].map((option) => `--${option}`).join(" and ")} say when: give one`);
  }
  const text = flags[kind]!;
  const own = crontabOptions(flags);
  const beside = { ...own, timezone, solar: solarOptions(flags) };
  const schedule = fromCommandLine(() =>
    kind === "schedule" ? scheduleFromText(text, beside) : scheduleOfKind(kind, text, beside),
  );
  assertSolar(flags, schedule);
  if (Object.keys(own).length > 0 && schedule.toJSON?.().type !== "crontab") {
    throw usageError(`--extended, --day-match and --dst belong to a crontab, got --${kind}`);
  }
  return schedule;
}

/** What is named by itself goes before what stands in `--options`. */
function sendOptions(flags: EntryFlags, { timezone, now }: Reading): Omit<SendOptions, "taskId"> {
  const { queue, priority, expires, options } = flags;
  return {
    ...(options !== undefined && readObject("--options", options, '{"maxDeliveries": 5}')),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(expires !== undefined && { expires: readExpiry("--expires", expires, timezone, now) }),
  };
}

function misfireOf({ misfire, misfireWithin, misfireMax }: EntryFlags) {
  return {
    ...(misfire !== undefined && { policy: misfire }),
    ...(misfireWithin !== undefined && { within: duration("--misfire-within", misfireWithin) }),
    ...(misfireMax !== undefined && { max: misfireMax }),
  };
}

function lockOf({ lock, lockCapacity }: EntryFlags): EntryOptions["lock"] {
  if (lock === undefined && lockCapacity !== undefined) throw usageError("--lock-capacity belongs to --lock");
  if (lock === undefined || lockCapacity === undefined) return lock;
  return { name: lock, capacity: lockCapacity };
}

function alertOf({ alertGrace, alertRuntime, alertFailures, alertMute }: EntryFlags): EntryAlertOptions {
  return {
    ...(alertGrace !== undefined && { grace: duration("--alert-grace", alertGrace) }),
    ...(alertRuntime !== undefined && { runtime: duration("--alert-runtime", alertRuntime) }),
    ...(alertFailures !== undefined && { failures: alertFailures }),
    ...(alertMute === true && { mute: true }),
  };
}
