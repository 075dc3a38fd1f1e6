import type { Reading, StoreContents } from "../store/contracts/survey.js";
import { ownerText, some } from "./entries.js";
import { type Finding, unread, warning } from "./finding.js";

/** How much of a reason is shown: its first sentence, which has no end where it is this long. */
const REASON = /^.{0,120}?(?:[.](?=\s|$)|$)|^.{120}/s;

/** What others than this app have put there, and what was given up; no finding where there is neither. */
export function judgeContents(owner: string, contents: Reading<StoreContents> | undefined): Finding[] {
  if (contents === undefined) return [];
  if ("unknown" in contents) return [unread("contents", [], contents.unknown)];
  return [...judgeOwners(owner, contents.value), ...judgeDead(contents.value)];
}

/** Entries that were set at run time belong to no app. */
function judgeOwners(owner: string, { owners }: StoreContents): Finding[] {
  const others = owners.filter((each) => each.owner.startsWith("code:") && each.owner !== owner);
  if (others.length === 0) return [];
  const count = others.reduce((sum, { entries }) => sum + entries, 0);
  return [
    warning(
      "other apps",
      count === 1 ? "1 entry" : `${count} entries`,
      ["E1"],
      `${some(others.map((each) => `${each.entries} of ${ownerText(each.owner)}`))} in this namespace: workers take each ` +
        "other's tasks wherever queues have one name, and give up those that they do not know: give each app a namespace, " +
        "or queues, of its own",
    ),
  ];
}

function judgeDead({ dead, newestDead }: StoreContents): Finding[] {
  if (dead === 0) return [];
  const reasons = new Map<string, number>();
  for (const { reason } of newestDead) {
    const shown = REASON.exec(reason)?.[0] ?? "";
    reasons.set(shown, (reasons.get(shown) ?? 0) + 1);
  }
  const most = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${count}x ${reason}`);
  const which = newestDead.length < dead ? `of the newest ${newestDead.length}: ` : "";
  return [
    warning(
      "dead letters",
      String(dead),
      [],
      `given up: ${which}${some(most)} (sunbeat dead list shows them, dead retry sends them again, dead delete drops them)`,
    ),
  ];
}
