/**
 * Both stores of this process share the rules, and so their mistakes. What judges the rules from outside is the conformance
 * suite: each of their checks is taken out in turn, and some case must fail.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import type { openMemoryStore } from "../../../src/store/memory/index.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { storeConformance } from "../../conformance/suite.js";

type Open = typeof openMemoryStore;

const src = resolve(import.meta.dirname, "../../../src");
const folder = mkdtempSync(join(tmpdir(), "sunbeat-mutants-"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
afterAll(() => rmSync(folder, { recursive: true }));

const sources = ["core", "tasks", "store/contracts", "store/rules", "store/memory"].flatMap((part) =>
  readdirSync(join(src, part)).map((file) => join(part, file)),
);

function compiled(text: string): string {
  const { ES2022, ESNext } = { ES2022: ts.ScriptTarget.ES2022, ESNext: ts.ModuleKind.ESNext };
  return ts.transpileModule(text, { compilerOptions: { target: ES2022, module: ESNext } }).outputText;
}

const originals = new Map(sources.map((file) => [file, readFileSync(join(src, file), "utf8")]));
const compiledOriginals = new Map([...originals].map(([file, text]) => [file, compiled(text)]));
let made = 0;

/** The memory store with one file changed. */
async function memoryWith(file: string, find: string, put: string): Promise<Open> {
  const root = join(folder, String(made++));
  const original = originals.get(join("store/rules", file)) ?? "";
  expect(original.split(find), `${find} in ${file}`).toHaveLength(2);
  for (const [each, text] of compiledOriginals) {
    const isMutant = each === join("store/rules", file);
    const target = join(root, each.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, isMutant ? compiled(original.replace(find, () => put)) : text);
  }
  const url = pathToFileURL(join(root, "store/memory/index.js")).href;
  return ((await import(/* @vite-ignore */ url)) as { openMemoryStore: Open }).openMemoryStore;
}

const cases = storeConformance.filter(({ needs }) => !needs);
/** The random walks are the slowest cases, and tell least of what is wrong. */
const inOrder = [
  ...cases.filter(({ group }) => !group.includes("walks")),
  ...cases.filter(({ group }) => group.includes("walks")),
];

/** A case that hangs has failed. Cases take some milliseconds. */
const CASE_LIMIT_MS = 10_000;

/** The first case that fails; null: all pass. */
async function firstFailure(open: Open): Promise<string | null> {
  for (const { group, name, run } of inOrder) {
    const clock = new ManualClock();
    const store = open({ clock, random: systemRandom, logger: silentLogger });
    const dispose = () => store.close();
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error("late")), CASE_LIMIT_MS).unref();
    });
    try {
      await Promise.race([
        run({ clock, store, peer: async () => store, reopen: () => undefined, dispose }),
        late,
      ]);
    } catch {
      return `${group}: ${name}`;
    }
    await dispose();
  }
  return null;
}

type Mutant = readonly [what: string, find: string, put: string];

