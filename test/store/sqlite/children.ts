/** Other processes on a file (fixtures/child.ts); none outlives its test. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
// First, so that its folders go after the processes in them.
import "./files.js";

const FIXTURE = fileURLToPath(new URL("./fixtures/child.ts", import.meta.url));
const children: Child[] = [];

export class Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** All lines it has said. */
  readonly seen: string[] = [];
  /** Resolves when it has said its last. */
  readonly ended: Promise<unknown>;
  #waiting: (() => void)[] = [];
  #read = 0;

  constructor(...args: string[]) {
    this.process = spawn(process.execPath, ["--import", "tsx", FIXTURE, ...args]);
    this.process.stderr.on("data", (text: Buffer) => process.stderr.write(text));
    const lines = createInterface({ input: this.process.stdout });
    lines.on("line", (line) => {
      this.seen.push(line);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.ended = once(lines, "close");
    children.push(this);
  }

  /** The next line that was not read. */
  async line(): Promise<string> {
    while (this.seen.length === this.#read) await this.said();
    return this.seen[this.#read++] ?? "";
  }

  /** Resolves at the next thing it says; rejects when it ends without a word. */
  said(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      void this.ended.then(() => reject(new Error(`the child ended after ${JSON.stringify(this.seen)}`)));
    });
  }

  /** Kills it and reads what it still had said. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

/** One that has the file open. */
export async function started(...args: string[]): Promise<Child> {
  const child = new Child(...args);
  const line = await child.line();
  if (line !== "ready") throw new Error(`expected "ready", got ${line}`);
  return child;
}
