// A redis-server of the bench's own: free port, own folder, nothing kept on disk, ended with this process.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { Redis } from "ioredis";

const HOST = "127.0.0.1";

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", reject);
    probe.listen(0, HOST, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts it and waits until it answers. `admin` is a client for figures of the server itself. */
export async function startRedis() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-redis-"));
  const port = await freePort();
  const args = ["--port", String(port), "--bind", HOST, "--dir", folder, "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const end = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", end);
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) =>
      reject(new Error(`the Redis suites need redis-server on the PATH: ${error.message}`)),
    );
  });
  const admin = new Redis({ port, host: HOST, retryStrategy: () => 20, maxRetriesPerRequest: 200 });
  admin.on("error", () => undefined); // until it listens
  await admin.ping();
  const info = async (section, field) => {
    const text = await admin.info(section);
    return Number(new RegExp(`^${field}:([0-9.]+)`, "m").exec(text)[1]);
  };
  return {
    port,
    url: `redis://${HOST}:${port}`,
    admin,
    version: /redis_version:(\S+)/.exec(await admin.info("server"))[1],
    flush: () => admin.flushall("SYNC"),
    usedMemory: () => info("memory", "used_memory"),
    /** Without buffers of clients. */
    dataMemory: async () =>
      (await info("memory", "used_memory")) - (await info("memory", "mem_clients_normal")),
    /** CPU of the server so far, in microseconds. */
    cpuMicros: async () => 1e6 * ((await info("cpu", "used_cpu_user")) + (await info("cpu", "used_cpu_sys"))),
    stop() {
      admin.disconnect();
      process.off("exit", end);
      end();
    },
  };
}

const require = createRequire(import.meta.url);

/** "bullmq 6.7.0" and so on, for the titles. */
export function versions(...packages) {
  return packages.map((name) => `${name} ${require(`${name}/package.json`).version}`).join(", ");
}
