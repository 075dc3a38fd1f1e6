// Ten thousand entries due at one second, spread over 30 s and at most 1,000 starts a second, by a beat, a stand-by and a worker in
// processes of their own: starts a second, the latest against its own jitter, and those that were missed.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startRedis } from "../redis-server.mjs";

const CHILD = fileURLToPath(new URL("../midnight-child.mjs", import.meta.url));
const [SPREAD_MS, PER_SECOND] = [30_000, 1_000];

async function midnight(broker, count) {
  // A whole minute, far enough ahead that registering is over by then.
  const due = Math.ceil((Date.now() + 15_000 + count) / 60_000) * 60_000;
  const given = { broker, count, due, spreadMs: SPREAD_MS, perSecond: PER_SECOND };
  const children = ["beat", "beat", "worker"].map((role) =>
    fork(CHILD, [JSON.stringify({ role, ...given })], { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
  );
  const told = await Promise.race(
    children.map(
      (child) =>
        new Promise((resolve, reject) => {
          child.on("message", (message) => message.sent !== undefined && resolve(message));
          child.on("exit", () => reject(new Error("a process of the fleet ended")));
        }),
    ),
  );
  const ended = children.map((child) => once(child, "exit"));
  for (const child of children) child.send("end");
  await Promise.all(ended);
  return told;
}

export async function run({ quick }) {
  const count = quick ? 2_000 : 10_000;
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  const redis = await startRedis();
  const rows = [];
  try {
    await redis.flush();
    const brokers = {
      redis: `redis://127.0.0.1:${redis.port}`,
      sqlite: `sqlite:${path.join(folder, "bench.db")}`,
    };
    for (const [name, broker] of Object.entries(brokers)) {
      const { sent, missed, latest, most } = await midnight(broker, count);
      const row = (what, unit, ours, wanted) => rows.push({ what: `${name}: ${what}`, unit, ours, wanted });
      row(`starts of ${count.toLocaleString("en")}, most in a second`, "perSecond", most, "1,000 at most");
      row("latest start behind its jitter", "ms", latest, "1 s at most");
      row("missed", "calls", missed + count - sent, 0);
    }
  } finally {
    redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return { title: "Entries due at midnight, spread over 30 s", rows };
}
