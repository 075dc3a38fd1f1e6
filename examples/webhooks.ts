// A shop that tells another program of an order, and that program, which checks who told it.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chain, http, Sunbeat } from "sunbeat";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"; // both sides have it; never in the code of a real program

// The receiving side.
function isGenuine(headers: Record<string, unknown>, body: string): boolean {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": given } = headers;
  if (!(Math.abs(Date.now() / 1_000 - Number(at)) < 300)) return false; // somebody kept it and sends it again
  const key = Buffer.from(SECRET.replace("whsec_", ""), "base64");
  const wanted = createHmac("sha256", key)
    .update(`${String(id)}.${String(at)}.${body}`)
    .digest();
  return String(given)
    .split(" ")
    .some((one) => {
      const signature = Buffer.from(one.replace(/^v1,/, ""), "base64");
      return signature.length === wanted.length && timingSafeEqual(signature, wanted);
    });
}

const known = new Set<unknown>(); // a table with a unique key in a real program
let calls = 0;
async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  if (!isGenuine(request.headers, body)) return void response.writeHead(401).end();
  const id = request.headers["webhook-id"];
  console.log(known.has(id) ? "a double" : "a new order", body);
  known.add(id);
  // The first answer is lost, as one may be: the sender tries again, and the id says that it is the same.
  if (++calls === 1) response.writeHead(503, { "retry-after": "1" }).end();
  else response.writeHead(200, { "content-type": "application/json" }).end('{"accepted":true}');
}
const receiver = createServer((request, response) => void receive(request, response));
await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
const { port } = receiver.address() as AddressInfo;

// The sending side. `schemes` and `private` let the example ask this machine; a real program leaves both out.
const app = new Sunbeat("shop", {
  broker: "memory:",
  logger: null, // the worker would tell of the call that is refused
  http: { allow: ["127.0.0.1"], schemes: ["http"], private: true, secrets: { orders: SECRET } },
});
const note = app.task("note", (answer: { status: number; body: unknown }) => {
  console.log("answered", answer.status, answer.body);
});
await app.worker().start();
const url = `http://127.0.0.1:${port}/orders`;
const told = await chain(http.s({ url, body: { order: 7 }, sign: "orders" }), note.s()).delay();
await told.get({ timeout: 20 });

// What is not allowed fails, and nobody was asked.
const inner = await http.s({ url: "http://169.254.169.254/latest/meta-data" }).delay();
await inner.get({ timeout: 20 }).catch((error: { remoteCode?: string }) => console.log(error.remoteCode));

await app.close();
receiver.close();

// prints:
// a new order {"order":7}
// a double {"order":7}
// answered 200 { accepted: true }
// SUNBEAT_URL_REFUSED
