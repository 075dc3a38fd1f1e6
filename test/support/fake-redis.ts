/** A server that speaks RESP and says what a test wants it to say. */
import { createServer, type Socket } from "node:net";

export interface FakeRedis {
  readonly url: string;
  readonly port: number;
  /** Every command so far: name and arguments. */
  readonly commands: readonly (readonly string[])[];
  stop(): Promise<void>;
}

/** Gives the raw reply, or undefined for the usual one; null says nothing at all. */
export type Answer = (name: string, args: readonly string[], calls: number) => string | null | undefined;

const USUAL: Readonly<Record<string, string>> = {
  hello: "-ERR unknown command 'HELLO'\r\n",
  info: bulk("redis_version:7.0.15\r\nloading:0\r\n"),
  ping: "+PONG\r\n",
};

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

export async function fakeRedis(answer: Answer): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const commands: string[][] = [];
  const calls = new Map<string, number>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let pending = "";
    socket.on("data", (chunk) => {
      pending += chunk.toString("latin1");
      for (;;) {
        const read = readCommand(pending);
        if (!read) return;
        pending = read.rest;
        const [given = "", ...args] = read.words;
        const name = given.toLowerCase();
        commands.push([name, ...args]);
        calls.set(name, (calls.get(name) ?? 0) + 1);
        const reply = answer(name, args, calls.get(name) ?? 0);
        if (reply !== null) socket.write(reply ?? USUAL[name] ?? "+OK\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    commands,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** The first command of `text` and what follows it; null when it is not all there yet. */
export function readCommand(text: string): { readonly words: string[]; readonly rest: string } | null {
  const [head, count] = /^\*(\d+)\r\n/.exec(text) ?? [];
  if (head === undefined) return null;
  let at = head.length;
  const words: string[] = [];
  for (let index = 0; index < Number(count); index++) {
    const [size, length] = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20)) ?? [];
    if (size === undefined) return null;
    const end = at + size.length + Number(length);
    if (text.length < end + 2) return null;
    words.push(text.slice(at + size.length, end));
    at = end + 2;
  }
  return { words, rest: text.slice(at) };
}
