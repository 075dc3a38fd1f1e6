/** One meaning: random forms give the same values, failures and calls on every store, in place, and by an interpreter of forms. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { formOf } from "../../src/canvas/index.js";
import { Sunbeat } from "../../src/index.js";
import { ownNamespace } from "../support/redis-harness.js";
import { evaluate, type Log, type Spec } from "./interpreters.js";
import { signatureOf, specs, takesOpen } from "./specs.js";

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-meaning-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Which of several failures came first is a matter of time: they are all the same here. */
function withoutCulprits(value: unknown): unknown {
  if (typeof value === "string") return /^bad\d+$/.test(value) ? "failure" : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutCulprits);
  if ("state" in value && "task" in value) return "failure";
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutCulprits(one)]));
}

function hash(text: string): string {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return `v${sum.toString(36)}`;
}

/** What a task does, given its arguments; null: it fails. */
function behave(log: Log, name: string, args: readonly unknown[]): string | null {
  const call = `${name}(${JSON.stringify(withoutCulprits(args))})`;
  log.push(call);
  return name.startsWith("bad") ? null : hash(call);
}

function namesIn(spec: Spec): string[] {
  const inner: Spec[] = [];
  if ("steps" in spec) inner.push(...spec.steps);
  if ("members" in spec) inner.push(...spec.members);
  for (const one of Object.values(spec) as unknown[]) {
    if (typeof one === "object" && one !== null && "kind" in one) inner.push(one as Spec);
  }
  return [...(spec.kind === "task" ? [spec.name] : []), ...inner.flatMap(namesIn)];
}

describe.each([
  ["memory", "memory:", 100],
  ["SQLite", `sqlite:${path.join(folder, "meaning.db")}`, 30],
  ["Redis", `${inject("redisUrl")}/0?namespace=${ownNamespace()}`, 60],
  ["in place", null, 100],
])("on %s", (_, broker, numRuns) => {
  const app = new Sunbeat("meaning", {
    ...{ broker: broker ?? "memory:", logger: null },
    taskAlwaysEager: broker === null,
  });
  let log: Log = [];
  const known = new Set<string>();

  beforeAll(async () => {
    if (broker !== null) await app.worker({ concurrency: 8 }).start();
  });
  afterAll(() => app.close());

  test("random forms mean what the interpreter says", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        for (const name of namesIn(spec)) {
          if (known.has(name)) continue;
          known.add(name);
          app.task(name, (...args: unknown[]) => {
            const value = behave(log, name, args);
            if (value === null) throw new TypeError(name);
            return value;
          });
        }
        const args = takesOpen(spec) ? ["open"] : [];
        const expected: Log = [];
        const end = await evaluate(spec, { args }, (name, given) => {
          const value = behave(expected, name, given);
          return value === null ? { failed: name, at: expected.length } : { value };
        });
        log = [];
        const sent = await coreOf(app).canvas.send(formOf(signatureOf(spec), "form"), args);
        const got = (await sent.get({ timeout: 60, propagate: false })) as unknown;
        await ended(async () => (await sent.progress()).open === 0);
        const value = got instanceof Error ? "failed" : withoutCulprits(got);
        expect({ value, runs: log.sort() }).toEqual({
          value: "value" in end ? withoutCulprits(end.value) : "failed",
          runs: expected.sort(),
        });
      }),
      { numRuns },
    );
  });
});

async function ended(isOver: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 60_000;
  while (!(await isOver())) {
    if (Date.now() > until) throw new Error("the graph has not ended within 60 s");
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
