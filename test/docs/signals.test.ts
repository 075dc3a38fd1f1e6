/** The table of signals in docs/signals.md against those that there are. What its code shows is run by test/examples.test.ts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { SIGNAL_NAMES, type SignalName } from "../../src/signals/index.js";

const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/signals.md"), "utf8");
const [, table = ""] = /^## Every signal\n([\s\S]*?)^Not here/m.exec(page) ?? [];
const rows = [...table.matchAll(/^\| *`(\w+)` *\| *(?:`(\w+)`|none) *\|([^|]*)\| *([^|]*)\|/gm)].map(
  ([, name = "", celery, payload = "", when = ""]) => ({ name, celery, payload, when }),
);

/** Those whose handlers are waited for. */
const AWAITED: readonly SignalName[] = [
  ...(["beforeTaskPublish", "taskPrerun", "workerShutdown", "workerProcessInit"] as const),
  ...(["workerProcessShutdown", "setupLogging"] as const),
];

test("every signal has a row, in the order of the types", () => {
  expect(rows.map(({ name }) => name)).toEqual(SIGNAL_NAMES);
});

test.each(rows.flatMap(({ name, celery }) => (celery === undefined ? [] : [[name, celery] as const])))(
  "%s is Celery's %s in camelCase",
  (name, celery) => {
    expect(celery.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(name);
  },
);

test("those that are awaited say so", () => {
  expect(
    rows
      .filter(({ when }) => when.startsWith("awaited"))
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...AWAITED].sort());
});
