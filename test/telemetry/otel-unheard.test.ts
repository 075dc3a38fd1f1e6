/** What an app says where nobody takes spans or metrics, and what importing sunbeat loads. */
import { afterEach, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { Sunbeat } from "../../src/index.js";
import { instrument } from "../../src/otel.js";
import { virtualTime } from "../../src/testing/index.js";
import { reachedFiles, sourcesOfSrc } from "../support/source-tree.js";
import { Spans, takeMetrics, takeNothing } from "../support/spans.js";

afterEach(takeNothing);

test("without a provider nothing is told, headers stay as they are, and one that is set later is heard", async () => {
  const app = new Sunbeat("shop", { broker: "memory:", logger: null });
  instrument(app);
  const { extensions } = coreOf(app);
  const seen: unknown[] = [];
  const work = app.task("work", { bind: true }, (self) => void seen.push(self.request.headers));
  const time = await virtualTime(app);
  expect(extensions.tracing).toBeNull();
  await work.delay();
  await time.advance("1s");
  expect(seen).toEqual([{}]);
  const spans = new Spans();
  expect(extensions.tracing).not.toBeNull();
  await work.delay();
  await time.advance("1s");
  expect(seen[1]).toHaveProperty("traceparent");
  expect(spans.all.map(({ name }) => name).sort()).toEqual(["process default", "send default"]);
  await time.close();
});

test("metrics alone are taken without spans", async () => {
  const app = new Sunbeat("shop", { broker: "memory:", logger: null });
  instrument(app);
  const work = app.task("work", () => 1);
  const collect = takeMetrics();
  const time = await virtualTime(app);
  await work.delay();
  await time.advance("1s");
  const { scopeMetrics } = await collect();
  expect(scopeMetrics[0]!.metrics.map(({ descriptor }) => descriptor.name)).toContain(
    "messaging.process.duration",
  );
  await time.close();
});

test("importing sunbeat, or its command line, loads nothing of OpenTelemetry", () => {
  const sources = sourcesOfSrc();
  const reached = reachedFiles(sources, ["value", "lazy"]);
  const loaded = ["index.ts", "cli/main.ts"].flatMap((file) => [file, ...reached.get(file)!]);
  const naming = sources.filter(({ imports }) =>
    imports.some(({ specifier }) => specifier.startsWith("@opentelemetry/")),
  );
  expect(naming.map(({ file }) => file)).toEqual([
    "telemetry/conventions.ts",
    "telemetry/otel-metrics.ts",
    "telemetry/otel.ts",
  ]);
  expect(naming.filter(({ file }) => loaded.includes(file))).toEqual([]);
});
