import assert from "node:assert/strict";
import type { Random } from "../../src/core/random.js";
import type { Delivery, NewMessage, Settlement } from "../../src/store/broker.js";
import type { EntryPut, LedgerRecord, Overlap, PlannedOccurrence, TickItem } from "../../src/store/entries.js";
import type { MessageLock, Permit } from "../../src/store/locks.js";
import type { Store } from "../../src/store/store.js";
import type { ManualClock } from "../../src/testing/manual-clock.js";
import { cursor, entry, item } from "../../src/testing/conformance/entry-samples.js";
import { dead, done, message, retry } from "../../src/testing/conformance/samples.js";

const ODD = process.env["PLAIN"] ? false : true;
const ENTRIES = ODD ? ["a", "b c", "\ud800%"] : ["a", "b", "c"];
const QUEUES = ODD ? ["q", "r s\n", "++"] : ["q", "r", "s"];
const LOCKS = ODD ? ["l", "m,n o", "\udfff"] : ["l", "m", "n"];
const WAITERS = ODD ? ["u", "v w", "+", "\u0000", "é"] : ["u", "v", "w", "x", "y"];
const IDS = ODD
  ? ["m0", "m 1", "m\n2", "\u0000", "\u0001x", "\ud800", "x".repeat(3000), "%41", "+", "++", "=", "q 900000000000001 m0", "\u{1f600}"]
  : Array.from({ length: 13 }, (_, i) => `m${i}`);
const BODIES = ["", "{}", "\u0001", "a b\nc", "\ud800 x", "+"];

type Many<T> = T[];

const OWN = new Set(["stamp", "token", "row", "fence", "nextWakeAt", "nextLookAt", "term"]);
function shared(answer: unknown): unknown {
  if (answer === undefined) return null;
  return JSON.parse(JSON.stringify(answer, (key, v: unknown) => (OWN.has(key) ? (v === null ? null : "") : v)));
}
const canon = (v: unknown): unknown => Array.isArray(v) ? v.map(canon) : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, x]) => [k, canon(x)])) : v;
const by = (v: unknown): string => JSON.stringify(canon(shared(v)));
const sorted = <T>(list: readonly T[]): T[] => [...list].sort((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0));

