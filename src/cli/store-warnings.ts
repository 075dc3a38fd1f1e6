import type { Logger } from "../core/logger.js";
import { type Finding, judge } from "../doctor/index.js";
import type { OpenApp } from "./app.js";

/** How long the broker may take to tell about itself. */
export const SURVEY_LIMIT_MS = 5_000;

/**
 * Logs what `sunbeat doctor` would find wrong, one line each, while worker or beat starts: not awaited, so that nothing
 * waits for it. Never rejects.
 */
export async function warnOfSettings({ core }: OpenApp, logger: Logger): Promise<void> {
  let findings: readonly Finding[];
  try {
    findings = judge(await core.survey(SURVEY_LIMIT_MS));
  } catch (error) {
    // Worker and beat tell by themselves that the store is away, and when it is back.
    logger.debug(`The settings of the broker could not be read: ${String(error)}`);
    return;
  }
  for (const { setting, value, verdict, weakens, advice } of findings) {
    const what = `${setting} ${value}${weakens.length === 0 ? "" : ` (weakens ${weakens.join(", ")})`}: ${advice}`;
    if (verdict === "error") logger.error(what);
    if (verdict === "warning") logger.warn(what);
  }
}
