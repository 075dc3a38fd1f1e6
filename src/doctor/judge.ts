/** Judges the facts of a store: pure, so that each verdict is a row of a table. */
import type { StoreFacts } from "../store/contracts/survey.js";
import { judgeContents } from "./contents.js";
import { type DeclaredEntries, judgeEntries } from "./entries.js";
import { type Finding, PROMISES, warning } from "./finding.js";
import { judgeRedis } from "./redis.js";
import { judgeSqlite } from "./sqlite.js";

/**
 * What the settings of a store mean to the promises, in the order in which they are best read; then, where `declared` is
 * given, what others have put there, what was given up, and whether the store has the entries of the code.
 */
export function judge(facts: StoreFacts, declared?: DeclaredEntries): Finding[] {
  if (declared === undefined || facts.kind === "memory") return judgeSettings(facts);
  // Of keys of another version nothing more can be told.
  if (facts.kind === "redis" && facts.wrongVersion !== undefined) return judgeSettings(facts);
  return [
    ...judgeSettings(facts),
    ...judgeContents(declared.owner, facts.contents),
    ...judgeEntries(declared, facts.entries),
  ];
}

function judgeSettings(facts: StoreFacts): Finding[] {
  switch (facts.kind) {
    case "memory":
      return [
        warning(
          "memory:",
          "keeps nothing",
          PROMISES,
          "all of it ends with this process, and no other sees it: use sqlite: or redis: for work that matters",
        ),
      ];
    case "sqlite":
      return judgeSqlite(facts);
    case "redis":
      return judgeRedis(facts);
  }
}
