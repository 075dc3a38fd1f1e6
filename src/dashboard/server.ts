/** Serves the dashboard over node:http, for the program that is nothing else. */
import { createServer, type Server } from "node:http";
import type { Clock } from "../core/clock.js";
import { messageOf, SunbeatError } from "../core/errors.js";
import { getRequestListener } from "./vendor.js";
import type { Peer, WebRequest, WebResponse } from "./web.js";

export interface ServerDeps {
  readonly clock: Clock;
  readonly handle: (request: WebRequest, peer: Peer) => Promise<WebResponse>;
  /** Ends streams, which would keep connections open. */
  readonly close: () => void;
}

const CLOSE_MS = 2_000;
const HEADERS_MS = 10_000;
const MOST_CONNECTIONS = 1_000;

export class DashboardServer {
  readonly #deps: ServerDeps;
  readonly #server: Server;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
    const listener = getRequestListener(
      (request, { incoming }) => {
        const peer: Peer = { address: incoming.socket?.remoteAddress ?? null, mount: null };
        return deps.handle(request, peer);
      },
      { overrideGlobalObjects: false },
    );
    this.#server = createServer(
      { headersTimeout: HEADERS_MS },
      (request, response) => void listener(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Gives the port that it listens on. Code: SUNBEAT_USAGE where it cannot listen. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void =>
        reject(
          new SunbeatError(
            "SUNBEAT_USAGE",
            `dashboard: cannot listen on ${host}:${port}: ${messageOf(error)}`,
          ),
        );
      this.#server.once("error", failed);
      this.#server.listen(port, host, () => {
        this.#server.off("error", failed);
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Within two seconds, whoever is connected. */
  async close(): Promise<void> {
    const { clock, close } = this.#deps;
    close();
    await new Promise<void>((resolve) => {
      const timer = clock.after(CLOSE_MS, () => {
        this.#server.closeAllConnections();
        resolve();
      });
      this.#server.close(() => {
        timer.cancel();
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }
}
