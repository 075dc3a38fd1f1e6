import { StoreError } from "../core/errors.js";
import type { StoreFacts } from "../store/contracts/survey.js";
import type { DeclaredEntries } from "./entries.js";
import { broken, type Finding } from "./finding.js";
import { judge } from "./judge.js";

/** The app that asks its broker. */
export interface Examined {
  readonly owner: string;
  readonly entries: DeclaredEntries["entries"];
  readonly config: { readonly version: number };
  survey(limitMs: number, entries: readonly string[]): Promise<StoreFacts>;
}

const SURVEY_LIMIT_MS = 5_000;

/** A broker that cannot be asked is a finding, too; a driver that is not installed is an error of the caller's. */
export async function examine(app: Examined): Promise<readonly Finding[]> {
  const { owner, entries, config } = app;
  try {
    const facts = await app.survey(
      SURVEY_LIMIT_MS,
      entries.map(({ name }) => name),
    );
    return judge(facts, { owner, version: config.version, entries });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [broken("connection", error.code, error.message)];
  }
}
