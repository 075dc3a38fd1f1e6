/** A wire to a server that answers every script with a refusal of the test's choice for a while. */
import { connect, createServer, type Socket } from "node:net";
import { readCommand } from "./fake-redis.js";

export interface RefusingProxy {
  readonly port: number;
  /** From now on every script gets this error; null: all is as it was. */
  refuse(reply: string | null): void;
  /** Scripts that were refused since `refuse` was called last. */
  readonly refused: number;
  stop(): Promise<void>;
}

function packed(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

export async function refusingProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<RefusingProxy> {
  const sockets = new Set<Socket>();
  let refusal: string | null = null;
  let refused = 0;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    let pending = "";
    client.on("data", (chunk) => {
      pending += chunk.toString("latin1");
      for (;;) {
        const read = readCommand(pending);
        if (!read) return;
        const asked = pending.slice(0, pending.length - read.rest.length);
        pending = read.rest;
        const isScript = /^eval(sha)?$/i.test(read.words[0] ?? "");
        if (refusal !== null && isScript) {
          refused++;
          // The server itself says it, so that answers stay in order.
          upstream.write(packed(["EVAL", "return redis.error_reply(ARGV[1])", "0", refusal]), "latin1");
        } else {
          upstream.write(asked, "latin1");
        }
      }
    });
    upstream.on("data", (chunk) => void client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    refuse(reply) {
      refusal = reply;
      refused = 0;
    },
    get refused() {
      return refused;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
