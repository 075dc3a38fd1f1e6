import { type Part, serve } from "../app/index.js";
import { StoreError } from "../core/errors.js";
import type { OpenApp } from "./app.js";
import type { Cli } from "./cli.js";

/** Runs worker, beat or both until a signal or a failure ends them; gives the exit code. `onHangUp`: as of `serve`. */
export async function serveProcess(
  { terminal }: Cli,
  { app, core }: OpenApp,
  parts: readonly Part[],
  onHangUp?: () => void,
): Promise<number> {
  const { exitCode } = await serve({
    logger: core.logger,
    onBegun: (end) => (core.running.end = end),
    ...(onHangUp !== undefined && { onHangUp }),
    parts,
    close: () => app.close(),
    isClosing: () => false,
    ownsProcess: true,
    onInterrupt: () => terminal.note("sunbeat: hitting Ctrl+C again will give running tasks back at once"),
  });
  return exitCode;
}

/**
 * Opens the store before anything is made of it: one that cannot be used at all is told at once, one that may come
 * back is waited for by worker and beat. False: it is away.
 */
export async function openStore({ core: { store } }: OpenApp): Promise<boolean> {
  try {
    await store.get();
    return true;
  } catch (error) {
    if (!(error instanceof StoreError) || !error.retryable) throw error;
    return false;
  }
}
