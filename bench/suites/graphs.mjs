// Graphs: a chord of 10,000 beside a flow of bullmq, what a part costs in memory, and graphs of 100,000 parts: how soon one is
// revoked, and how long the scripts of Redis take meanwhile.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chain, chord, group, stream, Sunbeat } from "../../dist/index.js";
import { inChild } from "../child.mjs";
import { FLOWS } from "../graph-contenders.mjs";
import { elapsed, interleave } from "../harness.mjs";
import { startRedis, versions } from "../redis-server.mjs";
import { scriptTimes, watch } from "../script-times.mjs";

const CHILD = fileURLToPath(new URL("../graph-child.mjs", import.meta.url));
const STREAM_CHILD = fileURLToPath(new URL("../stream-child.mjs", import.meta.url));
const MEGABYTE = 2 ** 20;

/** Sends, looks at the memory, and has another process work it off. */
async function chordRows(redis, count, rounds) {
  const go = (name) => async () => {
    const contender = FLOWS[name]({ port: redis.port });
    // Connects, loads the scripts, and makes the keys that there always are.
    await contender.send(1);
    await redis.flush();
    await contender.send(1);
    const empty = await redis.usedMemory();
    await redis.flush();
    const sendMs = await elapsed(() => contender.send(count));
    const bytes = ((await redis.usedMemory()) - empty) / count;
    await contender.close();
    const { ms: drainMs } = await inChild(CHILD, { name, port: redis.port, concurrency: 100 });
    return { sendMs, drainMs, bytes };
  };
  const { sunbeat, bullmq } = await interleave({ sunbeat: go("sunbeat"), bullmq: go("bullmq") }, rounds);
  const size = count.toLocaleString("en");
  const row = (what, field, unit, wanted) => ({
    ...{ what, unit, ours: sunbeat[field], rivals: { bullmq: bullmq[field] }, wanted },
  });
  return [
    row(`chord of ${size}: send`, "sendMs", "ms", "6.7x of bullmq"),
    row(`chord of ${size}: drain, concurrency 100`, "drainMs", "ms", "2.9x of bullmq"),
    row(`chord of ${size}: a waiting member`, "bytes", "bytes", "2.2x of bullmq"),
  ];
}

/** An app on the server, and nothing else there. */
async function fresh(redis, use, options = {}) {
  await redis.flush();
  const app = new Sunbeat("bench", { broker: redis.url, workerConcurrency: 100, ...options });
  const add = app.task("add", (x, y) => x + y);
  try {
    return await use({ app, add });
  } finally {
    await app.close();
  }
}

/** As many parts in all, so that the server's own tables are of one size. */
async function chainRows(redis, parts) {
  const bytes = {};
  for (const length of [10, 1_000, 10_000].filter((each) => each <= parts)) {
    bytes[length] = await fresh(redis, async ({ add }) => {
      const send = (size) => chain(add.s(1, 1), ...Array.from({ length: size - 1 }, () => add.s(1))).delay();
      await send(2);
      await redis.flush();
      await send(2);
      const before = await redis.usedMemory();
      for (let sent = 0; sent < parts; sent += length) await send(length);
      return ((await redis.usedMemory()) - before) / parts;
    });
  }
  return Object.entries(bytes).map(([length, ours]) => ({
    ...{ what: `a part in chains of ${Number(length).toLocaleString("en")}`, unit: "bytes", ours },
    ...(length !== "10" && { rivals: { "of 10": bytes[10] }, wanted: "1.0x" }),
  }));
}

async function until(isSo) {
  while (!(await isSo())) await sleep(20);
}

/** How long `revoke` takes, whether something begins after it, and how long until all of it has ended. */
async function revokeRows(redis, size) {
  return fresh(redis, async ({ app, add }) => {
    let started = 0;
    app.events.on("task-started", () => void started++);
    let sent;
    const sendMs = await elapsed(async () => {
      sent = await group(Array.from({ length: size }, () => add.s(1, 1))).delay();
    });
    const revokeMs = await elapsed(() => sent.revoke());
    const endMs = await elapsed(async () => {
      await app.worker().start();
      await until(async () => (await sent.progress()).open === 0);
    });
    const { state } = await sent.progress();
    if (started > 0 || state !== "revoked")
      throw new Error(`it is ${state}, and ${started} parts began after revoke()`);
    const name = `group of ${size.toLocaleString("en")}`;
    return [
      { what: `${name}: send`, unit: "ms", ours: sendMs },
      { what: `${name}: revoke() answers`, unit: "ms", ours: revokeMs, wanted: "10 ms" },
      { what: `${name}: all parts have ended, none begun`, unit: "ms", ours: endMs },
    ];
  });
}

/** Forms of so many parts: how long they take, and the worst of the scripts meanwhile. */
const LARGE = {
  "chord of %": ({ add, sum }, size) =>
    chord(
      Array.from({ length: size - 1 }, () => add.s(1, 1)),
      stream(sum),
    ),
  "half of % into the other half": ({ add }, size) => {
    const half = () => group(Array.from({ length: size / 2 }, () => add.si(1, 1)));
    return chain(half(), half());
  },
  "chain of %, its head fails": ({ add, fail }, size) =>
    chain(fail.s(), ...Array.from({ length: size - 1 }, () => add.s(1))),
};

