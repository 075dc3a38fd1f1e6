/** Writing and removing entries. */
import type { EntryPut, EntryStore, PutOutcome } from "../contracts/entries.js";
import type { Records } from "./records.js";
import { dropBufferedRun } from "./runs.js";

export function putEntry(records: Records, item: EntryPut): PutOutcome {
  const { entries } = records;
  const before = entries.find(item.name);
  if ((before?.etag ?? null) !== item.expect) return "conflict";
  // Its maxRuns may be another than the one under which a run of it is buffered: the next tick knows.
  if (before && before.revision !== item.revision) entries.forgetMaxRuns(item.name);
  entries.write(item);
  for (const range of item.ledger) entries.recordRange(item.name, range, null);
  records.publish("entries", item.name);
  return "stored";
}

export function removeEntry(
  records: Records,
  name: string,
  expect: number,
): Awaited<ReturnType<EntryStore["remove"]>> {
  const { entries } = records;
  const entry = entries.find(name);
  if (!entry) return "gone";
  if (entry.etag !== expect) return "conflict";
  const buffered = entries.buffered(name);
  if (buffered) dropBufferedRun(records, buffered, "removed");
  entries.remove(name);
  records.publish("entries", name);
  return "removed";
}
