/**
 * Real Redis servers for tests: each on a free port, in a directory of its own, ended with the process that started it
 * whatever becomes of the test.
 *
 * `redis-server` or `valkey-server` must be there, or be installed (system-program.ts).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis, type RedisOptions } from "ioredis";
import { endWithUs, release } from "./reaper.js";
import { fromSystem } from "./system-program.js";

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  readonly pid: number;
  /** A plain client, closed with the server. */
  readonly raw: Redis;
  /** Ends it at once, as a crash does; `restart` brings it back on the same port and files. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Lines of a configuration as arguments: ["--maxmemory", "50mb"]. */
  readonly args?: readonly string[];
  /** Where another port is wanted than a free one. */
  readonly port?: number;
  /** Credentials or TLS for `raw`. */
  readonly raw?: RedisOptions;
  /** Makes it a sentinel; lines of its configuration file. */
  readonly sentinel?: readonly string[];
}

const HOST = "127.0.0.1";
const START_LIMIT_MS = 10_000;

let found: string | undefined;

/** The server's program; installs it when it may. */
export function serverProgram(): string {
  found ??= fromSystem({
    need: "redis-server or valkey-server is needed to test the Redis store",
    apt: "redis-server",
    elsewhere: {
      macOS: "brew install redis",
      Fedora: "dnf install -y valkey",
      Alpine: "apk add redis",
    },
    find: onPath,
  });
  return found;
}

function onPath(): string | undefined {
  return ["redis-server", "valkey-server"].find(
    (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
  );
}

/** DEBUG is always there before 7, and the option to allow it is not. */
function allowDebug(program: string): string[] {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return / v=[0-6]\./.test(stdout) ? [] : ["--enable-debug-command", "local"];
}

/** A port that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const running = new Set<ChildProcess>();
const directories = new Set<string>();

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
}

// "exit" also comes after an uncaught error; a signal ends the process without it unless somebody listens.
process.once("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    endAll();
    process.kill(process.pid, signal);
  });
}

/** Starts a server that keeps nothing unless `args` say so, and waits until it answers. */
export async function startRedis(options: ServerOptions = {}): Promise<RedisServer> {
  const program = serverProgram();
  const directory = mkdtempSync(path.join(tmpdir(), "sunbeat-redis-"));
  directories.add(directory);
  // A port may be taken between finding and using it: then another one.
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await startAt(program, directory, port, options);
    } catch (error) {
      if (attempt === 3 || options.port !== undefined) throw error;
    }
  }
}

async function startAt(
  program: string,
  directory: string,
  port: number,
  { args = [], raw: rawOptions = {}, sentinel }: ServerOptions,
): Promise<RedisServer> {
  if (sentinel) writeFileSync(path.join(directory, "sentinel.conf"), `${sentinel.join("\n")}\n`);
  const debug = allowDebug(program);
  let child = await launch();
  const raw = new Redis({
    port,
    host: HOST,
    lazyConnect: true,
    retryStrategy: () => 50,
    ...rawOptions,
    replyMapping: "legacy",
  });
  raw.on("error", () => undefined);
  await answering();

  async function launch(): Promise<ChildProcess> {
    const own = ["--port", String(port), "--bind", HOST, "--dir", directory];
    const usual = sentinel ? [] : ["--save", "", "--appendonly", "no", ...debug];
    const config = sentinel ? [path.join(directory, "sentinel.conf"), "--sentinel"] : [];
    const started = spawn(program, [...config, ...own, ...usual, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: false,
    });
    running.add(started);
    endWithUs(started, directory);
    let said = "";
    const listen = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-2_000));
    started.stdout.on("data", listen);
    started.stderr.on("data", listen);
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${program} on port ${port}: ${why}\n${said}`));
      const timer = setTimeout(() => fail("did not start in time"), START_LIMIT_MS);
      started.once("error", (error) => fail(error.message));
      started.once("exit", () => {
        running.delete(started);
        release(started);
        fail("ended");
      });
      started.stdout.on("data", () => {
        if (!/Ready to accept connections|Sentinel ID is|\+monitor/.test(said)) return;
        clearTimeout(timer);
        resolve();
      });
    });
    return started;
  }

  async function answering(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    for (;;) {
      try {
        if (raw.status === "wait" || raw.status === "end") await raw.connect();
        await raw.ping();
        return;
      } catch (error) {
        // A user without the right to PING is an answer too.
        if (/NOAUTH|NOPERM|WRONGPASS/.test(String(error)) || Date.now() > deadline) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async function kill(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once("exit", () => resolve());
    });
    child.kill("SIGKILL");
    await ended;
    running.delete(child);
  }

  const scheme = args.includes("--tls-port") ? "rediss" : "redis";
  return {
    host: HOST,
    port,
    url: `${scheme}://${HOST}:${port}`,
    directory,
    get pid() {
      return child.pid ?? 0;
    },
    raw,
    kill,
    async restart() {
      child = await launch();
      await answering();
    },
    async stop() {
      raw.disconnect();
      await kill();
      rmSync(directory, { recursive: true, force: true });
      directories.delete(directory);
    },
  };
}
