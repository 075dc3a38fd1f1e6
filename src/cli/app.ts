import { coreOf, type AppCore } from "../app/index.js";
import { silentLogger, type Logger } from "../core/logger.js";
import type { Sunbeat } from "../index.js";
import path from "node:path";
import type { Cli } from "./cli.js";
import { fromCommandLine, usageError } from "./usage.js";

/** A command that takes so long asks the store whether it is there, which answers in so long where it is. */
const SILENCE_MS = 1_000;
const ANSWER_MS = 500;

/** The loaded app with its inside, for a command. */
export interface OpenApp {
  readonly app: Sunbeat;
  readonly core: AppCore;
  /** Its file, as the user would name it. */
  readonly file: string;
}

/** Loads the app, with the broker of `-b` where given. */
export async function openApp(cli: Cli): Promise<OpenApp> {
  const { app, file } = await cli.load();
  const core = coreOf(app);
  core.via = "cli";
  // What the store has to say (a damaged file that was set aside, say) must not be lost; info is for worker and beat.
  core.useLogger(warningsOnly(cli));
  const { broker } = cli.options;
  if (broker !== undefined) fromCommandLine(() => core.useBroker(broker));
  return { app, core, file: path.relative(process.cwd(), file) || file };
}

/** Runs `work` on the app and closes it, whatever happens. */
export async function withApp<T>(cli: Cli, work: (open: OpenApp) => Promise<T>): Promise<T> {
  const open = await openApp(cli);
  try {
    return await work(open);
  } finally {
    await open.app.close();
  }
}

/** The same for commands that ask the store: one that is away is waited for, and the person at the terminal learns so. */
export function withStore<T>(cli: Cli, work: (open: OpenApp) => Promise<T>): Promise<T> {
  return withApp(cli, (open) => tellingSilence(cli, open, work(open)));
}

/** Waits for what the store is asked, and says so where it takes long. */
export async function tellingSilence<T>(
  { clock, terminal }: Cli,
  { core }: OpenApp,
  work: Promise<T>,
): Promise<T> {
  const { brokerLabel, lazyStore } = core;
  let timer = clock.after(SILENCE_MS, () => {
    timer = clock.after(ANSWER_MS, () => terminal.note(`waiting for ${brokerLabel}`));
    lazyStore.now().then(
      () => timer.cancel(),
      () => undefined,
    );
  });
  try {
    return await work;
  } finally {
    timer.cancel();
  }
}

/**
 * The same for commands about what other processes have stored. Refuses a broker in memory, which no other process
 * sees: a task sent to it would wait for ever.
 */
export function withSharedStore<T>(cli: Cli, work: (open: OpenApp) => Promise<T>): Promise<T> {
  return withStore(cli, async (open) => {
    if (!isPrivate(open)) return work(open);
    throw usageError(
      `${open.file} uses the broker ${open.core.brokerLabel}, which lives inside one process and ends with it: ` +
        "name one that others share, such as -b sqlite:./sunbeat.db",
    );
  });
}

/** Whether no other process can see the app's store. */
export function isPrivate({ core }: OpenApp): boolean {
  return core.brokerLabel.startsWith("memory:");
}

function warningsOnly({ terminal }: Cli): Logger {
  const tell = (message: string): void => terminal.problem(`warning: ${message}`);
  return { ...silentLogger, warn: tell, error: tell };
}
