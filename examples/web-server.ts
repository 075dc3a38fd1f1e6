// A plain HTTP server that enqueues and shows results: POST /reports/7 sends, GET /results/ID tells how far it is.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Sunbeat } from "sunbeat";

const app = new Sunbeat("web", { broker: "memory:" });
const report = app.task("reports.build", async (customer: number) => ({ customer, total: customer * 6 }));

/** Status and body of an answer. Errors of the store, such as SUNBEAT_STORE_UNAVAILABLE, become a 503 below. */
async function answer({ method, url = "" }: IncomingMessage): Promise<[status: number, body: unknown]> {
  const [, customer] = /^\/reports\/(\d+)$/.exec(url) ?? [];
  if (method === "POST" && customer !== undefined) {
    const { id } = await report.delay(Number(customer));
    return [202, { id, status: `/results/${id}` }];
  }
  const [, id] = /^\/results\/([\w-]+)$/.exec(url) ?? [];
  if (method === "GET" && id !== undefined) {
    const result = app.result(id);
    const state = await result.state();
    if (state === "SUCCESS") return [200, { state, value: await result.get() }];
    return [(await result.exists()) ? 200 : 404, { state }];
  }
  return [404, { error: "not found" }];
}

const server = createServer((request, response) => {
  void answer(request)
    .catch((error: unknown): [number, unknown] => [503, { error: String(error) }])
    .then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

// a client; a real server has its worker in another process, and a broker that both see
const ask = async (path: string, method = "GET") => {
  const response = await fetch(home + path, { method });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const sent = await ask("/reports/7", "POST");
console.log(sent.status);
const place = String(sent.body["status"]);
console.log((await ask(place)).body["state"]);

await app.worker().start();
await app.result(String(sent.body["id"])).get({ timeout: 10 });
console.log(JSON.stringify((await ask(place)).body));
console.log((await ask("/results/nobody-knows-it")).status, (await ask("/elsewhere")).status);

server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));
await app.close();
// prints:
// 202
// PENDING
// {"state":"SUCCESS","value":{"customer":7,"total":42}}
// 404 404
