import type { Clock, Timer } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import { type Finding, judge } from "../doctor/index.js";
import type { OpenApp } from "./app.js";

/** How long the broker may take to tell about itself. */
export const SURVEY_LIMIT_MS = 5_000;
/** A server that comes back, or takes another's place, may have other settings than the one at the start. */
const EVERY_MS = 600_000;
/** A store that is away is asked again sooner: its settings are unknown until then. */
const AWAY_MS = 30_000;

/**
 * Logs what `sunbeat doctor` would find wrong, one line each, when worker or beat start, and every ten minutes what is
 * new since; a store that is away is asked every half minute. Nothing waits for it. Gives the function that ends it.
 */
export function watchSettings(open: OpenApp, clock: Clock, logger: Logger): () => void {
  let timer: Timer | null = null;
  let ended = false;
  let told: ReadonlySet<string> = new Set();
  const look = async (): Promise<void> => {
    const wrong = await tellNew(open, logger, told);
    told = wrong ?? told;
    if (!ended) timer = clock.after(wrong === null ? AWAY_MS : EVERY_MS, () => void look());
  };
  void look();
  return () => {
    ended = true;
    timer?.cancel();
  };
}

/** Gives what is wrong now; null where that cannot be read. Never rejects. */
async function tellNew(
  { core }: OpenApp,
  logger: Logger,
  told: ReadonlySet<string>,
): Promise<ReadonlySet<string> | null> {
  let findings: readonly Finding[];
  try {
    findings = judge(await core.survey(SURVEY_LIMIT_MS));
  } catch (error) {
    // Worker and beat tell by themselves that the store is away, and when it is back.
    logger.debug(`The settings of the broker could not be read: ${String(error)}`);
    return null;
  }
  const wrong = new Set<string>();
  for (const { setting, value, verdict, weakens, advice } of findings) {
    if (verdict !== "error" && verdict !== "warning") continue;
    // What changes by itself, like free space, is told once.
    wrong.add(`${setting} ${verdict}`);
    if (told.has(`${setting} ${verdict}`)) continue;
    const what = `${setting} ${value}${weakens.length === 0 ? "" : ` (weakens ${weakens.join(", ")})`}: ${advice}`;
    if (verdict === "error") logger.error(what);
    else logger.warn(what);
  }
  return wrong;
}
