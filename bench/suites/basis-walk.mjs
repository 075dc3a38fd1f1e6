// Time zone data that change: the walk over all entries beside the ticks of a beat that leads, and how late those are meanwhile.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Beat } from "../../dist/beat/beat.js";
import { BEAT_DEFAULTS } from "../../dist/beat/beat-options.js";
import { resolveEntry } from "../../dist/beat/resolve-entry.js";
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { systemRandom } from "../../dist/core/random.js";
import { crontab, every } from "../../dist/index.js";
import { openMemoryStore } from "../../dist/store/memory/index.js";
import { openSqliteStore } from "../../dist/store/sqlite/index.js";
import { messageFactory } from "../../dist/tasks/message-factory.js";
import { inSteps } from "../redis-store.mjs";

const OLD = "2020a";
const ticker = resolveEntry("ticker", { task: "t", schedule: every("1s") }, { timezone: "UTC" });

/** A quarter of the cursors stand where the data of before have put them, half an hour off; the others are due as before. */
function stored(index, now) {
  const schedule = crontab(`${index % 60} ${(index >> 6) % 24} * * *`, { timezone: "Europe/Paris" });
  const entry = resolveEntry(`entry-${index}`, { task: "t", schedule }, { timezone: "UTC" });
  const due = schedule.next(now + 3_600_000) + (index % 4 === 0 ? 1_800_000 : 0);
  const { name, definition, revision } = entry;
  return {
    ...{ name, owner: "runtime", version: 0, definition, revision, expect: null, basis: `t${OLD}` },
    ...{ cursor: { due, dispatchAt: due }, pausedAt: null, disabled: null, ledger: [] },
  };
}

const createMessage = messageFactory({
  registry: { get: () => undefined },
  random: systemRandom,
  defaults: {
    ...{ queue: "default", priority: 0, ignoreResult: true, resultTtlMs: 0, maxDeliveries: 5 },
    ...{ payloadLimit: 1_048_576, isFair: () => false },
  },
});

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

async function walk(store, count) {
  const now = Date.now();
  await inSteps(
    count,
    (index) => stored(index, now),
    (entries) => store.entries.put(entries),
  );
  const late = [];
  let moved = 0;
  let ended;
  const events = {
    emit(type, fields) {
      if (type === "schedule-moved") moved++;
      if (type === "schedule-sent") late.push(fields.lateMs);
    },
  };
  const beat = new Beat({
    ...{ store, clock: systemClock, random: systemRandom, logger: silentLogger, events, createMessage },
    entries: [ticker],
    options: { ...BEAT_DEFAULTS, owner: "code:bench", version: 1, hostname: "bench" },
  });
  const putMark = store.entries.putBasisWalk;
  let begun;
  store.entries.putBasisWalk = async (term, mark) => {
    begun ??= performance.now();
    if (mark.walk === null) ended = performance.now();
    return putMark(term, mark);
  };
  beat.start();
  while (ended === undefined) await sleep(20);
  const ms = ended - begun;
  await beat.stop();
  await store.close();
  return { ms, latest: Math.max(0, ...late), ticks: late.length, moved };
}

export async function run({ quick }) {
  const count = quick ? 100_000 : 1_000_000;
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  const stores = {
    memory: () => openMemoryStore(context),
    sqlite: () => openSqliteStore(path.join(folder, "bench.db"), context, { backups: false }),
  };
  const rows = [];
  for (const [name, open] of Object.entries(stores)) {
    const { ms, latest, ticks, moved } = await walk(await open(), count);
    const [entries, movedText] = [count, moved].map((number) => number.toLocaleString("en"));
    const wanted = quick ? {} : { wanted: "15 s" };
    rows.push({
      what: `${name}: ${entries} entries walked, ${movedText} moved`,
      unit: "ms",
      ours: ms,
      ...wanted,
    });
    rows.push({
      what: `${name}: latest of ${ticks} ticks beside it`,
      unit: "ms",
      ours: latest,
      wanted: "50 ms",
    });
  }
  rmSync(folder, { recursive: true, force: true });
  return { title: "Changed time zone data", rows };
}
