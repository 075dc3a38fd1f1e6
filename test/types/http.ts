/** Calls as a program writes them, and what must not compile. Never run. */
import {
  chain,
  group,
  http,
  type HttpResult,
  type Immutable,
  type Signature,
  Sunbeat,
} from "../../src/index.js";

const app = new Sunbeat("types", { broker: "memory:", http: { allow: ["example.com"] } });
const add = app.task("add", (x: number, y: number) => x + y);
const store = app.task("store", (answer: HttpResult) => answer.status);

// As in the example of the canvas.
await chain(
  http.s({ url: "https://example.com/hook", method: "POST", body: { total: 3 }, sign: "hooks" }),
).delay();

export const call: Signature<[], HttpResult> = http.s({ url: "https://example.com/", expect: ["2xx", 404] });
export const fixed: Immutable<HttpResult> = http.si({ url: "https://example.com/" });
export const all: Signature<[], [HttpResult, number]> = group([http.s({ url: "https://a" }), add.s(1, 2)]);
export const stored: Signature<[], number> = chain(http.s({ url: "https://example.com/" }), store.s());
chain(add.s(1, 2), http.si({ url: "https://example.com/" }), store.s());
export const remote: Signature<[], unknown> = http.s({ url: "https://example.com/", respond: "celery" });

// @ts-expect-error it takes no more arguments: use si()
chain(add.s(1, 2), http.s({ url: "https://example.com/" }));
// @ts-expect-error the answer is no number
chain(http.s({ url: "https://example.com/" }), add.s(1));
// @ts-expect-error there is no such option
http.s({ url: "https://example.com/", follow: true });
// @ts-expect-error a call has a URL
http.s({});
// @ts-expect-error no status
http.s({ url: "https://example.com/", expect: "6xx" });
