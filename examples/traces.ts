// One trace from a send through its retry to the next task of its chain, and the ids of that trace in log lines.
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { chain, jsonLogger, Sunbeat } from "sunbeat";
import { instrument } from "sunbeat/otel";

// In a program of yours: a BatchSpanProcessor with the exporter of your backend.
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();

const lines: { readonly message: string; readonly traceId?: string }[] = [];
const app = new Sunbeat("shop", {
  broker: "memory:",
  logger: jsonLogger({ write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }),
});
instrument(app, { parent: "child" }); // also what is retried: by default that begins a trace of its own, with a link

let isDown = true;
const charge = app.task(
  "charge",
  { bind: true, queue: "money", retry: { max: 1, delay: 1 } },
  (self, id: string) => {
    self.log.info(`charging ${id}`);
    if (isDown) {
      isDown = false;
      throw new Error("the bank is away");
    }
    return id;
  },
);
const ship = app.task("ship", { bind: true, queue: "parcels" }, (self, id: string) => {
  self.log.info(`shipping ${id}`);
});

await app.worker().start();
await (await chain(charge.s("o1"), ship.s()).delay()).get({ timeout: 30 });
await app.close();
const spans = exporter.getFinishedSpans();
await provider.shutdown();

const [send] = spans;
for (const { name, attributes, parentSpanContext } of spans) {
  const below = parentSpanContext?.spanId === send!.spanContext().spanId ? "  " : "";
  console.log(`${below}${name}`, attributes["sunbeat.task"], attributes["error.type"] ?? "ok");
}
const { traceId } = send!.spanContext();
for (const line of lines.filter((line) => line.traceId === traceId)) console.log(line.message);
// prints:
// send money charge ok
//   process money charge Error
//   process money charge ok
//   process parcels ship ok
// charging o1
// charging o1
// shipping o1
