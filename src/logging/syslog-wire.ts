/** Sockets to a syslog server. None of them keeps the process alive. */
import { createSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** A connection that takes no byte for so long is given up. */
const STALL_MS = 5_000;

export interface Address {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
}

/** `onDown` comes once; none comes after `close`. */
export interface WireEvents {
  readonly onOpen: () => void;
  readonly onRoom: () => void;
  readonly onDown: () => void;
}

export interface Wire {
  readonly hasRoom: boolean;
  /** `done`: the system has it. Of those that it never had nothing is told. */
  send(message: Buffer, done: () => void): void;
  close(): void;
}

export type OpenWire = (address: Address, events: WireEvents) => Wire;

export const openWire: OpenWire = (address, events) =>
  address.transport === "udp" ? openDatagrams(address, events) : openStream(address, events);

function openDatagrams({ host, port }: Address, { onOpen, onDown }: WireEvents): Wire {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    socket.close();
  };
  const down = (): void => {
    if (isOver) return;
    end();
    onDown();
  };
  socket.unref();
  // A machine that answers that nobody listens there is told of at the next datagram.
  socket.on("error", down);
  socket.connect(port, host, () => !isOver && onOpen());
  return {
    hasRoom: true,
    send: (message, done) => socket.send(message, (error) => (error ? down() : !isOver && done())),
    close: end,
  };
}

function openStream({ transport, host, port }: Address, { onOpen, onRoom, onDown }: WireEvents): Wire {
  const socket: Socket =
    transport === "tcp" ? connect({ host, port }) : connectTls({ host, port, servername: nameOf(host) });
  let isOver = false;
  const end = (): void => {
    isOver = true;
    socket.destroy();
  };
  const down = (): void => {
    if (isOver) return;
    end();
    onDown();
  };
  socket.unref();
  socket.setNoDelay(true);
  // Heard only while something is on its way: a quiet connection is a good one.
  socket.setTimeout(STALL_MS, () => (socket.connecting || socket.writableLength > 0) && down());
  socket.on("error", down);
  socket.on("close", down);
  // The other side says nothing but that it ends.
  socket.on("data", () => undefined);
  socket.on("end", down);
  socket.on("drain", () => !isOver && onRoom());
  socket.once(transport === "tcp" ? "connect" : "secureConnect", () => !isOver && onOpen());
  return {
    get hasRoom() {
      return !socket.writableNeedDrain;
    },
    send: (message, done) => {
      // Octet counting (RFC 6587): a message cannot end another one.
      socket.write(Buffer.concat([Buffer.from(`${message.length} `), message]), (error) => {
        if (!error && !isOver) done();
      });
    },
    close: end,
  };
}

/** An address is no name that a server could have. */
function nameOf(host: string): string {
  return isIPv6(host) || /^[\d.]+$/.test(host) ? "" : host;
}
