// Signing and sealing: the cost of one message, there and back, and what is left of add and drain.
import { mkdtempSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { encryptionOption, signingOption } from "../../dist/config/keys.js";
import { Sunbeat } from "../../dist/index.js";
import { closeMessage, openMessage } from "../../dist/signing/envelope.js";
import { keysOf } from "../../dist/signing/index.js";
import { elapsed, interleave } from "../harness.mjs";

const key = () => randomBytes(32).toString("base64");
const SIGNING = { keys: { k1: key() }, current: "k1", require: true };
const ENCRYPTION = { keys: { e1: key() }, current: "e1" };
const silent = { warn: () => undefined };
const signed = keysOf(signingOption(SIGNING), null, silent);
const sealed = keysOf(null, encryptionOption(ENCRYPTION), silent);
const both = keysOf(signingOption(SIGNING), encryptionOption(ENCRYPTION), silent);

function messageOf(bytes) {
  const body = `{"v":1,"args":["${"x".repeat(bytes)}"]}`;
  const routing = { id: "0199-0000-0000", task: "mail.send", queue: "default", priority: 0 };
  return { ...routing, maxDeliveries: 5, resultTtlMs: 86_400_000, body };
}

/** Microseconds of processor time a message, closed by its sender and opened by its worker. */
const thereAndBack = (keys, bytes, count) => () => {
  const message = messageOf(bytes);
  const rest = { token: "t", retries: 0, deliveries: 1, eta: null, expires: null, entry: null };
  const started = process.cpuUsage();
  for (let left = count; left > 0; left--) {
    const { delivery } = openMessage(keys, { ...closeMessage(keys, message, []), ...rest }, 0);
    if (delivery.refused !== undefined) throw new Error(delivery.refused.message);
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / count;
};

async function measured(options, count) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  const broker = `sqlite:${path.join(folder, "bench.db")}`;
  const app = new Sunbeat("bench", { broker, logger: null, workerConcurrency: 100, ...options });
  let done;
  let left = count;
  const add = app.task("add", (x, y) => {
    if (--left === 0) done();
    return x + y;
  });
  const all = new Promise((resolve) => (done = resolve));
  try {
    const adding = await elapsed(() => add.delayMany(Array.from({ length: count }, () => [2, 2])));
    const draining = await elapsed(async () => {
      await app.worker().start();
      await all;
    });
    return { add: (count * 1_000) / adding, drain: (count * 1_000) / draining };
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const speed = (what, options, count) => async () => (await measured(options, count))[what];

export async function run({ quick }) {
  const rounds = quick ? 3 : 9;
  const rows = [];
  for (const [size, bytes, count] of [
    ["200 B", 200, quick ? 5_000 : 50_000],
    ["1 MB", 1_000_000, quick ? 20 : 100],
  ]) {
    const results = await interleave(
      {
        sign: thereAndBack(signed, bytes, count),
        seal: thereAndBack(sealed, bytes, count),
        both: thereAndBack(both, bytes, count),
      },
      rounds,
    );
    const wanted = (what) => (size === "200 B" && what === "sign" ? "under 10" : undefined);
    const named = { sign: "sign and verify", seal: "seal and open", both: "both" };
    for (const [what, ours] of Object.entries(results)) {
      rows.push({
        what: `${named[what]}, ${size}`,
        unit: "us",
        ours,
        rivals: {},
        wanted: wanted(what) ?? "",
      });
    }
  }
  const count = quick ? 5_000 : 20_000;
  for (const what of ["add", "drain"]) {
    const results = await interleave(
      {
        plain: speed(what, {}, count),
        signed: speed(what, { signing: SIGNING }, count),
        sealed: speed(what, { signing: SIGNING, encryption: ENCRYPTION }, count),
      },
      quick ? 3 : 5,
    );
    const { plain, signed: withKeys, sealed: withSeals } = results;
    rows.push({ what: `${what}, signed`, unit: "perSecond", ours: withKeys, rivals: { plain }, wanted: "" });
    rows.push({
      what: `${what}, signed and sealed`,
      unit: "perSecond",
      ours: withSeals,
      rivals: { plain },
      wanted: "",
    });
  }
  return { title: "Signing and encryption, SQLite", rows };
}
