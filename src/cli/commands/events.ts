import { createWriteStream } from "node:fs";
import { Command } from "commander";
import { messageOf } from "../../core/errors.js";
import { aborted, sleep } from "../../core/clock.js";
import { EventState, type EventStream } from "../../index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { clockText, EventsView, eventText } from "../events-view.js";
import { ownDevice, Screen } from "../screen.js";
import { fromCommandLine, names, usageError } from "../usage.js";

interface Options {
  readonly dump?: true;
  readonly types?: readonly string[];
  readonly tasks?: readonly string[];
  readonly camera?: string;
  readonly frequency: number;
  readonly maxrate?: string;
}

export function eventsCommand(action: Action): Command {
  return new Command("events")
    .description("what workers and beats do, as it happens: a screen, or lines where no terminal is")
    .option("--dump", "one line an event; with --json one object")
    .option("--types <names>", 'only these, such as "task-failed,schedule-*"', names("--types"))
    .option("--tasks <names>", "of tasks only these, names or patterns", names("--tasks"))
    .option("-c, --camera <file>", 'append a snapshot of what events tell as a line of JSON; "-" for stdout')
    .option("-F, --frequency <seconds>", "between two snapshots", seconds, 1)
    .option("-r, --maxrate <rate>", 'snapshots at most, such as "10/m"')
    .addHelpText("after", KEYS)
    .action(action<[Options]>((cli, options) => withSharedStore(cli, (open) => watch(cli, open, options))));
}

const KEYS = `
Keys on the screen: / filter, p pause, e errors, s schedules, j and k or arrows select, enter detail, q quit.
Nothing is stored of events: what was missed stands as events-lost, and what is true is in tasks, status and schedule history.`;

async function watch(cli: Cli, open: OpenApp, options: Options): Promise<number> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  for (const signal of SIGNALS) process.on(signal, end);
  const { types, tasks } = options;
  const everyMs = Math.max(options.frequency * 1_000, rateMs(options.maxrate));
  const stream = fromCommandLine(() => open.app.events.watch({ types, tasks, signal: ended.signal }));
  try {
    await stream.ready;
    const isScreen =
      options.camera === undefined &&
      options.dump !== true &&
      !cli.terminal.json &&
      cli.host.stdout.isTTY === true;
    if (options.camera !== undefined) await film(cli, stream, options.camera, everyMs, ended.signal);
    else if (isScreen) await show(cli, open, stream, ended);
    else await dump(cli, stream);
    return 0;
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    stream.end();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function dump({ terminal }: Cli, stream: EventStream): Promise<void> {
  if (!terminal.json) terminal.note("watching; Ctrl-C ends");
  for await (const event of stream) {
    if (terminal.json) terminal.row(event);
    else if (event.type === "events-lost")
      terminal.line(`--------  ${event.hostname} events-lost count=${event.count}`);
    else terminal.line(`${clockText(event.timestamp)}  ${eventText(event)}`);
  }
}

async function show(cli: Cli, { core }: OpenApp, stream: EventStream, ended: AbortController): Promise<void> {
  const { clock } = cli;
  const view = new EventsView(`sunbeat events  ${core.brokerLabel}`);
  const screen = new Screen(ownDevice(), clock, {
    hasColors: cli.options.color && !cli.host.env["NO_COLOR"],
    lines: (size) => view.lines(size, clock.now()),
    onKey: (key) => {
      view.key(key);
      if (view.isOver) ended.abort();
    },
  });
  screen.open();
  try {
    for await (const event of stream) view.take(event, clock.now());
  } finally {
    screen.close();
  }
}

/** A line of JSON each time: `{ at, workers, tasks, counts, lost }`. */
async function film(
  cli: Cli,
  stream: EventStream,
  file: string,
  everyMs: number,
  over: AbortSignal,
): Promise<void> {
  const state = new EventState();
  const print = (line: object): Promise<void> => Promise.resolve(cli.terminal.row(line));
  const write = file === "-" ? print : await opened(file);
  const filming = (async () => {
    while (!over.aborted) {
      await sleep(cli.clock, everyMs, over);
      if (!over.aborted) await write(snapshot(state, cli.clock.now()));
    }
  })();
  // A file that cannot be written any more ends it.
  filming.catch(() => stream.end());
  for await (const event of stream) state.event(event);
  await Promise.race([filming, aborted(over)]);
}

function snapshot(state: EventState, now: number): object {
  const alive = new Set(state.aliveWorkers(now).map(({ hostname }) => hostname));
  return {
    at: new Date(now),
    workers: [...state.workers.values()].map((worker) => ({ ...worker, alive: alive.has(worker.hostname) })),
    tasks: [...state.tasks.values()],
    calendars: [...state.calendars.values()],
    drift: [...state.drift.values()],
    moves: [...state.moves.values()],
    counts: Object.fromEntries(state.counts),
    lost: state.lost,
  };
}

async function opened(file: string): Promise<(line: object) => Promise<void>> {
  const stream = createWriteStream(file, { flags: "a" });
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (error) => reject(usageError(`--camera: ${messageOf(error)}`)));
  });
  return (line) =>
    new Promise((resolve, reject) => {
      stream.write(`${JSON.stringify(line)}\n`, (error) => (error ? reject(error) : resolve()));
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0.1 && value <= 86_400) return value;
  throw usageError(`--frequency: expected seconds from 0.1 to 86400, got ${JSON.stringify(text)}`);
}

/** The time between two of "10/m"; 0: as often as it is asked for. */
function rateMs(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, count, unit = "s"] = /^(\d{1,6}(?:\.\d{1,3})?)(?:\/([smh]))?$/.exec(text) ?? [];
  const perMs = { s: 1_000, m: 60_000, h: 3_600_000 }[unit]!;
  if (count !== undefined && Number(count) > 0) return perMs / Number(count);
  throw usageError(`--maxrate: expected a rate such as "10/m" or "1/s", got ${JSON.stringify(text)}`);
}
