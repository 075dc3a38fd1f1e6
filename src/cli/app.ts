import { coreOf, type AppCore } from "../app/index.js";
import type { Sunbeat } from "../index.js";
import path from "node:path";
import type { Cli } from "./cli.js";
import { fromCommandLine } from "./usage.js";

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
