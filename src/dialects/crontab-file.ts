import { quote } from "../core/quote.js";
import { zone } from "../schedules/index.js";
import { cronText, everyText } from "./cron-text.js";
import { type Findings, type ImportedParts, Refusal } from "./findings.js";
import { type Line, linesOf } from "./lines.js";
import { programOf } from "./names.js";
import { type Written, writtenCrontab, writtenEvery } from "./written.js";

/** What stands above a line and holds for it. */
interface Above {
  /** Undefined: the app's; null: a `CRON_TZ` that is no zone. */
  timezone: string | undefined | null;
  jitter: string | undefined;
}

/** A line that is due: its fields, and what runs. */
interface Job {
  readonly line: Line;
  /** Five fields, or a nickname. */
  readonly fields: readonly string[];
  /** A user and a command in a system file, else a command. */
  readonly rest: string;
  readonly isQuiet: boolean;
}

const VARIABLE = /^(["']?)([A-Za-z_]\w*)\1\s*=\s*(.*)$/;
/** Spring, Quartz and others write a sixth and a seventh field where a crontab has its command. */
const FIELD = /^(?:[\d*?/,#~-]+|\d*[LW]|(?:sun|mon|tue|wed|thu|fri|sat)(?:[-,][a-z]{3})*)$/i;

/** A user's crontab, or one of the system with a user on each line. */
export function readCrontab(text: string, found: Findings): void {
  const lines = [...linesOf(text)];
  const isSystem = namesUsers(lines);
  const above: Above = { timezone: found.timezone, jitter: undefined };
  for (const line of lines) {
    const [, , name, value] = VARIABLE.exec(line.text) ?? [];
    if (name !== undefined && value !== undefined)
      readVariable(line.number, name, unquoted(value), above, found);
    else readJob(jobOf(line), isSystem, { ...above }, found);
  }
}

function unquoted(value: string): string {
  const [, , inside] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inside ?? value;
}

function readVariable(line: number, name: string, value: string, above: Above, found: Findings): void {
  if (name === "CRON_TZ") {
    try {
      above.timezone = zone(value).name;
      found.note(line, `CRON_TZ -> timezone ${quote(above.timezone)} of the lines below`);
    } catch {
      above.timezone = null;
      found.refuse(line, `CRON_TZ: ${quote(value)} is not a time zone of IANA`);
    }
  } else if (name === "TZ") {
    found.doubt(
      line,
      `TZ ${quote(value)} is the zone of the commands; cron takes times in CRON_TZ or that of its machine`,
    );
  } else if (name === "RANDOM_DELAY" && /^\d{1,4}$/.test(value)) {
    above.jitter = `${value}m`;
    found.note(line, `RANDOM_DELAY -> jitter of ${value} min: a fixed share of it by name`);
  } else if (name === "MAILTO") {
    found.note(line, "MAILTO: output is not mailed; alerts tell of failed runs");
  } else {
    found.note(line, `${name} is a variable of the commands: set it where the worker runs`);
  }
}

function jobOf(line: Line): Job {
  const isQuiet = /^-[\d*]/.test(line.text);
  const text = isQuiet ? line.text.slice(1) : line.text;
  const count = text.startsWith("@") ? (/^@every\s/i.test(text) ? 2 : 1) : 5;
  const fields: string[] = [];
  const word = /\S+/g;
  while (fields.length < count) {
    const match = word.exec(text);
    if (match === null) return { line, fields, rest: "", isQuiet };
    fields.push(match[0]);
  }
  return { line, fields, rest: text.slice(word.lastIndex).trim(), isQuiet };
}

const USERS = new Set(
  (
    "root www-data www nobody daemon apache nginx http postgres mysql operator news mail man bin sys adm git app deploy " +
    "user ubuntu debian admin pi vagrant jenkins node redis munin proxy backup list"
  ).split(" "),
);

/** Whether the word before the command is a user on every line, and a usual one on some. */
function namesUsers(lines: readonly Line[]): boolean {
  const jobs = lines.filter(({ text }) => !VARIABLE.test(text)).map((line) => jobOf(line).rest);
  const rests = jobs.filter((rest) => rest !== "" && !FIELD.test(rest.split(/\s/, 1)[0]!));
  const users = rests.map((rest) => /^([a-z_][\w.-]*\$?)\s+\S/i.exec(rest)?.[1]);
  return users.every((user) => user !== undefined) && users.some((user) => USERS.has(user));
}

function readJob(job: Job, isSystem: boolean, above: Above, found: Findings): void {
  const { line, rest } = job;
  found.attempt(line.number, () => {
    if (rest === "")
      throw new Refusal(
        `expected five fields or a name such as @daily, and a command, got ${quote(line.text)}`,
      );
    const [first = "", ...more] = rest.split(/\s+/, 3);
    if (FIELD.test(first) && !more.some((word) => !FIELD.test(word) && isSystem)) {
      throw new Refusal(
        `${quote(first)} stands where the command begins, and is a field: with seconds in front write crontab(...) of six fields; with ? or a year it is Quartz`,
      );
    }
    if (above.timezone === null) throw new Refusal("the zone of CRON_TZ above it is not known");
    const [user, command] = isSystem ? [first, rest.slice(first.length).trim()] : [undefined, rest];
    const name = programOf(command) || `line-${line.number}`;
    const { written, says } = scheduleOf(job, above.timezone);
    remarksOf(job, { name, user, command, says }, found);
    if (above.timezone === undefined && written.json.type === "crontab") found.zoneless(line.number, "cron");
    const parts: ImportedParts = above.jitter === undefined ? {} : { jitter: above.jitter };
    return { name, task: name, lines: [line.number], written, parts };
  });
}

interface Said {
  readonly kind: "note" | "doubt";
  readonly message: string;
}

function scheduleOf(
  { fields }: Job,
  timezone: string | undefined,
): { readonly written: Written; readonly says: readonly Said[] } {
  const zoned = timezone === undefined ? {} : { timezone };
  const [first = "", second = ""] = fields;
  if (/^@every$/i.test(first)) {
    const message = "@every counts from the start of the program: the phase differs";
    return { written: everyText(second), says: [{ kind: "doubt", message }] };
  }
  if (first === "@every_minute") return { written: writtenCrontab("* * * * *", zoned), says: [] };
  if (first === "@every_second") return { written: writtenEvery(1_000), says: [] };
  if (first === "@reboot") {
    const message = "@reboot is sent once, when the first beat leads, not when a machine starts";
    return { written: writtenCrontab(first, {}), says: [{ kind: "note", message }] };
  }
  if (first.startsWith("@")) return { written: writtenCrontab(first.toLowerCase(), zoned), says: [] };
  const { text, isExtended, fromSteps, isRandom } = cronText(fields);
  const says: Said[] = [];
  if (isRandom)
    says.push({
      kind: "note",
      message: "~ -> H: a fixed value by the entry's name, the same at every start",
    });
  if (fromSteps !== undefined) {
    says.push({
      kind: "doubt",
      message: `${fromSteps}: written as a range to the end; some crons read the number alone`,
    });
  }
  return { written: writtenCrontab(text, { ...(isExtended && { extended: true }), ...zoned }), says };
}

function remarksOf(
  { line: { number: line }, isQuiet }: Job,
  {
    name,
    user,
    command,
    says,
  }: { name: string; user: string | undefined; command: string; says: readonly Said[] },
  found: Findings,
): void {
  const [program, input] = atPercent(command);
  const as = user === undefined ? "" : ` as ${user}`;
  found.note(line, `write the task ${quote(name)}: it ran${as} ${quote(program, 120)}`);
  if (input !== undefined) found.note(line, "what follows % was the input of the command: give it in args");
  if (isQuiet) found.note(line, "the - in front kept it out of the log of cron");
  for (const { kind, message } of says) found[kind](line, message);
}

/** The command and its input, which the first bare % parts. */
function atPercent(command: string): readonly [command: string, input?: string] {
  const plain = (text: string): string => text.replaceAll("\\%", "%").trim();
  for (let at = command.indexOf("%"); at !== -1; at = command.indexOf("%", at + 1)) {
    if (command[at - 1] !== "\\") return [plain(command.slice(0, at)), command.slice(at + 1)];
  }
  return [plain(command)];
}
