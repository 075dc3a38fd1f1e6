// The embedded store: add and drain through the whole of sunbeat, against the fewest statements of the same driver
// that keep the same promises: one durable transaction per step, ids unique, a lease while it runs, a stored result.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Sunbeat } from "../../dist/index.js";
import { loadDriver } from "../../dist/store/sqlite/driver.js";
import { elapsed, interleave } from "../harness.mjs";

const BODY = JSON.stringify({ v: 1, args: [2, 2] });

async function rawQueue(file) {
  const db = (await loadDriver()).open(file);
  db.exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE message (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, queue TEXT NOT NULL, priority INTEGER NOT NULL,
      held INTEGER NOT NULL DEFAULT 0, token TEXT, lease_until INTEGER, body TEXT NOT NULL);
    CREATE INDEX ready ON message (queue, priority DESC) WHERE held = 0;
    CREATE INDEX leased ON message (lease_until) WHERE held = 1;
    CREATE TABLE result (id TEXT PRIMARY KEY, state TEXT NOT NULL, payload TEXT, until INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX result_until ON result (until);`);
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const insert = db.prepare("INSERT INTO message (id, queue, priority, body) VALUES (?, ?, ?, ?)");
  const next = db.prepare(
    "SELECT seq, id, body FROM message WHERE queue = ? AND held = 0 ORDER BY priority DESC, seq LIMIT ?",
  );
  const hold = db.prepare("UPDATE message SET held = 1, token = ?, lease_until = ? WHERE seq = ?");
  const end = db.prepare("DELETE FROM message WHERE seq = ? AND token = ?");
  const keep = db.prepare("INSERT INTO result (id, state, payload, until) VALUES (?, ?, ?, ?)");
  const step = (work) => {
    begin.run();
    const answer = work();
    commit.run();
    return answer;
  };
  return {
    add: (count) =>
      step(() => void Array.from({ length: count }, () => insert.run(randomUUID(), "default", 0, BODY))),
    drain(batch) {
      let held = [];
      do {
        held = step(() => {
          for (const { seq, token, id, value } of held) {
            end.run(seq, token);
            keep.run(id, "SUCCESS", JSON.stringify(value), Date.now() + 86_400_000);
          }
          return next.all("default", batch).map((row) => {
            const token = randomUUID();
            hold.run(token, Date.now() + 30_000, row.seq);
            return { ...row, token };
          });
        });
        for (const one of held) one.value = JSON.parse(one.body).args.reduce((x, y) => x + y);
      } while (held.length > 0);
    },
    close: () => db.close(),
  };
}

function sunbeat(file, concurrency) {
  const app = new Sunbeat("bench", { broker: `sqlite:${file}`, workerConcurrency: concurrency });
  const add = app.task("add", (x, y) => x + y);
  return { app, add };
}

/** Tasks a second that `measure(folder)` reaches; each round has files of its own. */
const inFolder = (count, measure) => async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  try {
    return (count * 1000) / (await measure(path.join(folder, "bench.db")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function addOneByOne(count) {
  return {
    sunbeat: inFolder(count, async (file) => {
      const { app, add } = sunbeat(file, 1);
      await add.delay(2, 2);
      const ms = await elapsed(async () => {
        for (let i = 0; i < count; i++) await add.delay(2, 2);
      });
      await app.close();
      return ms;
    }),
    raw: inFolder(count, async (file) => {
      const raw = await rawQueue(file);
      raw.add(1);
      const ms = await elapsed(() => {
        for (let i = 0; i < count; i++) raw.add(1);
      });
      raw.close();
      return ms;
    }),
  };
}

function addMany(count) {
  return {
    sunbeat: inFolder(count, async (file) => {
      const { app, add } = sunbeat(file, 1);
      await add.delay(2, 2);
      const ms = await elapsed(() => add.delayMany(Array.from({ length: count }, () => [2, 2])));
      await app.close();
      return ms;
    }),
    raw: inFolder(count, async (file) => {
      const raw = await rawQueue(file);
      raw.add(1);
      const ms = await elapsed(() => {
        for (let i = 0; i < count; i += 1000) raw.add(1000);
      });
      raw.close();
      return ms;
    }),
  };
}

function drain(count, concurrency) {
  return {
    sunbeat: inFolder(count, async (file) => {
      const { app, add } = sunbeat(file, concurrency);
      await add.delayMany(Array.from({ length: count }, () => [2, 2]));
      const worker = app.worker();
      let done = 0;
      const drained = new Promise((resolve) => {
        app.events.on("task-succeeded", () => {
          if (++done === count) resolve();
        });
      });
      const ms = await elapsed(async () => {
        await worker.start();
        await drained;
      });
      await app.close();
      return ms;
    }),
    raw: inFolder(count, async (file) => {
      const raw = await rawQueue(file);
      for (let i = 0; i < count; i += 1000) raw.add(1000);
      const ms = await elapsed(() => raw.drain(concurrency));
      raw.close();
      return ms;
    }),
  };
}

export async function run({ quick }) {
  const rounds = quick ? 3 : 7;
  const scale = quick ? 1 : 4;
  const rows = [];
  const measure = async (what, contenders) => {
    const { sunbeat: ours, ...rivals } = await interleave(contenders, rounds);
    rows.push({ what, unit: "perSecond", ours, rivals, wanted: "0.7x of raw" });
  };
  await measure("add, awaited one by one", addOneByOne(500 * scale));
  await measure("add, delayMany", addMany(5_000 * scale));
  for (const concurrency of [1, 10, 100]) {
    await measure(
      `drain of no-op tasks, concurrency ${concurrency}`,
      drain((concurrency === 1 ? 1_000 : 3_000) * scale, concurrency),
    );
  }
  return {
    title: "Embedded store (SQLite, synchronous=FULL), against raw statements of the same driver",
    rows,
  };
}
