// What `instrument` adds to a send and its run, in processor time: with nobody who takes spans, and with the SDK.
import { context, propagation, trace } from "@opentelemetry/api";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { coreOf } from "../../dist/app/index.js";
import { Sunbeat } from "../../dist/index.js";
import { instrument } from "../../dist/otel.js";
import { interleave } from "../harness.mjs";

/** Takes all spans, and keeps none: what an exporter costs is its own. */
const TAKER = {
  onStart: () => undefined,
  onEnd: () => undefined,
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve(),
};
const MESSAGE = {
  id: "0199-0000",
  task: "add",
  queue: "default",
  rootId: "0199-0000",
  entry: null,
  due: null,
};

/** As a worker makes it of a delivery. */
const runOf = ({ id, task, queue, rootId, entry, due }, headers) => ({
  id,
  task,
  queue,
  rootId,
  entry,
  due,
  headers,
  retries: 0,
  deliveries: 1,
  waitMs: 1,
  sentAgoMs: 1,
  lock: null,
  ranMs: 0,
});

const app = new Sunbeat("bench", { broker: "memory:", logger: null });
instrument(app);
const { extensions } = coreOf(app);

/** Microseconds a send and its run, as the sender and the worker ask and tell. */
const thereAndBack = (count) => () => {
  const started = process.cpuUsage();
  for (let left = count; left > 0; left--) {
    const send = extensions.tracing?.send(false);
    const headers = send?.carry(MESSAGE, {});
    send?.end(null);
    const run = extensions.tracing?.run(runOf(MESSAGE, headers));
    run?.call(() => undefined);
    run?.end(null);
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / count;
};

function withSdk(work) {
  new NodeTracerProvider({ spanProcessors: [TAKER] }).register();
  try {
    return work();
  } finally {
    for (const api of [trace, context, propagation]) api.disable();
  }
}

export async function run({ quick }) {
  const [many, fewer] = quick ? [200_000, 20_000] : [2_000_000, 100_000];
  const { none, sdk } = await interleave(
    { none: thereAndBack(many), sdk: () => withSdk(thereAndBack(fewer)) },
    quick ? 3 : 9,
  );
  const row = (what, ours, wanted) => ({ what, unit: "us", ours, rivals: {}, wanted });
  return {
    title: "OpenTelemetry, added to a send and its run",
    rows: [
      row("without a provider", none, "at most 1"),
      row("with the SDK, both sampled", sdk, "4.3 to 7.2"),
    ],
  };
}
