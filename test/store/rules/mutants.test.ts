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
import { type ConformanceCase, storeConformance } from "../../conformance/suite.js";

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
/** The random walks and the large graphs are the slowest cases, and tell least of what is wrong. */
const isSlow = ({ group }: ConformanceCase): boolean => /walks|large/.test(group);
const isOfGraphs = ({ group }: ConformanceCase): boolean => group.startsWith("graphs");

/** Those first that are most likely to fail. */
function inOrder(file: string): ConformanceCase[] {
  const quick = cases.filter((each) => !isSlow(each));
  const [first, then] = [quick.filter(isOfGraphs), quick.filter((each) => !isOfGraphs(each))];
  const isGraphs = /^(graph|parts)/.test(file);
  return [...(isGraphs ? [...first, ...then] : [...then, ...first]), ...cases.filter(isSlow)];
}

/** A case that hangs has failed. Cases take some milliseconds. */
const CASE_LIMIT_MS = 10_000;

/** The first case that fails; null: all pass. */
async function firstFailure(file: string, open: Open): Promise<string | null> {
  for (const { group, name, run } of inOrder(file)) {
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
    ["a dropped message leaves no result", "  keepOwnResult(records, message, state, reason);\n", ""],
    ["a dead letter leaves no result", '  keepOwnResult(records, message, "FAILURE", reason);\n', ""],
    [
      "a part that is given up leaves its graph waiting",
      'part && partEnded(records, part, "failed"',
      'part && false && partEnded(records, part, "failed"',
    ],
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
      '  records.messages.block(message, "lock");\n  return false;',
      "  return true;",
    ],
    ["nobody hears of a message", "records.notify(sent.queue);", ""],
    [
      "a released message takes no permit",
      "takeLock(records, message, message.task, lock)) records.notify(queue)",
      "true) records.notify(queue)",
    ],
  ],
  "claim.ts": [
    [
      "a message has one delivery too many",
      "message.deliveries >= message.maxDeliveries",
      "message.deliveries > message.maxDeliveries",
    ],
    ["a lost delivery keeps its permit", "      losePermit(records, message);\n", ""],
    ["nothing follows from housekeeping", "  goOn(records);\n  return { refilled", "  return { refilled"],
    ["one that waited too long stays", '      endWith(records, message, "FAILURE", "lock-timeout");\n', ""],
    ["a part of a revoked graph begins", 'part && isStopped(records, part) ? "revoked"', 'false ? "revoked"'],
    ["a delivery does not tell its part", "part ? { ...delivery", "false ? { ...delivery"],
    ["a change of a graph is not told", "    ...takeChanges(records),\n", ""],
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
      "settleOne(records, settlement));\n  goOn(records);",
      "settleOne(records, settlement));",
    ],
    ["a task without a result leaves no mark", "if (!result) remember(", "if (result) remember("],
    ["a run that fails grows", 'endByRecord(record) === "succeeded" && ', ""],
    ["a run of a revoked graph grows", "isOpen(part) && !isStopped(records, part)", "isOpen(part)"],
    ["one that was to stop replaces itself", "message.revoked !== NOT_REVOKED || ", ""],
    ["a replaced run expires", "  messages.clearExpires(message);\n", ""],
    ["a replaced run can be taken", '  messages.block(message, "part");\n', ""],
    ["a change of a graph is not told", "claimant), ...changes }", "claimant) }"],
  ],
  "admit.ts": [
    ["a task that is to be refused waits", 'busy === "refuse" && ', "false && "],
    ["a task keeps the permit of another lock", "  if (!isSame) releaseTicket(records, message);\n", ""],
    ["a blocked task stays leased", '  messages.block(locked, "lock");\n', ""],
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
    [
      "what steps have left is not done",
      "const line = graphs.takeTodo();",
      "const line = null as TodoLine | null;",
    ],
    [
      "the rest of a line goes behind newer ones",
      'graphs.putTodo(rest, "front")',
      'graphs.putTodo(rest, "end")',
    ],
    [
      "a step follows without a bound",
      "while (graphs.stepsLeft > 0) {\n    const line",
      "while (true) {\n    graphs.stepsLeft = 500;\n    const line",
    ],
    ["nobody tells of what has changed", "graphs.changes.push(line.change)", "undefined"],
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
    ["nobody hears of a released run", "  arriveInQueue(records, message);\n", ""],
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
    ["a purged message keeps the record of its tries", "      records.results.drop(message.id);\n", ""],
    ["a purged part leaves its graph waiting", "if (part) {", "if (part && false) {"],
    [
      "nothing follows from a revoke",
      "  release(records);\n  leaveChanges(records);\n  records.publish(",
      "  leaveChanges(records);\n  records.publish(",
    ],
    [
      "nobody tells of a graph that a revoke has ended",
      "  release(records);\n  leaveChanges(records);\n  records.publish(",
      "  release(records);\n  records.graphs.changes = [];\n  records.publish(",
    ],
    [
      "nothing follows from a purge",
      "  release(records);\n  leaveChanges(records);\n  return waiting.length;",
      "  return waiting.length;",
    ],
  ],
  "parts.ts": [
    ["a part ends twice", "if (!isOpen(part)) return false;", ""],
    [
      "an empty graph that is cancelled stays",
      "if (revoked && isOver(revoked)) closeGraph",
      "if (revoked && revoked.open < 0) closeGraph",
    ],
    ["nobody follows", "freed.part.add(part.id)", "undefined"],
    ["a graph has no end", "if (isOver(graph)) closeGraph(records, graph);", ""],
    ["an output expires while somebody takes it", "part.takers !== 0", "false"],
    ["a failure is not kept for who tells it", 'end !== "succeeded" || part', "part"],
    [
      "an output is kept for one that has taken it",
      'if (end === "succeeded") for (const input of part.inputs ?? []) unpin(records, input);',
      "",
    ],
    ["one of two takers lets an output go", "graphs.countTaken(part) > 0", "graphs.countTaken(part) > 1"],
    [
      "a graph that has ended keeps its outputs",
      'graphs.putTodo({ kind: "unpin", graph: id }, "end")',
      "undefined",
    ],
    ["a graph is kept for ever", "isSaved ? null : now + keepMs", "null"],
    ["a saved graph is dropped", "isSaved ? null : now + keepMs", "now + keepMs"],
    ["a change of a graph is not told", "graphs.changes.push({ id, name, state });", ""],
    ["those that run do not hear of a cancel", 'if (terminate) records.publish("graph", graph.id);', ""],
    [
      "parts of a revoked graph wait on",
      'graphs.putTodo({ kind: "cancel", graph: graph.id, terminate, place: 0 }, "end")',
      "undefined",
    ],
    [
      "a failed part loses its message",
      'if (end === "succeeded" || part.replacedBy !== null) {',
      "if (true as boolean) {",
    ],
    [
      "a replaced run that has ended is unfinished",
      "    if (message.entry !== null) freed.entry.add(message.entry);\n",
      "",
    ],
    ["an id that had replaced itself is never another", "part.replacedBy === null || isOpen(part)", "true"],
  ],
  "graph.ts": [
    ["who fails is not followed", "if (rest) left.push(rest);", ""],
    ["the group is not cancelled", "cancelRanges(records, graph, list);", "void 0;"],
    [
      "a step follows all edges",
      "const limit = graphs.stepsLeft;\n    const edges",
      "const limit = 1e9;\n    const edges",
    ],
    ["a rest begins anew", "return { ...line, at };", "return { ...line, at: 0 };"],
    ["an ended part begins again", 'if (target.stage !== "blocked") return;', ""],
    [
      "a failure lets what needs it begin",
      'if (kind === "success") return endUnrun(records, target, culprit);',
      "",
    ],
    [
      "an error callback is not called",
      'if (kind === "failure") return startPart(records, target, culprit);',
      "",
    ],
    [
      "a callback of one that was not needed runs",
      'end !== "succeeded" && !isUnneeded',
      'end !== "succeeded"',
    ],
    ["what follows one that was not needed runs", "if (isUnneeded && ", "if (false && "],
    [
      "an error callback runs after a success",
      'if (kind === "failure") endUnrun(records, target, null);\n  else ',
      "",
    ],
    ["a part begins with the first edge", "if (graphs.countDown(target) > 0) return;", ""],
    [
      "the culprit is the one before",
      '"unrun" ? source.culprit : source.id',
      '"unrun" ? source.id : source.id',
    ],
    [
      "a replaced part stays",
      "partEnded(records, graphs.part(part.id) ?? part, end, { record, ttlMs: part.ttlMs, culprit })",
      "undefined",
    ],
    [
      "what has expired is told as unrun",
      "if (message && reason) return dropUnrun(records, message, reason);",
      "",
    ],
    [
      "countdown counts from the sending",
      "part.etaMs === null ? message.eta : now + part.etaMs",
      "message.eta",
    ],
    [
      "a relative expires is forgotten",
      "part.expiresMs === null ? message.expires : now + part.expiresMs",
      "message.expires",
    ],
    ["a join tells no value", '`{"$source":${part.value ?? "null"}}`', "null"],
    [
      "parts begin twice",
      'if (part?.stage === "blocked" && part.pending === 0) startPart',
      "if (part?.pending === 0) startPart",
    ],
    [
      "parts of an unsealed graph end unfollowed",
      'if (graph?.state === "open") return messages.markRevoked(message, TO_DROP);',
      "",
    ],
    [
      "revoking a replaced run leaves what is in its place",
      "  revokeOwnGraph(records, part.id, false);\n",
      "",
    ],
  ],
  "graph-open.ts": [
    ["a sealed graph takes another portion", 'if (known && known.state !== "open") return "duplicate";', ""],
    ["a portion runs before the seal", "  if (!portion.seal) {", "  if (false as boolean) {"],
    ["an unsealed graph stays", "    graphs.setUntil(graph, now + UNSEALED_MS);\n", ""],
    [
      "a part that comes twice is stored twice",
      " || !part.message) continue;",
      " && !part.message) continue;",
    ],
    [
      "expires counts from the sending",
      '...(expires && "at" in expires && { expires })',
      "...(expires && { expires })",
    ],
    [
      "who follows a group does not wait for what is added",
      "  awaitGrown(records, graph, growth.parts);\n",
      "",
    ],
    ["what is added is not told", "if (added) graphs.addValues(graph, added.list, added.values);", ""],
    ["what grew is not begun", '  graphs.putTodo({ kind: "start", graph, place: from }, "front");\n', ""],
    ["a cancel does not reach what grew", "graphs.setGrown(part, ", "void (part, "],
    ["an older graph stays", "dropGraph(records, older, Number.MAX_SAFE_INTEGER);", "graphs.remove(older);"],
    [
      "a run that becomes a graph is not told",
      '  graphs.changes.push({ id, name: task, state: "running" });\n',
      "",
    ],
  ],
  "graph-portions.ts": [
    [
      "a member at work is not told to stop",
      "if (how > message.revoked) messages.markRevoked(message, how);",
      "",
    ],
    ["a member at work is dropped", 'if (message?.state !== "leased") {', "if (message?.state) {"],
    ["a cancelled group has one more member", "from < to); from++", "from <= to); from++"],
    ["a cancel does not reach what grew", "if (part?.grown) {", "if (part?.grown && false) {"],
    [
      "a resume begins before all is counted",
      'line.phase === "count" ? countParts(records, line)',
      'line.phase === "count" ? null',
    ],
    ["an error callback that ran runs again", "|| hasCalledBack) return;", ") return;"],
    ["an error callback runs after a resume", 'if (kind === "failure") graphs.markCallback(target);', ""],
    ["a resume waits for what has succeeded", 'if (part.stage !== "succeeded") graphs', "graphs"],
    [
      "a resumed part is told as ended",
      "  results.drop(part.id);\n  graphs.reopenPart",
      "  graphs.reopenPart",
    ],
    ["a resumed dead letter stays dead", '    messages.block(message, "part");\n', ""],
    [
      "a part that was revoked stays so",
      "if (message.revoked !== NOT_REVOKED) messages.markRevoked(message, NOT_REVOKED);",
      "",
    ],
    ["outputs of a saved graph go", "    results.keepUntil(part.id, PINNED_UNTIL);\n", ""],
    ["outputs stay for ever", "results.keepUntil(part.id, endedAt + ", "void (part.id, endedAt + "],
    [
      "a dropped graph leaves messages",
      'else if (message && message.state !== "dead") end(records, message);',
      "",
    ],
    ["a dropped graph takes its dead letters along", ' && message.state !== "dead") end', ") end"],
    ["a forgotten graph leaves results", "if (graph.isForgotten) results.drop(part.id);\n  else ", ""],
    [
      "a failed graph leaves results",
      "else if (part.isPinned) results.keepUntil",
      "else if (false as boolean) results.keepUntil",
    ],
  ],
  "graph-verbs.ts": [
    ["one that has ended is cancelled", 'if (isOver(graph)) return "over";', ""],
    ["a graph is resumed while it runs", 'if (graph.state !== "failed") return "refused";', ""],
    ["a second failure does not cancel", "  graphs.restoreCancels(id);\n", ""],
    [
      "a graph that is resumed is dropped",
      "  graphs.setUntil(graph, null);\n  graphs.restore",
      "  graphs.restore",
    ],
    ["a graph that was over is not kept", "if (isOver(graph)) graphs.setUntil(graph, null);", ""],
    ["a forgotten graph goes on", 'if (!isOver(graph)) graphs.setState(graph, "revoked");', ""],
    ["a forgotten graph is told", "  graphs.markForgotten(graph);\n", ""],
    [
      "a sweep drops no graph",
      "const [graph] = records.graphs.overdue(1);",
      "const [graph] = [] as never[];",
    ],
  ],
  "graph-told.ts": [
    ["a graph is told that is to be dropped", "until === null || until > now", "true"],
    ["what runs is told as waiting", '? "running" : "waiting"', '? "waiting" : "waiting"'],
    ["a large input comes along", "(input.payload?.length ?? 0) < SMALL_INPUT", "true"],
    ["a page of outputs has no bound", "size > OUTPUTS_SIZE", "false"],
    ["joins count in progress", "size - succeeded - failed - unrun", "graph.open"],
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
    await firstFailure(
      "ends.ts",
      await memoryWith("ends.ts", "isExpired(message, now)", "isExpired(message, now)"),
    ),
  ).toBe(null);
});

test("each file of rules has a mutant, but for those that only say what there is", () => {
  const rules = readdirSync(join(src, "store/rules"));
  const without = ["capacity.ts", "graph-records.ts", "records.ts", "states.ts", "todo.ts"];
  expect(Object.keys(MUTANTS).sort()).toEqual(rules.filter((file) => !without.includes(file)).sort());
});

describe.each(Object.entries(MUTANTS))("without a check of %s", (file, mutants) => {
  test.each(mutants)("%s, and a case fails", async (_, find, put) => {
    expect(await firstFailure(file, await memoryWith(file, find, put))).not.toBe(null);
  });
});
