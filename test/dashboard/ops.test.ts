/** What the pages of workers, locks, graphs and beats ask for. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Access } from "../../src/dashboard/access.js";
import { termsOf } from "../../src/dashboard/dispatches.js";
import { group } from "../../src/index.js";
import { Desk } from "./desk.js";

let access: Access = { user: "ann", role: "admin" };
const desk = new Desk({ resolveAccess: () => access });
const { app } = desk;
let node = "";
let graph = "";

const build = app.task("build", () => 1);
const flaky = app.task("flaky", () => {
  throw new Error("refused by https://ann:hunter2@example.org");
});

beforeAll(async () => {
  await app.worker({ hostname: "w1@here" }).start();
  const sent = await group([build.s(), flaky.s()]).delay();
  await sent.get({ propagate: false, timeout: 30 });
  graph = sent.graphId;
  node = (await app.nodes.list())[0]!.node;
  for (const name of ["ledger", "mail-1", "mail-2"]) await app.locks.mutex(name).acquire();
});
afterAll(() => desk.close());

const get = async (path: string): Promise<never> => (await desk.ask("GET", path)).body;

describe("a node", () => {
  test("is listed without the names of its tasks, and has them on its own page", async () => {
    const { items } = (await get("/nodes")) as { readonly items: readonly { readonly worker: object }[] };
    expect(items[0]!.worker).not.toHaveProperty("tasks");
    expect(await get(`/nodes/${node}`)).toMatchObject({
      node: { worker: { tasks: ["build", "flaky"] } },
      answers: {},
    });
  });

  test("answers what it is asked, and nothing else", async () => {
    const { answers } = (await get(`/nodes/${node}?ask=active&ask=stats`)) as { readonly answers: object };
    expect(Object.keys(answers)).toEqual(["active", "stats"]);
    expect(await desk.ask("GET", `/nodes/${node}?ask=shutdown`)).toMatchObject({ status: 400 });
  });

  test.each([
    ["reads go by the page, which hides what the asker may not see", "active"],
    ["verbs of the store have routes of their own", "revoke"],
    ["no such verb", "nope"],
  ])("%s", async (_, verb) => {
    expect(await desk.change("POST", `/nodes/${node}/control`, { verb })).toMatchObject({
      status: 400,
      body: { code: "SUNBEAT_OPTION_INVALID" },
    });
  });

  test("drains when it is told, and the audit says who did it", async () => {
    await desk.change("POST", `/nodes/${node}/control`, { verb: "drain" });
    await expect.poll(() => get(`/nodes/${node}`)).toMatchObject({ node: { state: "draining" } });
    await desk.change("POST", `/nodes/${node}/control`, { verb: "undrain" });
    const { items } = (await get(`/audit?target=${node}`)) as { readonly items: readonly object[] };
    expect(items).toMatchObject([
      { verb: "undrain", by: "ann", outcome: "ok" },
      { verb: "drain", by: "ann", outcome: "ok" },
    ]);
  });
});

test.each<[reason: string, rate: string, limits: readonly object[]]>([
  ["an operator's limit", "10/m", [{ task: "build", rate: "10/m", source: "control" }]],
  ["none lifts it", "none", [{ task: "build", rate: null, source: "control" }]],
  ["reset brings back what code says", "reset", []],
])("the rate of a task: %s", async (_, rate, limits) => {
  expect((await desk.change("POST", "/limits/build", { rate })).status).toBe(200);
  expect(await get("/limits")).toMatchObject({ items: limits });
});

test.each<[reason: string, q: string, names: readonly string[]]>([
  ["all", "", ["ledger", "mail-1", "mail-2"]],
  ["text in the name, in any case", "?q=MAIL", ["mail-1", "mail-2"]],
  ["from behind one", "?q=mail&after=mail-1", ["mail-2"]],
  ["no lock has it", "?q=nope", []],
])("locks: %s", async (_, q, names) => {
  const { items } = (await get(`/locks${q}`)) as { readonly items: readonly { readonly name: string }[] };
  expect(items.map(({ name }) => name)).toEqual(names);
});

describe("what failed first in a graph", () => {
  test("is named, with no password of an address", async () => {
    expect(await get(`/graphs/${graph}`)).toMatchObject({
      graph: { state: "failed", failed: 1 },
      culprit: { task: "flaky", error: expect.stringContaining("Error: refused by https://") as string },
    });
    expect(JSON.stringify(await get(`/graphs/${graph}`))).not.toContain("hunter2");
  });

  test("is named without its error to whoever may not see results", async () => {
    access = { ...access, results: false };
    expect(await get(`/graphs/${graph}`)).toMatchObject({ culprit: { task: "flaky", error: null } });
    access = { user: "ann", role: "admin" };
  });
});

test("terms are told in order of their first ticks, also where two were mixed up", () => {
  const sent = [
    { at: 1, term: "a" },
    { at: 2, term: "a" },
    { at: 3, term: "b" },
    { at: 4, term: "a" },
  ];
  expect(termsOf(sent)).toEqual([
    { term: "a", from: 1, to: 4, sent: 3 },
    { term: "b", from: 3, to: 3, sent: 1 },
  ]);
  expect(termsOf([])).toEqual([]);
});
