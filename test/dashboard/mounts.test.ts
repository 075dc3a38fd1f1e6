/** The same handler in each framework: at the root, below a path, and behind proxies that strip it or keep it. */
import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { serve } from "@hono/node-server";
import { afterEach, describe, expect, test } from "vitest";
import type * as Built from "../../src/dashboard/index.js";
import type * as Main from "../../src/index.js";

// The pages are made by the build, and so it is the build that is mounted.
const load = (file: string): Promise<unknown> => import(new URL(`../../dist/${file}`, import.meta.url).href);
const { dashboard, toNodeListener } = (await load("dashboard/index.js")) as typeof Built;
const { Sunbeat } = (await load("index.js")) as typeof Main;
type DashboardHandler = Built.DashboardHandler;
type DashboardOptions = Built.DashboardOptions;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function made(options: DashboardOptions = {}): DashboardHandler {
  const app = new Sunbeat("mounted", { broker: "memory:", logger: null });
  const handler = dashboard(app, { resolveAccess: "open", ...options });
  ends.push(
    () => app.close(),
    () => handler.close(),
  );
  return handler;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const node = (listener: RequestListener): Promise<string> => listening(createServer(listener));

/** A proxy before `target` that may take `prefix` off, and tells of it. */
function proxy(
  target: string,
  { strip, tell }: { readonly strip: string; readonly tell: boolean },
): Promise<string> {
  return node((request, response) => {
    const path = request.url!.startsWith(strip) ? request.url!.slice(strip.length) || "/" : request.url!;
    const headers = {
      ...request.headers,
      ...(tell && { "x-forwarded-prefix": strip, "x-forwarded-host": request.headers.host }),
    };
    const passed = httpRequest(`${target}${path}`, { method: request.method!, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
}

type Mount = readonly [name: string, below: string, open: () => Promise<string>];

const MOUNTS: readonly Mount[] = [
  ["node:http at the root", "", () => node(toNodeListener(made()))],
  ["node:http below a path", "/a/b", () => node(toNodeListener(made({ basePath: "/a/b" })))],
  ["Express below a path", "/a/b", () => node(express().use("/a/b", toNodeListener(made())))],
  [
    "Fastify below a path",
    "/a/b",
    async () => {
      const app = fastify();
      const listener = toNodeListener(made({ basePath: "/a/b" }));
      // The body is the handler's to read.
      app.removeAllContentTypeParsers();
      app.addContentTypeParser("*", (_request, _payload, done) => done(null));
      app.all("/a/b*", (request, reply) => {
        reply.hijack();
        listener(request.raw, reply.raw);
      });
      ends.push(() => app.close());
      return app.listen({ port: 0, host: "127.0.0.1" });
    },
  ],
  [
    "Hono below a path",
    "/a/b",
    async () => {
      const app = new Hono();
      const handler = made({ basePath: "/a/b" });
      app.mount("/a/b", (request) => handler(request));
      return hono(app);
    },
  ],
  [
    "the form of Next's routes",
    "/a/b",
    () => {
      const handler = made({ basePath: "/a/b" });
      const [GET, POST] = [handler, handler];
      const next = new Hono();
      next.get("*", (context) => GET(context.req.raw) as Promise<Response>);
      next.post("*", (context) => POST(context.req.raw) as Promise<Response>);
      return hono(next);
    },
  ],
  [
    "a proxy that strips the path and says so",
    "/a/b",
    async () => proxy(await node(toNodeListener(made({ trustProxy: true }))), { strip: "/a/b", tell: true }),
  ],
  [
    "a proxy that strips the path and says nothing",
    "/a/b",
    async () => proxy(await node(toNodeListener(made())), { strip: "/a/b", tell: false }),
  ],
  [
    "a proxy that keeps the path",
    "/a/b",
    async () =>
      proxy(await node(toNodeListener(made({ basePath: "/a/b" }))), { strip: "/none", tell: false }),
  ],
];

function hono(app: Hono): Promise<string> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    ends.push(() => new Promise((done) => server.close(done)));
  });
}

describe.each(MOUNTS)("%s", (_, below, open) => {
  test("reads, changes, pages and their parts are where a browser looks for them", async () => {
    const at = `${await open()}${below}`;
    const me = (await (await fetch(`${at}/api/v1/me`)).json()) as { readonly csrf: string };
    const paused = await fetch(`${at}/api/v1/queues/q%2Fr/pause`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: new URL(at).origin, "sunbeat-csrf": me.csrf },
      body: JSON.stringify({ reason: "deploy" }),
    });
    expect([paused.status, await paused.json()]).toMatchObject([200, { queue: "q/r", reason: "deploy" }]);
    for (const path of ["/", "/tasks", "/tasks/some%2Fid", "/schedules/a"]) {
      const response = await fetch(`${at}${path}`);
      const html = await response.text();
      const [, base] = /<base href="([^"]*)"/.exec(html)!;
      const [, script] = /src="([^"]*\.js)"/.exec(html)!;
      const asset = new URL(script!, new URL(base!, `${at}${path}`));
      expect(asset.pathname, path).toMatch(new RegExp(`^${below}/assets/app-`));
      expect((await fetch(asset)).status, path).toBe(200);
    }
  });

  test("a stream comes as it is told, and ends with its reader", async () => {
    const at = `${await open()}${below}`;
    const stop = new AbortController();
    const response = await fetch(`${at}/api/v1/events?overview=1`, { signal: stop.signal });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("event: overview")) text += (await reader.read()).value ?? "";
    expect(text).toMatch(/event: ready/);
    stop.abort();
  });
});