export async function walkWhole(stores: Store[], names: string[], clock: ManualClock, random: Random, steps: number) {
  const below = (n: number): number => Math.floor(random.next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const some = <T>(n: number, make: () => T): T[] => Array.from({ length: below(n + 1) }, make);
  const trace: string[] = [];
  const all = async <T>(what: string, work: (s: Store, n: number) => Promise<T>, args?: unknown): Promise<Many<T>> => {
    if (args !== null) trace.push(`${clock.now()} ${what} ${JSON.stringify(args, (k, v) => (typeof v === "string" && v.length > 50 ? v.slice(0, 10) : v))}`);
    const answers: T[] = [];
    const errors: unknown[] = [];
    for (const [n, s] of stores.entries()) {
      try {
        answers.push(await work(s, n));
        errors.push(null);
      } catch (e) {
        answers.push(null as T);
        errors.push(String(e));
      }
    }
    if (errors.some((e) => e !== null)) throw new Error(`${what}: ${JSON.stringify(errors)}`);
    for (let n = 1; n < stores.length; n++) {
      try {
        assert.deepEqual(shared(answers[n]), shared(answers[0]));
      } catch (error) {
        throw new Error(`${what}: ${names[n]} differs from memory\n${(error as Error).message}`);
      }
    }
    if (args !== null && args !== undefined) trace.push("   -> " + JSON.stringify(shared(answers[0]))?.slice(0, 300));
    return answers;
  };
  const TERM = 30_000;
  let terms: string[] = stores.map(() => "none");
  const given: Delivery[][] = [];
  const permits: Permit[][] = [];
  const ids = new Set<string>(IDS);
  let ranges = 0;
  let runNo = 0;

  const aLock = (): MessageLock => ({
    name: pick(LOCKS), capacity: pick([1, 1, 1, 2]), waitTimeoutMs: pick([null, null, 900]), reserveMs: pick([500, 2_000]),
  });
  const aMessage = (id: string, changes: Partial<NewMessage> = {}): NewMessage => {
    ids.add(id);
    return message(id, {
      queue: pick(QUEUES), priority: below(3), maxDeliveries: 1 + below(3), task: pick(["t", "t t", ""]), body: pick(BODIES),
      resultTtlMs: pick([60_000, 60_000, 2_000, 0]),
      ...(below(4) === 0 && { eta: below(2) ? { inMs: below(2_000) - 300 } : { at: clock.now() + below(2000) - 300 } }),
      ...(below(5) === 0 && { expires: below(2) ? { inMs: below(3_000) - 100 } : { at: clock.now() + below(3000) } }),
      ...(below(3) === 0 && !process.env["NOLOCK"] && { lock: aLock() }),
      ...changes,
    });
  };
  const anOverlap = (): Overlap => ({
    policy: pick(["allow", "skip", "queue-one", "queue-one", "cancel-running"]),
    timeoutMs: pick([null, null, 2_000, 5_000]),
    graceMs: pick([0, 1_000, 3_000]),
  });
  const refs = (): Delivery[][] =>
    given.length === 0 ? [] : some(3, () => (below(3) ? given.at(-1 - below(Math.min(5, given.length))) : pick(given)) as Delivery[]);
  const took = (answers: readonly { deliveries: readonly Delivery[] }[]) => {
    (answers[0]?.deliveries ?? []).forEach((_, i) => given.push(answers.map((a) => a.deliveries[i] as Delivery)));
  };
  const request = () => ({ queues: [pick(QUEUES)], worker: "w", leaseMs: 300 + below(2_500), max: below(4) });
  const aSettlement = (): ((ref: Delivery) => Settlement) => {
    const delayMs = below(2) * 700;
    const resultTtlMs = pick([60_000, 60_000, 1_500, 0]);
    const kind = below(7);
    const res = pick([null, { state: "SUCCESS", payload: pick(BODIES), worker: "w w" }, { state: "STARTED", payload: null }, { state: "MY STATE", payload: "1" }]);
    return (ref) => {
      if (kind < 3) return { ...done(ref, res), resultTtlMs };
      if (kind === 3) return { ...retry(ref, delayMs), resultTtlMs };
      if (kind === 4) return { ...retry(ref, delayMs), kind: "defer", resultTtlMs, result: res };
      if (kind === 5) return { ...dead(ref, pick1), resultTtlMs };
      return { ...done(ref), resultTtlMs };
    };
  };
  const pick1 = "no such\ntask";
  const aRange = (from: number) => ({ from, to: from + 2, count: 3, reason: `r ${++ranges}`, schedule: "{\ud800}" });
  const read = async (name: string) => all("get", async (s) => (await s.entries.get([name]))[0] ?? null, null);

  const anItem = async (name: string): Promise<TickItem | null> => {
    const [stored] = await read(name);
    if (!stored) return below(4) ? null : item(name, 5, { next: cursor(10) });
    const at = stored.cursor?.nominal ?? null;
    const plan: PlannedOccurrence[] = [];
    let due = at ?? clock.now() - 3;
    for (let left = below(4); left > 0; left--, due += 3 + below(100)) {
      const kind = below(6);
      if (kind === 0) plan.push({ kind: "skip", due, reason: "late" });
      else if (kind === 1) plan.push({ kind: "range", ...aRange(due) });
      else plan.push({ kind: "send", due, message: aMessage(`${name}@${due}`, { entry: name }), overlap: anOverlap() });
    }
    const next = below(6) ? cursor(due, due + below(100)) : null;
    return item(name, below(9) ? at : 5, {
      revision: below(9) ? stored.revision : "other", plan, next,
      disable: next === null ? pick(["ended", null]) : null, maxRuns: pick([null, null, 3, 6, 12]),
    });
  };

  const lockCalls: (() => Promise<unknown>)[] = [
    async () => {
      const req = {
        lock: pick(LOCKS), capacity: pick([1, 1, 1, 2, 3]), waiter: pick(WAITERS), label: pick(["p p", "x"]),
        leaseMs: pick([400, 1_000, 3_000]), aliveMs: pick([null, 300, 1_000]),
      };
      const answers = await all("acquire", (s) => s.locks.acquire(req), req);
      if (answers[0]?.outcome === "granted") permits.push(answers.map((a) => (a.outcome === "granted" ? a.permit : (null as never))));
    },
    async () => { const l = pick(LOCKS), w = pick(WAITERS); await all("cancel", (s) => s.locks.cancel(l, w), [l, w]); },
    async () => { const p = permits.at(-1 - below(5)); const ms = pick([200, 1_500]); if (p) await all("extend", (s, n) => s.locks.extend(p[n]!, ms), [p[0], ms]); },
    async () => { const p = permits.at(-1 - below(5)); if (p) await all("release", (s, n) => s.locks.release(p[n]!), [p[0]]); },
    async () => { const p = permits.at(-1 - below(5)); if (p) await all("break", (s, n) => s.locks.break(p[n]!), [p[0]]); },
    async () => {
      const rs = refs(); if (rs.length === 0) return;
      const extra = rs.map((r) => ({ lock: below(2) && r[0]?.lock ? { ...strip(r[0].lock) } : aLock(), busy: pick(["park", "park", "refuse"] as const) }));
      await all("admit", (s, n) => s.locks.admit(rs.map((r, i) => ({ id: r[n]!.id, token: r[n]!.token, ...extra[i]! }))), rs.map((r, i) => [r[0]!.id, r[0]!.token, extra[i]]));
    },
  ];
  const strip = ({ name, capacity, waitTimeoutMs, reserveMs }: MessageLock): MessageLock => ({ name, capacity, waitTimeoutMs, reserveMs });

  const verbs: (() => Promise<unknown>)[] = [
    ...(process.env["NOLOCK"] ? [] : [...lockCalls, lockCalls[0]!, lockCalls[3]!, lockCalls[5]!]),
    ...[0, 1].map(() => async () => {
      const batch = some(4, () => aMessage(pick(IDS), below(6) ? {} : { entry: pick(ENTRIES) }));
      await all("enqueue", (s) => s.broker.enqueue(batch), batch);
    }),
    ...[0, 1].map(() => async () => { const r = request(); took(await all("claim", (s) => s.broker.claim(r), r)); }),
    ...[0, 1].map(() => async () => {
      const rs = refs(); const how = rs.map(aSettlement); const r = below(2) ? request() : null;
      const answers = await all("settle", (s, n) => s.broker.settle(rs.map((ref, i) => how[i]!(ref[n]!)), r), [rs.map((ref, i) => how[i]!(ref[0]!)), r]);
      if (r) took(answers.map((a) => a.claimed!));
    }),
    async () => { const rs = refs(); const ms = pick([400, 3000]); await all("heartbeat", (s, n) => s.broker.heartbeat(rs.map((r) => r[n]!), ms), [rs.map((r) => [r[0]!.id, r[0]!.token]), ms]); },
    async () => { const rs = refs(); await all("giveBack", (s, n) => s.broker.giveBack(rs.map((r) => r[n]!)), rs.map((r) => [r[0]!.id, r[0]!.token])); },
    async () => { const some_ = some(3, () => pick([...ids])); const o = { terminate: below(2) === 0, keepMs: below(2_000) }; await all("revoke", (s) => s.broker.revoke(some_, o), [some_, o]); },
    async () => { if (below(5) === 0) { const q = some(2, () => pick(QUEUES)); await all("purge", (s) => s.broker.purge(q), q); } },
    async () => { const i = some(3, () => pick([...ids])); const again = below(3) > 0; await all(again ? "retryDead" : "deleteDead", (s) => (again ? s.broker.retryDead(i) : s.broker.deleteDead(i)), i); },
    async () => { const i = some(2, () => pick([...ids])); await all("forget", (s) => s.results.forget(i), i); },
    async () => { const [r] = refs(); const ttl = pick([1_000, 9_000, 0]); const rec = pick([{ state: "STARTED", payload: null, worker: "w" }, { state: "SUCCESS", payload: "x" }, { state: "a b", payload: "\ud800" }]); if (r) await all("update", (s, n) => s.results.update(r[n]!, rec, ttl), [r[0]!.id, r[0]!.token, rec, ttl]); },
    async () => { if (below(3)) return; const id = pick([...ids]); const ttl = pick([1_000, 9_000, 0]); const rec = pick([{ state: "STARTED", payload: null }, { state: "SUCCESS", payload: "x", reason: "y z" }]); await all("put", (s) => s.results.put(id, rec, ttl), [id, rec, ttl]); },
    async () => { if (below(3) === 0) await all("sweep", async (s) => { for (let i = 0; i < 5; i++) await s.sweep(100); }, 100); },
    ...[0, 1, 2].map(() => async () => {
      const items = (await Promise.all(Array.from({ length: 1 + below(2) }, () => anItem(pick(ENTRIES))))).flatMap((i) => i ?? []);
      await all("tick", (s, n) => s.entries.tick(terms[n]!, items), items);
    }),
    async () => {
      const names_ = Array.from({ length: 1 + below(2) }, () => pick(ENTRIES));
      const puts: { put: EntryPut; before: Many<{ stamp: number } | null> }[] = [];
      for (const name of names_) {
        const before = await read(name);
        const nominal = clock.now() - below(500);
        puts.push({ before, put: entry(name, null, {
          cursor: below(8) ? cursor(nominal, nominal + below(200)) : null, revision: pick(["r1", "r 2"]), definition: pick(["{}", "\ud800"]), owner: pick(["runtime", "code:a b"]),
          pausedAt: below(8) ? null : clock.now(), disabled: below(6) ? null : pick(["disabled", "left-code"]),
          ledger: below(4) ? [] : [aRange(clock.now() - 100)],
        }) });
      }
      await all("put-entries", (s, n) => s.entries.put(puts.map(({ put, before }) => ({ ...put, expect: before[n]?.stamp ?? null }))), puts.map((p) => p.put));
    },
    async () => { const name = pick(ENTRIES); const m = aMessage(below(3) ? `${name}!${++runNo}` : pick([...ids]), { entry: name }); const o = below(4) ? anOverlap() : null; await all("trigger", (s) => s.entries.trigger(name, m, o), [name, m, o]); },
    async () => { const name = pick(ENTRIES); const before = below(5) ? null : await read(name); if (before) await all("remove", (s, n) => s.entries.remove(name, before[n]?.stamp ?? 0), name); },
    async () => { if (below(6) === 0) { const r = { maxAgeMs: pick([3_000, 10_000]), maxRowsPerEntry: pick([1e9, 1e9, 1e9]) }; await all("trim", (s) => s.entries.trimLedger(r, 1_000), r); } },
    async () => { const c = { id: pick(["a", "b b"]), nonce: pick(["n", "m m"]), host: "h\ud800", version: "" }; const e = await all("elect", (s) => s.leases.elect(c, TERM), c); terms = e.map((x) => (x.outcome === "leading" ? x.term : x.leader.term)); },
    async () => { if (below(10) === 0) { const c = { id: "a", nonce: "n" }; await all("resign", (s) => s.leases.resign(c), c); } },
    async () => { const ms = below(900); trace.push(`jump ${ms}`); clock.jump(ms); },
    async () => { const ms = below(200); trace.push(`jump ${ms}`); clock.jump(ms); },
    async () => { if (process.env["BACK"] && below(4) === 0) { const ms = -below(1500); trace.push(`jump ${ms}`); clock.jump(ms); } },
  ];
  const inOrder = (records: readonly LedgerRecord[]) => sorted(records);
  const compare = async (): Promise<void> => {
    const lazy = process.env["LAZY"];
    if (!lazy) {
      await all("housekeeping", async (s) => { const c = await s.broker.claim({ queues: ["none"], worker: "w", leaseMs: 5, max: 0 }); return { ...c, buried: c.buried && sorted(c.buried) }; }, null);
      await all("sweep", async (s) => { for (let i = 0; i < 3; i++) await s.sweep(1000); }, null);
    }
    await all("cmp entries", (s) => s.entries.get(ENTRIES), null);
    await all("cmp due", async (s) => { const d = await s.entries.due(99); return { ...d, entries: sorted(d.entries) }; }, null);
    for (const name of ENTRIES) await all(`cmp ledger ${name}`, async (s) => inOrder(await s.entries.ledger(name, { limit: 1_000, keep: "oldest" })), null);
    await all("cmp counts", (s) => s.broker.counts(), null);
    await all("cmp dead", async (s) => sorted(await s.broker.deadLetters({ limit: 100 })), null);
    await all("cmp results", (s) => s.results.get([...ids]), null);
    await all("cmp leader", (s) => s.leases.leader(), null);
    if (lazy) return;
    for (const l of LOCKS) await all(`cmp inspect ${l}`, async (s) => { const d = await s.locks.inspect(l, 100); return d && { ...d, holders: sorted(d.holders) }; }, null);
    {
    for (const l of LOCKS) await all(`cmp history ${l}`, async (s) => sorted(await s.locks.history({ lock: l, limit: 1_000 })), null);
    }
    for (const [n, s] of stores.entries()) {
      let soonest = Infinity;
      for (const l of LOCKS) { const d = await s.locks.inspect(l, 100); if (d && d.waiting > 0) for (const h of d.holders) soonest = Math.min(soonest, h.until); }
      const c = await s.broker.claim({ queues: ["none"], worker: "w", leaseMs: 5, max: 0 });
      if ((c.nextWakeAt ?? Infinity) > soonest) throw new Error(`${names[n]}: nextWakeAt ${c.nextWakeAt} is after the end of a permit ${soonest}`);
    }
    await all("cmp locks", async (s) => sorted(await s.locks.list({ limit: 100 })), null);
  };
  await all("elect", (s) => s.leases.elect({ id: "a", nonce: "n", host: "h", version: "1" }, TERM), 1).then((e) => { terms = e.map((x) => (x.outcome === "leading" ? x.term : "")); });
  for (let step = 0; step < steps; step++) {
    try {
      if (String(step) === process.env["AT"]) for (const [n, st] of stores.entries()) for (const l of LOCKS) console.log(names[n], l, clock.now(), JSON.stringify(await st.locks.inspect(l, 10)), JSON.stringify(await st.broker.claim({ queues: ["none"], worker: "w", leaseMs: 5, max: 0 })));
      await pick(verbs)();
      await compare();
    } catch (cause) {
      if (process.env["TRACE"]) console.log(trace.slice(-Number(process.env["TRACE"])).join("\n"));
      throw new Error(`step ${step}: ${(cause as Error).message}`, { cause });
    }
  }
}
