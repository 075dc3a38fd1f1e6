/** A child as its worker sees it, whatever it is: a process or a thread. */
import type { ChildEnd } from "../outcome.js";
import type { FromChild, StopOrder, ToChild } from "./wire.js";

export interface ChildEvents {
  onMessage(message: FromChild): void;
  onOutput(stream: "stdout" | "stderr", chunk: Buffer): void;
  onMemory(bytes: number): void;
  /** Once, after the last message. */
  onExit(end: ChildEnd): void;
}

export interface Child {
  readonly pid: number;
  /** Number of the thread; absent: it is a process. */
  readonly thread?: number;
  send(message: ToChild): void;
  /** Also to one whose event loop is busy. */
  stop(order: StopOrder): void;
  /** At once, whatever it does. A thread that is in native code goes when that is over. */
  kill(): void;
}
