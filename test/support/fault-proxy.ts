/**
 * A wire between a client and a server that fails as wires do. A fault is armed for the next request that matches, and
 * hits the connection on which that comes; other connections are not touched.
 */
import { createServer, connect, type Socket } from "node:net";
import { systemClock } from "../../src/core/clock.js";

/**
 * request-lost: the server never sees it, and the connection ends. reply-lost: the server does it, the answer is
 * dropped, and the connection ends. half-open: from the request on nothing passes either way, and nobody is told.
 * delay: the request waits, and what follows it. reset: both ends are reset as soon as the request has passed, so that
 * the server may or may not do it.
 */
export const WIRE_FAULTS = ["request-lost", "reply-lost", "half-open", "delay", "reset"] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

export interface FaultProxy {
  readonly port: number;
  readonly url: string;
  /** Faults that have hit. */
  readonly hits: number;
  /** For the next request that `matches`; resolves when it has hit. */
  inject(fault: WireFault, matches?: (request: string) => boolean, ms?: number): Promise<void>;
  /** Forgets what is armed and has not hit. */
  heal(): void;
  stop(): Promise<void>;
}

/** How long an answer that is to be lost is waited for after the first bytes that come. */
const SWALLOW_MS = 30;

interface Armed {
  readonly fault: WireFault;
  readonly matches: (request: string) => boolean;
  readonly ms: number;
  readonly done: () => void;
}

export async function faultProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const armed: Armed[] = [];
  let hits = 0;

  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    /** Bytes wait for this, in order: a wire may be late, but it never turns round what it carries. */
    let gate = Promise.resolve();
    let [requestsPass, repliesPass] = [true, true];
    const both = [client, upstream];
    const end = (): void => both.forEach((socket) => socket.destroy());
    const reset = (): void => both.forEach((socket) => socket.resetAndDestroy());
    for (const socket of both) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("close", end);
    upstream.on("close", () => {
      // Of a half-open connection the client does not hear.
      if (requestsPass) end();
    });
    const forward = (chunk: Buffer, done?: () => void): void => {
      gate = gate.then(() => void upstream.write(chunk, done));
    };

    const act = ({ fault, ms }: Armed, chunk: Buffer): void => {
      switch (fault) {
        case "request-lost":
          return end();
        case "reply-lost":
          repliesPass = false;
          upstream.once("data", () => systemClock.after(SWALLOW_MS, end));
          return forward(chunk);
        case "half-open":
          [requestsPass, repliesPass] = [false, false];
          return undefined;
        case "delay":
          gate = gate.then(() => new Promise((resolve) => void systemClock.after(ms, resolve)));
          return forward(chunk);
        case "reset":
          return forward(chunk, reset);
      }
    };

    client.on("data", (chunk) => {
      if (!requestsPass) return;
      const text = chunk.toString("latin1");
      const index = armed.findIndex(({ matches }) => matches(text));
      const [hit] = index < 0 ? [] : armed.splice(index, 1);
      if (!hit) return forward(chunk);
      hits++;
      act(hit, chunk);
      hit.done();
    });
    upstream.on("data", (chunk) => {
      if (repliesPass) client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get hits() {
      return hits;
    },
    inject: (fault, matches = () => true, ms = 2_000) =>
      new Promise((done) => void armed.push({ fault, matches, ms, done })),
    heal: () => void armed.splice(0),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Requests by what they do, told by the keys that only they take. */
export const REQUESTS = {
  tick: (text: string) => text.includes("}:beat\r") && text.includes("}:ledger\r"),
  elect: (text: string) => text.includes("}:epoch\r") && text.includes("}:beat\r"),
  due: (text: string) =>
    text.includes("}:due\r") && !text.includes("}:ledger\r") && !text.includes("}:names\r"),
  settle: (text: string) => text.includes("}:leased\r") && text.includes("}:bufferedwake\r"),
  lock: (text: string) => text.includes("}:locklog\r"),
  enqueue: (text: string) =>
    text.includes("}:msg\r") && text.includes("}:bufferedid\r") && !text.includes("}:bufferedwake\r"),
} as const;
