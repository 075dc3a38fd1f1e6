/** Against servers that are there, go away and come back. */
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from "node:net";
import { hostname } from "node:os";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { syslogLogger } from "../../src/index.js";
import { MOST_KEPT, SyslogSender } from "../../src/logging/syslog-sender.js";
import type { WireEvents } from "../../src/logging/syslog-wire.js";
import { ManualClock } from "../../src/testing/index.js";

/** A server that takes messages apart by octet counting. */
class Server {
  readonly messages: string[] = [];
  readonly sockets = new Set<Socket>();
  readonly #create: (onSocket: (socket: Socket) => void) => NetServer;
  #server: NetServer;
  #heard: (() => void)[] = [];
  port = 0;

  constructor(create = createServer as (onSocket: (socket: Socket) => void) => NetServer) {
    this.#create = create;
    this.#server = this.#make();
  }

  #make() {
    return this.#create((socket) => {
      this.sockets.add(socket);
      let rest = Buffer.alloc(0);
      socket.on("error", () => undefined);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("data", (chunk) => {
        rest = Buffer.concat([rest, chunk]);
        for (let blank = rest.indexOf(" "); blank !== -1; blank = rest.indexOf(" ")) {
          const length = Number(rest.subarray(0, blank).toString());
          if (rest.length < blank + 1 + length) break;
          this.messages.push(rest.subarray(blank + 1, blank + 1 + length).toString());
          rest = rest.subarray(blank + 1 + length);
        }
        for (const heard of this.#heard) heard();
      });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    // Until the other side has heard of the end, too: what it writes before is lost with the connection.
    const ends = [...this.sockets].map((socket) => new Promise((resolve) => socket.on("close", resolve)));
    for (const socket of this.sockets) socket.end();
    await Promise.all(ends);
    this.sockets.clear();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#server = this.#make();
  }

  async has(count: number): Promise<void> {
    while (this.messages.length < count) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }
}

const HEAD = String.raw`1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ${hostname().replaceAll(".", String.raw`\.`)} shop ${process.pid}`;

test("over UDP: one datagram an entry, RFC 5424", async () => {
  const socket = createSocket("udp4");
  const messages: string[] = [];
  const got = new Promise<void>((resolve) =>
    socket.on("message", (message) => messages.push(message.toString()) === 3 && resolve()),
  );
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  onTestFinished(() => void socket.close());
  const log = syslogLogger({
    host: "127.0.0.1",
    port: socket.address().port,
    app: "shop",
    facility: "local0",
  });
  log.debug("not wanted");
  log.info("Task t[1] received", { event: "task-received" });
  log.error("failed\u001b[2J\nforged", { err: new Error("e") });
  log.warn("x".repeat(100_000));
  await got;
  await log.close();
  expect(messages[0]).toMatch(new RegExp(`^<134>${HEAD} task-received - Task t\\[1\\] received$`));
  expect(messages[1]).toMatch(new RegExp(String.raw`^<131>${HEAD} - - failed\\n    forged$`));
  expect(messages[2]!.length).toBeLessThanOrEqual(8_000);
});

test("over TCP: by octet counting; what is logged while the server is away comes when it is back", async () => {
  const server = new Server();
  await server.open();
  const log = syslogLogger({ host: "127.0.0.1", port: server.port, transport: "tcp", app: "shop" });
  log.info("one é");
  await server.has(1);
  await server.close();
  for (let count = 0; count < 5; count++) log.info(`while it was away ${count}`);
  await server.open();
  await server.has(6);
  onTestFinished(() => server.close());
  await log.close();
  expect(server.messages.map((message) => message.split(" - - ")[1])).toEqual([
    "one é",
    ...Array.from({ length: 5 }, (_, count) => `while it was away ${count}`),
  ]);
});

/** A certificate of its own, for 127.0.0.1 and localhost, that no authority has signed. */
const CERTIFICATE = path.resolve(import.meta.dirname, "../fixtures/tls/certificate.pem");
const tlsServer = (onEnd: () => void = () => undefined): Server => {
  const key = readFileSync(path.join(path.dirname(CERTIFICATE), "key.pem"));
  return new Server((onSocket) =>
    createTlsServer({ key, cert: readFileSync(CERTIFICATE) }, onSocket).on("connection", (socket: Socket) =>
      socket.on("close", onEnd),
    ),
  );
};

test("over TLS: to a server whose authority NODE_EXTRA_CA_CERTS names", async () => {
  const server = tlsServer();
  await server.open();
  onTestFinished(() => server.close());
  const program = [
    `import { syslogLogger } from "sunbeat";`,
    `const log = syslogLogger({ host: "127.0.0.1", port: ${server.port}, transport: "tls", app: "shop" });`,
    `log.info("over TLS");`,
    `await log.close();`,
  ].join("\n");
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE };
  const output = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env });
  expect(output).toEqual({ stdout: "", stderr: "" });
  await server.has(1);
  expect(server.messages).toEqual([expect.stringMatching(/^<30>1 .* shop \d+ - - over TLS$/)]);
});

test("over TLS: nothing goes to a server whose certificate nobody vouches for", async () => {
  let hasEnded!: () => void;
  const end = new Promise<void>((resolve) => (hasEnded = resolve));
  const server = tlsServer(hasEnded);
  await server.open();
  onTestFinished(() => server.close());
  const log = syslogLogger({ host: "127.0.0.1", port: server.port, transport: "tls" });
  log.info("secret");
  await end;
  await log.close();
  expect(server.messages).toEqual([]);
});

test("1,000 entries are kept, those beyond are counted, and retries are bounded and further apart each time", async () => {
  const clock = new ManualClock();
  const opened: number[] = [];
  const sent: string[] = [];
  let events!: WireEvents;
  let isBack = false;
  const sender = new SyslogSender({
    ...{ transport: "tcp", host: "h", port: 1, clock, random: { next: () => 1, uuid: () => "" } },
    dropped: (count) => Buffer.from(`${count} dropped`),
    open: (_, given) => {
      events = given;
      opened.push(clock.monotonicMs());
      clock.soon(() => (isBack ? given.onOpen() : given.onDown()));
      return {
        hasRoom: true,
        send: (message, done) => (sent.push(message.toString()), clock.soon(done)),
        close: () => undefined,
      };
    },
  });
  for (let count = 0; count < MOST_KEPT + 7; count++) sender.send(Buffer.from(String(count)));
  await clock.advance(60_000);
  const pauses = opened.slice(1).map((at, index) => Math.round(at - opened[index]!));
  expect(pauses.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  isBack = true;
  await clock.advance(6_000);
  expect(sent).toHaveLength(MOST_KEPT + 1);
  expect(sent.at(-1)).toBe("7 dropped");
  events.onDown();
  await sender.close();
  sender.send(Buffer.from("after the end"));
  expect(sent).toHaveLength(MOST_KEPT + 1);
});

test("with nobody there a flush ends after a second", async () => {
  const clock = new ManualClock();
  const open = () => ({ hasRoom: true, send: () => undefined, close: () => undefined });
  const address = { transport: "tcp", host: "h", port: 1 } as const;
  const sender = new SyslogSender({
    ...{ ...address, clock, random: { next: () => 1, uuid: () => "" }, dropped: () => Buffer.alloc(0), open },
  });
  sender.send(Buffer.from("x"));
  let done = false;
  void sender.flush().then(() => (done = true));
  await clock.advance(999);
  expect(done).toBe(false);
  await clock.advance(1);
  expect(done).toBe(true);
});
