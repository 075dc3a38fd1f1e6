/** What the routes do, on a small system in memory. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellOf } from "../../src/dashboard/export.js";
import { crontab } from "../../src/index.js";
import { Desk } from "./desk.js";

let desk: Desk;
const runs: unknown[][] = [];

beforeAll(async () => {
  desk = new Desk(undefined, {
    app: {
      timezone: "Europe/Paris",
      beatSchedule: { nightly: { task: "reports.build", schedule: crontab("30 2 * * *") } },
    },
  });
  const { app } = desk;
  app.task("reports.build", (...args: unknown[]) => {
    runs.push(args);
    return { rows: 3 };
  });
  app.task("fails", () => {
    throw new Error("=SUM(A1) refused");
  });
  await app.worker().start();
  app.beat().start();
});
afterAll(() => desk.close());

const items = (answer: { readonly body: unknown }): readonly Record<string, unknown>[] =>
  (answer.body as { readonly items: readonly Record<string, unknown>[] }).items;

async function ended(id: string): Promise<void> {
  await desk.app.result(id).get({ propagate: false, timeout: 30 });
}

describe("a task", () => {
  test("is sent, shown with what it gave, found, run again with other arguments, and forgotten", async () => {
    const { id } = (await desk.change("POST", "/tasks", { task: "reports.build", args: ["one"] })).body as {
      id: string;
    };
    await ended(id);
    const shown = (await desk.ask("GET", `/tasks/${id}`)).body as Record<string, unknown>;
    expect(shown).toMatchObject({
      ...{ id, task: "reports.build", queue: "default", state: "SUCCESS" },
      args: { text: '[\n  "one"\n]' },
      result: { state: "SUCCESS", value: { text: '{\n  "rows": 3\n}' } },
    });
    await expect.poll(async () => items(await desk.ask("GET", `/tasks?q=id:${id}`)).length).toBe(1);
    const again = (await desk.change("POST", `/tasks/${id}/run`, { args: ["two"] })).body as { id: string };
    await ended(again.id);
    expect(runs.slice(-2)).toEqual([["one"], ["two"]]);
    await desk.change("POST", `/tasks/${id}/forget`);
    expect(((await desk.ask("GET", `/tasks/${id}`)).body as Record<string, unknown>)["result"]).toBeNull();
  });

  test("that failed shows its error with the stack, and is retried under its id", async () => {
    const { id } = (await desk.change("POST", "/tasks", { task: "fails" })).body as { id: string };
    await ended(id);
    const shown = (await desk.ask("GET", `/tasks/${id}`)).body as {
      result: { error: { message: string; stack: string } };
    };
    expect(shown.result.error.message).toBe("=SUM(A1) refused");
    expect(shown.result.error.stack).toMatch(/api\.test/);
    expect((await desk.change("POST", `/tasks/${id}/retry`)).body).toMatchObject({ found: 1, retried: 1 });
  });

  test("that nobody has sent is not found", async () => {
    expect(await desk.ask("GET", "/tasks/none")).toMatchObject({
      status: 404,
      body: { code: "SUNBEAT_RESULT_UNKNOWN" },
    });
  });
});

describe("an entry", () => {
  const entry = {
    task: "reports.build",
    schedule: { type: "crontab", expression: "0 6 * * *", timezone: "UTC" },
  };

  test("is previewed, set, refused to who read an older one, and deleted", async () => {
    const preview = (
      await desk.change("POST", "/schedules/preview", { name: "six", entry: { ...entry, schedule: "x" } })
    ).body;
    expect(preview).toMatchObject({ problem: { code: expect.stringMatching(/^SUNBEAT_/) as string } });
    const { schedule } = await desk.app.schedules.get("nightly").then((view) => view!);
    const form = { ...entry, schedule: schedule!.toJSON!() };
    const set = (await desk.change("PUT", "/schedules/six", { entry: form }, { "if-match": '"*none"' }))
      .body as {
      revision: string;
    };
    const again = await desk.change("PUT", "/schedules/six", { entry: form }, { "if-match": '"*none"' });
    expect(again.status).toBe(412);
    const changed = { ...form, description: "at night" };
    expect(
      (await desk.change("PUT", "/schedules/six", { entry: changed }, { "if-match": `"${set.revision}"` }))
        .status,
    ).toBe(200);
    expect(
      (await desk.change("DELETE", "/schedules/six", {}, { "if-match": `"${set.revision}"` })).status,
    ).toBe(412);
    expect((await desk.change("DELETE", "/schedules/six")).status).toBe(200);
  });

  test("of code can be paused, resumed and triggered, and not be changed", async () => {
    expect((await desk.change("POST", "/schedules/nightly/pause")).body).toMatchObject({ state: "paused" });
    expect((await desk.change("POST", "/schedules/nightly/resume")).body).toMatchObject({ state: "active" });
    expect((await desk.change("POST", "/schedules/nightly/trigger")).status).toBe(200);
    expect(await desk.change("DELETE", "/schedules/nightly")).toMatchObject({
      ...{ status: 409, body: { code: "SUNBEAT_ENTRY_CONFLICT" } },
    });
  });

  test("has a timeline, and is in the list and the forecast", async () => {
    expect((await desk.ask("GET", "/schedules/nightly/timeline")).body).toMatchObject({
      entry: "nightly",
      cells: null,
    });
    expect(items(await desk.ask("GET", "/schedules?q=REPORTS"))).toMatchObject([
      { name: "nightly", timezone: "Europe/Paris", state: "active" },
    ]);
    expect((await desk.ask("GET", "/forecast")).body).toMatchObject({ stepMs: 3_600_000 });
  });
});

describe("many at once", () => {
  const job = async (body: object): Promise<Record<string, unknown>> => {
    const { id } = (await desk.change("POST", "/bulk", body)).body as { readonly id: string };
    const read = async () => (await desk.ask("GET", `/bulk/${id}`)).body as Record<string, unknown>;
    await expect.poll(async () => (await read())["state"]).not.toBe("running");
    return read();
  };

  test("all that wait in a queue are counted, then revoked", async () => {
    for (let n = 0; n < 7; n++)
      await desk.app.sendTask("reports.build", [n], { countdown: 3_600, queue: "later" });
    const waiting = { queue: "later", state: "scheduled" };
    const dry = (await desk.change("POST", "/bulk", { action: "revoke", waiting, dryRun: true })).body;
    expect(dry).toEqual({ found: 7, isAll: true });
    expect(await job({ action: "revoke", waiting })).toMatchObject({
      state: "done",
      found: 7,
      done: 7,
      problem: null,
    });
  });

  test("what failed is found by a search, and retried", async () => {
    const { id } = await desk.app.sendTask("fails");
    await ended(id);
    const q = `task:fails id:${id}`;
    await expect
      .poll(
        async () =>
          (
            (await desk.change("POST", "/bulk", { action: "retry", q, dryRun: true })).body as {
              found: number;
            }
          ).found,
      )
      .toBe(1);
    expect(await job({ action: "retry", q })).toMatchObject({ state: "done", found: 1, done: 1 });
  });

  test.each<[reason: string, body: object]>([
    ["no target", { action: "retry" }],
    ["two targets", { action: "retry", ids: ["x"], q: "x" }],
    ["a search for what has not ended", { action: "revoke", q: "task:x" }],
    [
      "more ids than are taken at once",
      { action: "retry", ids: Array.from({ length: 1_001 }, (_, n) => `${n}`) },
    ],
    ["a state that is none", { action: "revoke", waiting: { queue: "q", state: "gone" } }],
  ])("%s is refused", async (_, body) => {
    expect((await desk.change("POST", "/bulk", body)).status).toBe(400);
  });

  test("a job that is not known is not found", async () => {
    expect((await desk.ask("GET", "/bulk/none")).status).toBe(404);
  });
});

describe("exports", () => {
  test("tasks as CSV, with what a spreadsheet would compute as text", async () => {
    const { id } = await desk.app.sendTask("fails", ["a,b"]);
    await ended(id);
    await expect.poll(async () => items(await desk.ask("GET", `/tasks?q=id:${id}`)).length).toBe(1);
    const answer = await desk.ask("GET", `/export?kind=tasks&q=id:${id}`);
    const [head, row, rest] = (answer.body as string).split("\r\n");
    expect(head).toMatch(/^at,id,task,queue,state,/);
    expect(row).toContain(`,${id},fails,default,failure,`);
    expect(row).toMatch(/,"\[""a,b""\]"$/);
    expect(rest).toBe("");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="tasks.csv"');
  });

  test("of the audit those rows that were asked for", async () => {
    await desk.app.queues.pause("mail");
    await desk.app.queues.pause("slow");
    const { body } = await desk.ask("GET", "/export?kind=audit&target=mail");
    expect((body as string).trim().split("\r\n").slice(1)).toEqual([
      expect.stringContaining(",pauseQueue,mail,"),
    ]);
    expect((await desk.ask("GET", "/export?kind=audit&by=nobody")).body).not.toContain("pauseQueue");
  });

  test("schedules as lines of JSON", async () => {
    const { body } = await desk.ask("GET", "/export?kind=schedules&format=ndjson");
    expect(JSON.parse((body as string).trim())).toMatchObject({ name: "nightly", task: "reports.build" });
  });

  test.each<[reason: string, value: unknown, cell: string]>([
    ["a formula is text", "=1+1", "'=1+1"],
    ["so is what begins with a sign", "+49", "'+49"],
    ["and a name of a sheet", "@SUM", "'@SUM"],
    ["and what a tab hides", "\t=1", "'\t=1"],
    ["a negative number is a number", -5, "-5"],
    ["a comma is quoted", "a,b", '"a,b"'],
    ["a quote is doubled", 'a"b', '"a""b"'],
    ["a line end is quoted", "a\nb", '"a\nb"'],
    ["nothing is empty", null, ""],
    ["an instant is ISO", new Date(0), "1970-01-01T00:00:00.000Z"],
  ])("%s", (_, value, cell) => {
    expect(cellOf(value)).toBe(cell);
  });
});

describe("reads", () => {
  test("that are the same are answered with 304", async () => {
    const first = await desk.ask("GET", "/me");
    const etag = first.headers.get("etag")!;
    expect((await desk.ask("GET", "/me", { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await desk.ask("GET", "/me", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("give instants as milliseconds, at every depth", async () => {
    const { body } = await desk.ask("GET", "/schedules/nightly");
    expect(body).toMatchObject({
      nextDue: expect.any(Number) as number,
      preview: {
        next: expect.arrayContaining([
          expect.objectContaining({ due: expect.any(Number) as number }),
        ]) as unknown,
      },
    });
    expect(JSON.stringify(body)).not.toMatch(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/);
  });

  test("the overview has all that the first page shows", async () => {
    expect((await desk.ask("GET", "/overview")).body).toMatchObject({
      leader: { lagMs: expect.any(Number) as number },
      nodes: { workers: 1, beats: 1 },
      next: [{ entry: "nightly" }],
      entries: { total: 1, paused: 0, disabled: 0 },
      doctor: { errors: 0 },
    });
  });

  test("metrics of the system are there for a scraper", async () => {
    const response = await desk.handle(new Request("http://dashboard.test/metrics"));
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toMatch(/^sunbeat_leader_present 1$/m);
  });
});

test("the description of the API names each route, what it takes, and the right it needs", async () => {
  const { body } = await desk.ask("GET", "/openapi.json");
  const { paths } = body as { readonly paths: Record<string, Record<string, Record<string, unknown>>> };
  expect(paths["/schedules/{name}"]!["put"]).toMatchObject({
    "x-right": "edit",
    parameters: [{ name: "name", in: "path", required: true }],
    requestBody: {
      content: { "application/json": { schema: { required: ["entry"], additionalProperties: false } } },
    },
  });
});
