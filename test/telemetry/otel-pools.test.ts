/** Traces of a worker as the command line runs it: of runs in its process, in threads and in processes, and at its cold end. */
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, type Program } from "../support/cli.js";

const OTEL = fileURLToPath(new URL("../../node_modules/@opentelemetry", import.meta.url));

let place: Playground;
beforeAll(() => {
  place = new Playground();
  symlinkSync(OTEL, path.join(place.folder, "node_modules", "@opentelemetry"), "dir");
});
afterAll(() => place.dispose());

interface Told {
  readonly what: "begin" | "end";
  readonly where: "main" | "child";
  readonly pid: number;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | null;
  readonly error: string | null;
}

const LOG = "traced.log";
const told = (): Told[] =>
  readFileSync(path.join(place.folder, LOG), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);

function begin(pool: string, name: string): { readonly worker: Program; readonly app: readonly string[] } {
  rmSync(path.join(place.folder, LOG), { force: true });
  const app = ["-A", "traced.js", "-b", `sqlite:./traced-${name}.db`];
  const own = ["-P", pool, "-c", "2", "--log-format", "json", "-l", "info"];
  return { worker: place.start([...app, "worker", ...own]), app };
}

describe.each([
  ["async", "main"],
  ["threads", "child"],
  ["processes", "child"],
] as const)("runs in the pool %s", (pool, where) => {
  let spans: Told[] = [];
  let lines: { readonly message: string; readonly traceId?: string; readonly spanId?: string }[] = [];
  const only = (name: string): Told => {
    const found = spans.filter((span) => span.name === name);
    expect(found.map(({ name: of }) => of)).toEqual([name]);
    return found[0]!;
  };

  beforeAll(async () => {
    const { worker, app } = begin(pool, pool);
    await worker.says(/ready\./);
    for (const task of ["tasks.outer", "tasks.fail"])
      await place.sunbeat([...app, "call", task, "--wait", "--timeout", "30s"]);
    await worker.says(/Task tasks\.inner\[[^\]]+\] succeeded/);
    worker.signal("SIGTERM");
    const { stderr } = await worker.ended();
    spans = told().filter(({ what }) => what === "end");
    lines = stderr
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as (typeof lines)[number]);
  });

  test("the context reaches the run where it is, and what it begins is below it", () => {
    const sent = spans.find(({ name, where: at }) => name === "send outer" && at === "main")!;
    const run = spans.find(({ parent }) => parent === sent.spanId)!;
    expect([run.name, run.where]).toEqual(["process outer", where]);
    expect([only("query").parent, only("query").where]).toEqual([run.spanId, where]);
    expect(only("send inner").parent).toBe(only("query").spanId);
    expect(only("process inner").parent).toBe(only("send inner").spanId);
    const tree = [sent, run, only("query"), only("send inner"), only("process inner")];
    expect(new Set(tree.map(({ traceId }) => traceId)).size).toBe(1);
  });

  test("lines of `self.log` carry the ids of the span that is active there", () => {
    const run = spans.find(({ name, error }) => name === "process outer" && error === null)!;
    const { traceId } = run;
    for (const [message, spanId] of [
      ["from the run", run.spanId],
      ["from the query", only("query").spanId],
    ] as const) {
      expect(lines.find((line) => line.message.includes(message))).toMatchObject({ traceId, spanId });
    }
  });

  test("a failed run has its error, and none is left open", () => {
    expect(spans.filter(({ error }) => error !== null).map(({ name, where: at }) => [name, at])).toEqual([
      ["process outer", where],
    ]);
    const ended = new Set(spans.map(({ spanId }) => spanId));
    expect(told().filter(({ spanId }) => !ended.has(spanId))).toEqual([]);
  });
});

describe.each([
  ["async", "SIGQUIT", ["SIGQUIT"], ["process outer"]],
  ["async", "SIGTERM and then SIGQUIT", ["SIGTERM", "SIGQUIT"], ["process outer"]],
  ["threads", "SIGQUIT", ["SIGQUIT"], []],
  ["processes", "SIGQUIT", ["SIGQUIT"], []],
] as const)("a worker with the pool %s that ends cold, by %s", (pool, name, signals, spans) => {
  test("leaves no span of its process open", async () => {
    const { worker, app } = begin(pool, `${pool} ${name}`.replaceAll(" ", "-"));
    await worker.says(/ready\./);
    await place.sunbeat([...app, "call", "tasks.hang"]);
    await worker.says(/hanging/);
    for (const signal of signals) {
      worker.signal(signal);
      if (signal !== signals.at(-1)) await worker.says(/Warm shutdown/);
    }
    await worker.ended();
    const ofWorker = told().filter(({ pid, where }) => where === "main" && pid === worker.pid);
    const ended = new Map(ofWorker.filter(({ what }) => what === "end").map((span) => [span.spanId, span]));
    expect(ofWorker.filter(({ spanId }) => !ended.has(spanId))).toEqual([]);
    expect([...ended.values()].map((span) => span.name)).toEqual(spans);
  });
});