const MUTANTS: Readonly<Record<string, readonly Mutant[]>> = {
  "ends.ts": [
    ["a leased message expires", 'message.state === "leased" || ', ""],
    ["a revoked message that waits again is told as pending", "message.revoked !== NOT_REVOKED", "false"],
    ["a message runs at the instant at which it expires", "expires <= now", "expires < now"],
  ],
  "messages.ts": [
    [
      "an ending message keeps its permit",
      "  releaseTicket(records, message);\n  records.messages.remove",
      "  records.messages.remove",
    ],
    [
      "a dead letter keeps its permit",
      "  releaseTicket(records, message);\n  records.messages.deadLetter",
      "  records.messages.deadLetter",
    ],
    [
      "a message that is tried again keeps its permit",
      "  releaseTicket(records, message);\n  records.messages.postpone",
      "  records.messages.postpone",
    ],
    ["an ended run releases none", "if (entry !== null) freed", "if (entry === null) freed"],
    ["a redriven message keeps its result", "  records.results.drop(id);\n", ""],
    [
      "nobody hears of a redriven message",
      "  records.messages.redrive(message);\n  records.notify(message.queue);",
      "  records.messages.redrive(message);",
    ],
    ["a dropped message leaves no result", '  keepOwnResult(records, message, "REVOKED", reason);\n', ""],
    [
      "an id with a result is sent again after it expired",
      "messages.isStored(id) || results.isKept(id)",
      "messages.isStored(id)",
    ],
  ],
  "send.ts": [
    ["an expired message is queued", "isExpired(sent, records.now)", "false"],
    [
      "a message without a permit is ready",
      "  records.messages.block(message);\n  return false;",
      "  return true;",
    ],
    ["nobody hears of a message", "records.notify(sent.queue);", ""],
  ],
  "claim.ts": [
    [
      "a message has one delivery too many",
      "message.deliveries >= message.maxDeliveries",
      "message.deliveries > message.maxDeliveries",
    ],
    ["a lost delivery keeps its permit", "      losePermit(records, message);\n", ""],
    ["nothing follows from housekeeping", "  release(records);\n  return { refilled", "  return { refilled"],
    [
      "one that waited too long leaves no result",
      '      keepOwnResult(records, message, "FAILURE", "lock-timeout");\n',
      "",
    ],
    [
      "a dead letter leaves no result",
      '      keepOwnResult(records, message, "FAILURE", "deliveries-exhausted");\n',
      "",
    ],
    [
      "an id that was revoked before it was sent is taken",
      'messages.isRevokedId(message.id) ? "revoked"',
      'false ? "revoked"',
    ],
    ["queues do not take turns", "turn < bestTurn", "false"],
    [
      "a lower priority is taken first",
      "message.priority > best.priority",
      "message.priority < best.priority",
    ],
    ["others do not hear of what a claim left", "if (messages.hasReady(queue)) records.notify(queue);", ";"],
    [
      "a buffered run is not looked at in time",
      "for (const entry of entries.dueBuffered(bound)) freed.entry.add(entry);",
      "",
    ],
    ["an ended permit does not pass on", "for (const lock of locks.due(bound)) freed.lock.add(lock);", ""],
  ],
  "settle.ts": [
    [
      "a lost delivery settles",
      "records.messages.leased(settlement)",
      "(records.messages.find(settlement.id) as never as { id: string; queue: string } & import('./records.js').Known)",
    ],
    ["a message that is given back counts", "{ isCounted: false }", "{ isCounted: true }"],
    ["a permit is not reserved for one that is given back", "    reservePermit(records, message);\n", ""],
    ["a heartbeat extends nothing", "  messages.extendLease(message, until);\n", ""],
    ["a broken permit is not told", 'if (!isLocked) return "unlocked";', ""],
    [
      "nothing follows from settling",
      "settleOne(records, settlement));\n  release(records);",
      "settleOne(records, settlement));",
    ],
    ["a task without a result leaves no mark", "if (!result) remember(", "if (result) remember("],
  ],
  "admit.ts": [
    ["a task that is to be refused waits", 'busy === "refuse" && ', "false && "],
    ["a task keeps the permit of another lock", "  if (!isSame) releaseTicket(records, message);\n", ""],
    ["a blocked task stays leased", "  messages.block(locked);\n", ""],
    ["a task that asks again waits", "if (held !== null)", "if (held === -1)"],
  ],
  "permits.ts": [
    [
      "who waits has a permit",
      'if (request?.status !== "holding") return null;\n  locks.setUntil',
      "if (!request) return null;\n  locks.setUntil",
    ],
    [
      "who waits is not told of a sooner end",
      "if (until < (holder.until ?? Infinity)) freed.lock.add(holder.lock);",
      "",
    ],
    ["two runs share a fence", "  records.locks.setFence(request, null);\n", ""],
    ["a freed permit does not pass on", "  freed.lock.add(request.lock);\n", ""],
    ["a task loses its ticket with its permit", "locks.setAbsent(request)", "locks.remove(request)"],
    ["a permit that has ended is told as given back", "(request.until ?? 0) <= now", "false"],
    ["a fence is used twice", "if (request.fence !== null) return request.fence;", ""],
  ],
  "waiters.ts": [
    ["one more than the capacity holds a permit", "while (first && free > 0)", "while (first && free >= 0)"],
    ["a permit goes to a process that is dead", 'first.kind === "process" && ', "false && "],
    [
      "an offer has a fence before it is fetched, and two runs of a task one",
      "locks.grant(request, now + request.grantMs);",
      "locks.grant(request, now + request.grantMs);\n  locks.setFence(request, locks.nextFence());",
    ],
    [
      "who was passed over loses its ticket",
      "else if (holder.id !== asker) locks.passOver(holder, now + SKIPPED_MS);",
      'else if (holder.id !== asker) releaseRequest(records, holder, "lost");',
    ],
    ["who asks in time is passed over", "if (holder.id !== asker) locks.passOver", "locks.passOver"],
    [
      "who waits behind an offer is not told",
      "const told = [request.id, ...locks.nextProcesses(request.lock, TOLD_OF_OFFER)];",
      "const told = [request.id];",
    ],
    ["a process is not told of its permit", 'records.publish("lock", JSON.stringify(told));', "void told;"],
    [
      "ended permits hold on",
      'if (!isOffered(holder)) releaseRequest(records, holder, "lost");',
      "if (!isOffered(holder)) continue;",
    ],
    ["nobody hears of a task that has its permit", "if (queue !== null) records.notify(queue);", ""],
    ["the capacity of the newest does not count", "  records.locks.setCapacity(lock, capacity);\n", ""],
  ],
  "release.ts": [
    [
      "what was freed waits for the next step",
      "RULES[blocker].release(records, key);",
      "freed[blocker].delete(key);",
    ],
    [
      "a revoked buffered run stays",
      "RULES[message.blocker].drop(records, message, reason)",
      "dropUnrun(records, message, reason)",
    ],
  ],
  "runs.ts": [
    ["runs overlap", "busyUntil(records, run.entry, overlap.timeoutMs) <= records.now", "true"],
    [
      "a buffered run whose wait is over goes second",
      "    releaseBufferedRun(records, run.entry);\n    if",
      "    if",
    ],
    [
      "a run is sent after the last of maxRuns",
      "(entries.find(entry)?.runs ?? 0) + uncounted >= maxRuns",
      "false",
    ],
    [
      "a buffered run that is due again is accounted for twice",
      '  if (records.entries.buffered(run.entry)?.id === run.message.id) return "buffered";\n',
      "",
    ],
    [
      "a known run stops the one at work",
      "  if (isKnown(records, run.message.id)) return sendRun(records, run);\n",
      "",
    ],
    ["a run waits for its lock under skip", 'overlap.policy === "skip" && lock && ', "false && lock && "],
    ["a run that timed out counts", "timeoutMs === null ? Infinity : sentAt + timeoutMs", "Infinity"],
    [
      "an expired run counts",
      "if (reason) {\n      dropUnrun(records, run, reason);",
      "if (false as boolean) {\n      dropUnrun(records, run, reason as never);",
    ],
    ["a run at work is dropped", 'if (run.state !== "leased") {', "if (run.state) {"],
    ["the grace moves on", "before?.graceEnd ?? Infinity", "Infinity"],
    ["a replaced run leaves no row", '  if (before) dropBufferedRun(records, before, "replaced");\n', ""],
    [
      "a buffered run that expired is sent",
      'if (isExpired(message, now)) return dropUnrun(records, message, "expired");',
      "",
    ],
    [
      "a released run is not counted",
      "entries.countRun(entry, !buffered.isTriggered)",
      "entries.countRun(entry, false)",
    ],
    [
      "an entry goes on after its last run was released",
      "entries.disableWhenSpent(entry, buffered.maxRuns)",
      "undefined",
    ],
    ["a buffered run is not watched on", "    entries.setBufferedWake(entry, finiteOrNull(wakeAt));\n", ""],
    [
      "a released run takes no permit",
      "takeLock(records, message, message.task, lock)) records.notify",
      "true) records.notify",
    ],
    ["who runs is not asked to stop", 'records.publish("revoke", JSON.stringify(asked))', "undefined"],
  ],
  "tick.ts": [
    ["a fenced beat ticks", 'if (!records.isCurrentTerm(term)) return { outcome: "fenced", now };', ""],
    ["a plan of another revision is done", 'if (revision !== item.revision) return "stale";', ""],
    ["a due time is accounted for twice", 'if (due !== item.expect) return "moved";', ""],
    ["a run at start is sent twice", "dueFrom(first) <= lastDue", "false"],
    ["a run is sent before its time", "dueTo(planned) > now", "false"],
    ["a paused entry ticks", 'pausedAt !== null || disabled !== null ? "paused"', 'false ? "paused"'],
    ["runs are not counted", 'if (outcome === "sent") sent++;', ""],
    [
      "an entry goes on after its last run",
      "if (maxRuns !== null) records.entries.disableWhenSpent(entry, maxRuns);",
      "",
    ],
    ["a run is triggered twice", 'if (isKnown(records, message.id)) return "sent";', ""],
    [
      "nothing follows from a tick",
      "  // cancel-running may have ended runs that still waited.\n  release(records);\n",
      "",
    ],
  ],
  "entries.ts": [
    ["an edit undoes another", "(before?.etag ?? null) !== item.expect", "false"],
    ["a run counts for a maxRuns of before", "entries.forgetMaxRuns(item.name)", "undefined"],
    ["a removed entry leaves its run", 'if (buffered) dropBufferedRun(records, buffered, "removed");', ""],
    ["an entry is removed that has changed", 'if (entry.etag !== expect) return "conflict";', ""],
    ["beats do not hear of an entry", '  records.publish("entries", item.name);\n', ""],
  ],
  "revoke.ts": [
    ["a worker is not told to stop", "terminate ? TO_STOP : TO_DROP", "TO_DROP"],
    [
      "a second revoke without terminate takes the first back",
      "if (how > message.revoked) messages",
      "messages",
    ],
    ["an unknown id is forgotten", "messages.rememberRevoked(id, now + keepMs)", "undefined"],
    ["a dead letter is revoked", 'message.state !== "dead"', "message.state"],
    ["a purged message keeps the record of its tries", "    records.results.drop(message.id);\n", ""],
    ["nothing follows from a revoke", "  release(records);\n  records.publish(", "  records.publish("],
    [
      "nothing follows from a purge",
      "  release(records);\n  return waiting.length;",
      "  return waiting.length;",
    ],
  ],
  "results.ts": [
    [
      "a mark takes the place of a final record",
      'if (ttlMs > 0 && !isFinal(results.kept(id)?.state ?? ""))',
      "if (ttlMs > 0)",
    ],
    [
      "a final record is overwritten",
      'if (!isFinal(results.kept(id)?.state ?? "")) results.keep',
      "results.keep",
    ],
    ["a result is written by a lost delivery", 'if (!records.messages.leased(ref)) return "lost";', ""],
    [
      "an expired message is told as pending",
      "const reason = endOf(message, now);",
      "const reason = null as 'expired' | 'revoked' | null;",
    ],
    ["one waits for a task that has left a mark", "kept === null && results.isKept(id)", "false"],
  ],
  "locks.ts": [
    ["who does not wait, waits", "busy && waiterTtlMs === null", "false"],
    ["who asks again has another permit", "if (!own) {", "if (true as boolean) {"],
    [
      "a waiter that is heard of is passed over",
      "  if (own && waiterTtlMs !== null) locks.setUntil(own, now + waiterTtlMs);\n",
      "",
    ],
    ["an extended permit ends as before", "  setEnd(records, holder, records.now + leaseMs);\n", ""],
    [
      "a process is not told that its permit was broken",
      'if (holder.kind === "process") records.publish("lock", JSON.stringify([holder.id]));',
      "",
    ],
    ["who was passed over comes back last", "locks.comeBack(before, now + OFFER_MS)", "locks.remove(before)"],
    [
      "nothing follows from a permit that is given back",
      '  releaseRequest(records, holder, "released");\n  release(records);',
      '  releaseRequest(records, holder, "released");',
    ],
  ],
};

test("the store of the rules as they are passes", async () => {
  expect(
    await firstFailure(await memoryWith("ends.ts", "isExpired(message, now)", "isExpired(message, now)")),
  ).toBe(null);
});

test("each file of rules has a mutant, but for those that only say what there is", () => {
  const rules = readdirSync(join(src, "store/rules"));
  const without = ["capacity.ts", "records.ts", "states.ts"];
  expect(Object.keys(MUTANTS).sort()).toEqual(rules.filter((file) => !without.includes(file)).sort());
});

describe.each(Object.entries(MUTANTS))("without a check of %s", (file, mutants) => {
  test.each(mutants)("%s, and a case fails", async (_, find, put) => {
    expect(await firstFailure(await memoryWith(file, find, put))).not.toBe(null);
  });
});