async function largeRows(redis, sizes) {
  const rows = [];
  for (const [what, make] of Object.entries(LARGE)) {
    const size = sizes[what];
    await fresh(redis, async ({ app, add }) => {
      const tasks = {
        add,
        sum: app.task("sum", async (values) => {
          let all = 0;
          for await (const value of values) all += value;
          return all;
        }),
        fail: app.task("fail", () => {
          throw new Error("its head fails");
        }),
      };
      await add.delay(1, 1);
      await watch(redis.admin);
      let sent;
      const sendMs = await elapsed(async () => {
        sent = await make(tasks, size).delay();
      });
      const runMs = await elapsed(async () => {
        await app.worker().start();
        await until(async () => (await sent.progress()).open === 0);
      });
      const worst = await scriptTimes(redis.admin);
      for (const { name, calls, p999, max, slow } of worst.slice(0, 4))
        console.log(
          `  # ${what}: ${name}: ${calls} calls, p99.9 ${p999} us, max ${max} us, ${slow} over 5 ms`,
        );
      const name = what.replace("%", size.toLocaleString("en"));
      rows.push(
        { what: `${name}: send`, unit: "ms", ours: sendMs },
        { what: `${name}: until all has ended`, unit: "ms", ours: runMs },
        {
          what: `${name}: longest script (${worst[0].name})`,
          unit: "us",
          ours: worst[0].max,
          wanted: "5,000 us",
        },
      );
    });
  }
  return rows;
}

/** Sends a chord whose body reads its members' texts one by one, has a child run it, and forgets it; how the child grew. */
async function streamed(redis, app, { text, body }, count, bytes) {
  const sent = await chord(
    Array.from({ length: count }, () => text.s()),
    stream(body),
  ).delay();
  const told = await inChild(STREAM_CHILD, { broker: redis.url, bytes });
  if (told.count !== count) throw new Error(`the body read ${told.count} of ${count}`);
  await sent.forget();
  // Whoever claims drops it, in portions.
  const worker = app.worker();
  await worker.start();
  await until(async () => (await redis.admin.dbsize()) <= 2);
  await worker.stop();
  return told;
}

async function streamRows(redis, count, bytes) {
  return fresh(redis, async ({ app }) => {
    const tasks = { text: app.task("text", () => ""), body: app.task("count", () => null) };
    await streamed(redis, app, tasks, 10, bytes);
    const before = await redis.dataMemory();
    const told = await streamed(redis, app, tasks, count, bytes);
    const left = (await redis.dataMemory()) - before;
    const what = `chord of ${count.toLocaleString("en")}, texts of ${bytes / 1_000} kB, body streams`;
    return [
      {
        ...{ what: `${what}: its worker grows by`, unit: "bytes", ours: told.grownMegabytes * MEGABYTE },
        wanted: "20 MB",
      },
      { what: `${what}: bytes left when forgotten`, unit: "bytes", ours: left, wanted: "0" },
    ];
  });
}

/** Beside plain tasks on the same store, since nothing else has chords there. */
async function embeddedRows(count, rounds) {
  const inFolder = (use) => async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
    try {
      return await use(`sqlite:${path.join(folder, "bench.db")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const run = (send) => async (broker) => {
    const contender = FLOWS.sunbeat({ broker, concurrency: 100 });
    const { app } = contender;
    await contender.add.delay(1, 1);
    const sendMs = await elapsed(() => send(contender));
    let done = 0;
    const wanted = count + 1;
    const drained = new Promise((resolve) => {
      app.events.on("task-succeeded", () => ++done === wanted && resolve());
    });
    const drainMs = await elapsed(async () => {
      await app.worker().start();
      await drained;
    });
    await contender.close();
    return { sendMs, drainMs };
  };
  const chords = run((contender) => contender.send(count - 1));
  const plain = run(({ add }) => add.delayMany(Array.from({ length: count }, () => [2, 2])));
  const rows = [];
  for (const [store, on] of [
    ["SQLite", inFolder],
    ["memory", (use) => () => use("memory:")],
  ]) {
    const found = await interleave({ sunbeat: on(chords), plain: on(plain) }, rounds);
    const size = count.toLocaleString("en");
    for (const [what, field] of [
      ["send", "sendMs"],
      ["drain, concurrency 100", "drainMs"],
    ])
      rows.push({
        ...{ what: `${store}, chord of ${size}: ${what}`, unit: "ms", ours: found.sunbeat[field] },
        rivals: { "as many plain tasks": found.plain[field] },
      });
  }
  return rows;
}

export async function run({ quick }) {
  const scale = quick ? 10 : 1;
  const rounds = quick ? 1 : 5;
  const redis = await startRedis();
  const rows = [];
  const add = async (found) => rows.push(...(await found));
  try {
    await add(chordRows(redis, 10_000 / scale, rounds));
    await add(chainRows(redis, 10_000));
    await add(revokeRows(redis, 100_000 / scale));
    await add(
      largeRows(redis, {
        "chord of %": 100_000 / scale,
        "half of % into the other half": 20_000 / scale,
        "chain of %, its head fails": 10_000 / scale,
      }),
    );
    await add(streamRows(redis, 10_000 / scale, 10_000));
  } finally {
    redis.stop();
  }
  await add(embeddedRows(10_000 / scale, quick ? 1 : 3));
  return { title: `Redis ${redis.version}: graphs (${versions("bullmq")})`, rows };
}
