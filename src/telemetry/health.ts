/**
 * The health port of a process: probes and metrics over node:http alone. Nothing there names anybody, so nobody is asked who he is; it
 * listens on this machine unless a host is given.
 *
 * - /livez asks this process alone (liveness.ts). A store that is away must not restart every pod.
 * - /readyz: the store answers, and the parts of this process have begun and do not end.
 * - /metrics: those of this node.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Clock, Timer } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { type Checks, liveChecks } from "./liveness.js";
import type { NodeMetrics } from "./node-metrics.js";
import type { NodeParts } from "./node-state.js";
import { CONTENT_TYPES, formatOf } from "./registry.js";

export interface HealthDeps {
  readonly clock: Clock;
  readonly parts: NodeParts;
  readonly metrics: Pick<NodeMetrics, "answeredAt" | "text">;
  readonly logger: Logger;
  /** Asks the store something small: where nothing else has asked it for a while. */
  readonly probe: () => Promise<unknown>;
  readonly leaseMs: number;
  readonly beatLeaseMs: number;
}

const TURN_MS = 1_000;
/** The store is asked when nothing else has asked it for so long. */
const PROBE_MS = 5_000;
const REQUEST_MS = 5_000;
const MOST_CONNECTIONS = 50;
const CLOSE_MS = 500;

/** Resolves when it listens, or when that has failed and the log says why: a probe tells of it, work goes on. */
export async function openHealth(
  deps: HealthDeps,
  at: { readonly host: string; readonly port: number },
): Promise<HealthServer> {
  const server = new HealthServer(deps);
  await server.listen(at);
  return server;
}

export class HealthServer {
  readonly #deps: HealthDeps;
  readonly #metrics: HealthDeps["metrics"];
  readonly #server: Server;
  #turnedAt: number;
  #timer: Timer | null = null;
  #isProbing = false;
  address: { readonly host: string; readonly port: number } | null = null;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
    this.#metrics = deps.metrics;
    this.#turnedAt = deps.clock.monotonicMs();
    this.#server = createServer(
      { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#turn();
  }

  listen({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    const { logger } = this.#deps;
    return new Promise((resolve) => {
      const failed = (error: Error): void => {
        logger.error(`health: cannot listen on ${host}:${port}: ${messageOf(error)}`);
        resolve();
      };
      this.#server.once("error", failed);
      this.#server.listen(port, host, () => {
        this.#server.off("error", failed);
        this.#server.on("error", (error) => logger.warn(`health: ${messageOf(error)}`));
        const found = this.#server.address();
        this.address = { host, port: typeof found === "object" && found !== null ? found.port : port };
        logger.info(`health: listening on ${host.includes(":") ? `[${host}]` : host}:${this.address.port}`);
        resolve();
      });
      // Probes keep no process alive.
      this.#server.unref();
    });
  }

  /** Within half a second. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    const { clock } = this.#deps;
    await new Promise<void>((resolve) => {
      const timer = clock.after(CLOSE_MS, resolve);
      this.#server.close(() => {
        timer.cancel();
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  live(): Checks {
    const { clock, parts } = this.#deps;
    return liveChecks(clock.monotonicMs(), this.#turnedAt, parts.loops ?? []);
  }

  ready(): Checks {
    const { clock, parts, leaseMs, beatLeaseMs } = this.#deps;
    const { workers, beats, isDraining = false } = parts;
    const limitMs = 2 * (workers.length > 0 ? leaseMs : beatLeaseMs);
    const { answeredAt } = this.#metrics;
    const silentMs = answeredAt === null ? null : clock.monotonicMs() - answeredAt;
    const isSilent = silentMs === null || silentMs > limitMs;
    const silence =
      silentMs === null ? "it has not answered yet" : `silent for ${Math.round(silentMs / 1_000)} s`;
    const worker = workers.find(({ state }) => state !== "running");
    const beat = beats.find(({ state }) => state !== "leading" && state !== "following");
    return {
      store: isSilent ? silence : null,
      ...(workers.length > 0 && {
        worker: worker === undefined ? (isDraining ? "it drains" : null) : `it is ${worker.state}`,
      }),
      ...(beats.length > 0 && { beat: beat === undefined ? null : `it is ${beat.state}` }),
    };
  }

  #turn(): void {
    const { clock, probe } = this.#deps;
    this.#turnedAt = clock.monotonicMs();
    const { answeredAt } = this.#metrics;
    if (!this.#isProbing && this.#turnedAt - (answeredAt ?? -Infinity) > PROBE_MS) {
      this.#isProbing = true;
      // What it tells is noted where calls are measured.
      const over = (): void => void (this.#isProbing = false);
      probe().then(over, over);
    }
    this.#timer = clock.after(TURN_MS, () => this.#turn());
    this.#timer.unref?.();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const { method } = request;
    const path = (request.url ?? "/").replace(/[?#].*$/s, "");
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, "text/plain; charset=utf-8", "only GET and HEAD\n");
    }
    if (path === "/metrics") {
      const format = formatOf(request.headers.accept);
      return send(response, 200, CONTENT_TYPES[format], this.#metrics.text(format));
    }
    const checks =
      path === "/livez" ? this.live() : path === "/readyz" || path === "/healthz" ? this.ready() : null;
    if (checks === null)
      return send(response, 404, "text/plain; charset=utf-8", "/livez /readyz /healthz /metrics\n");
    const isGood = Object.values(checks).every((problem) => problem === null);
    const body = JSON.stringify({ status: isGood ? "ok" : "failing", checks });
    send(response, isGood ? 200 : 503, "application/json", `${body}\n`);
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    ...{ "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" },
    "content-length": Buffer.byteLength(body),
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
