import { describe, expect, test } from "vitest";
import type { DeliveredPart, Graphs, PartRecord } from "../../src/store/contracts/graphs.js";
import type { StoredResult } from "../../src/store/contracts/results.js";
import type { Source, Take } from "../../src/tasks/part.js";
import { Sources } from "../../src/worker/sources.js";
import { takeArguments } from "../../src/worker/take.js";

type Reads = Pick<Graphs, "outputs" | "added" | "parts">;

const value = (id: string, data: unknown): StoredResult => ({
  id,
  state: "SUCCESS",
  payload: data === undefined ? null : JSON.stringify(data),
  worker: "w",
  at: 0,
});
const failure = (id: string, message: string): StoredResult => ({
  id,
  state: "FAILURE",
  payload: JSON.stringify({ name: "TypeError", message, stack: null, code: "E1", cause: null }),
  worker: "w",
  at: 0,
});
const unrun = (id: string, culprit: string): StoredResult => ({
  id,
  state: "REVOKED",
  payload: JSON.stringify(culprit),
  reason: "upstream",
  at: 0,
});
const revoked = (id: string): StoredResult => ({
  id,
  state: "REVOKED",
  payload: null,
  reason: "revoked",
  at: 0,
});
const join = (id: string, source: Source): StoredResult => ({
  id,
  state: "SUCCESS",
  payload: JSON.stringify({ $source: source }),
  at: 0,
});

/** What a store has, and the sizes of the pages that were read. */
class Shelf implements Reads {
  readonly pages: number[] = [];
  readonly #records: ReadonlyMap<string, StoredResult>;
  readonly #added: Readonly<Record<string, readonly Source[]>>;

  constructor(
    records: readonly StoredResult[],
    added: Readonly<Record<string, readonly Source[]>> = {},
    private readonly most = 500,
  ) {
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.#added = added;
  }

  async outputs(ids: readonly string[]): Promise<(StoredResult | null)[]> {
    const page = ids.slice(0, this.most);
    this.pages.push(page.length);
    return Promise.resolve(page.map((id) => this.#records.get(id) ?? null));
  }

  async added(_: string, list: string): Promise<string[]> {
    return Promise.resolve((this.#added[list] ?? []).map((source) => JSON.stringify(source)));
  }

  async parts(_: string, { after, limit }: { after?: string; limit: number }): Promise<PartRecord[]> {
    const all = [...this.#records.keys()].map((id) => ({
      ...{ id, task: `t.${id}`, state: "failed" as const, culprit: null, followers: [] },
    }));
    const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return Promise.resolve(all.slice(from, from + limit));
  }
}

const two = [value("g:0", 10), value("g:1", { a: 1 })];

function take(shelf: Reads, takes: readonly Take[], args: readonly unknown[] = [], part?: DeliveredPart) {
  return takeArguments({ label: "t[g:9]", part: part ?? { graph: "g" }, args, takes }, shelf);
}

describe("arguments", () => {
  test.each<[Take[], unknown[], unknown[], string]>([
    [[[0, 0]], ["own"], [10, "own"], "a result stands in front"],
    [[[1, 0]], ["own", "end"], ["own", 10, "end"], "a Ref stands where it was written"],
    [
      [
        [0, 0],
        [2, 1],
      ],
      ["own"],
      [10, "own", { a: 1 }],
      "positions count in the finished list",
    ],
    [[[0, ["list", null, 1, 0]]], [], [[{ a: 1 }, 10]], "a list is in the order written"],
    [[[0, ["list", null, ["run", 0, 1, 1]]]], [], [[10, { a: 1 }]], "a run is its parts"],
    [[[0, ["list", null, 0, ["list", null, 1]]]], [], [[10, [{ a: 1 }]]], "a group in a group"],
    [[[0, ["list", null]]], [], [[]], "an empty group"],
    [[[0, ["settled", 0]]], [], [{ status: "fulfilled", value: 10 }], "settled, and good"],
    [[[0, 2]], [], [[10, { a: 1 }]], "a join stands for its list"],
    [[[0, 3]], [], [undefined], "a part that gave nothing"],
    [[[0, "4/0"]], [], ["grown"], "a part that grew"],
    [[[0, 5]], [], [{ $source: 7 }], "what a task gave is no reference, whatever it looks like"],
  ])("%j in front of %j makes %j: %s", async (takes, args, expected) => {
    const shelf = new Shelf([
      ...two,
      join("g:2", ["list", null, ["run", 0, 1, 1]]),
      value("g:3", undefined),
      value("g:4/0", "grown"),
      value("g:5", { $source: 7 }),
    ]);
    expect(await take(shelf, takes, args)).toEqual(expected);
  });

  test("added values stand behind those written, in their order, and may be lists themselves", async () => {
    const shelf = new Shelf([...two, value("g:0/1", "b"), value("g:0/0", "a")], {
      "0": ["0/1", ["list", null, "0/0"]],
    });
    expect(await take(shelf, [[0, ["list", "0", 0]]])).toEqual([[10, "b", ["a"]]]);
  });

  test("the input that came with the delivery is not read again", async () => {
    const shelf = new Shelf([]);
    const part = { graph: "g", input: value("g:0", 7) };
    expect(await take(shelf, [[0, 0]], [1], part)).toEqual([7, 1]);
    expect(shelf.pages).toEqual([]);
  });

  test("a list is read in pages, also where the store gives less than was asked for", async () => {
    const records = Array.from({ length: 1_100 }, (_, n) => value(`g:${n}`, n));
    const source: Source = ["list", null, ["run", 0, 1_098, 2], ["run", 1, 1_099, 2]];
    const shelf = new Shelf(records, {}, 300);
    const [all] = (await take(shelf, [[0, source]])) as [number[]];
    expect(all.length).toBe(1_100);
    expect([all[0], all[549], all[550], all[1_099]]).toEqual([0, 1_098, 1, 1_099]);
    expect(shelf.pages).toEqual([300, 300, 300, 200]);
  });

  test("more than 16 MiB that is not streamed is refused, and names stream", async () => {
    const records = Array.from({ length: 17 }, (_, n) => value(`g:${n}`, "x".repeat(1_048_576)));
    await expect(
      take(new Shelf(records, {}, 1), [[0, ["list", null, ["run", 0, 16, 1]]]]),
    ).rejects.toMatchObject({
      code: "SUNBEAT_PAYLOAD_TOO_LARGE",
      message: expect.stringContaining("stream(...)") as string,
    });
  });

  test.each([
    [["list", null, ["run", 0, 16, 1]] as Source, 17, "a list"],
    [0, 1, "one part that gave an array"],
  ])("a stream of %j reads a page at a time, and begins anew: %s", async (source) => {
    const records = Array.from({ length: 17 }, (_, n) => value(`g:${n}`, n));
    if (source === 0) records[0] = value("g:0", [1, 2]);
    const shelf = new Shelf(records, {}, 4);
    const [results] = (await take(shelf, [[0, ["stream", source]]])) as [
      AsyncIterable<number> & { length: number },
    ];
    const seen: number[][] = [];
    for (const _ of [1, 2]) {
      const all: number[] = [];
      for await (const one of results) all.push(one);
      seen.push(all);
    }
    const expected = source === 0 ? [1, 2] : Array.from({ length: 17 }, (_, n) => n);
    expect([results.length, ...seen]).toEqual([expected.length, expected, expected]);
  });

  test("a stream of ten thousand that is left early has read one page, and asked for the next", async () => {
    const shelf = new Shelf(Array.from({ length: 10_000 }, (_, n) => value(`g:${n}`, n)));
    const [results] = (await take(shelf, [[0, ["stream", ["list", null, ["run", 0, 9_999, 1]]]]])) as [
      AsyncIterable<number>,
    ];
    for await (const one of results) if (one === 3) break;
    expect(shelf.pages).toEqual([500, 500]);
  });
});

describe("failures", () => {
  const bad = new Shelf([value("g:0", 1), failure("g:1", "no"), unrun("g:2", "g:1"), revoked("g:3")]);
  const told = { id: "g:1", task: "t.g:1", state: "FAILURE", name: "TypeError", message: "no", code: "E1" };

  test.each<[Source, unknown, string]>([
    [["settled", 1], told, "its own"],
    [["settled", 2], told, "that of the part before it, for which it did not run"],
    [["settled", ["list", null, 0, 1, 3]], told, "of a list that of the first which failed"],
    [
      ["settled", 3],
      {
        ...{ id: "g:3", task: "t.g:3", state: "REVOKED", name: "ResultError" },
        ...{ message: "task g:3 was revoked", code: "SUNBEAT_TASK_REVOKED" },
      },
      "a revoked one",
    ],
  ])("%j is rejected with a reason: %s", async (source, reason) => {
    expect(await take(bad, [[0, source]])).toEqual([{ status: "rejected", reason }]);
  });

  test("an error callback gets the failure that called it", async () => {
    const part = { graph: "g", culprit: { task: "tasks.x", result: failure("g:1", "no") } };
    expect(await take(bad, [[0, ["failure"]]], ["ops"], part)).toEqual([{ ...told, task: "tasks.x" }, "ops"]);
  });

  test.each([
    [1, "SUNBEAT_UPSTREAM_FAILED", "a part that failed"],
    [8, "SUNBEAT_RESULT_UNKNOWN", "a result that was forgotten"],
    [["list", null, ["run", 0, 9, 0]] as Source, "SUNBEAT_MESSAGE_INVALID", "a run that never ends"],
  ])("%j is refused with %s: %s", async (source, code) => {
    await expect(take(bad, [[0, source]])).rejects.toMatchObject({ code });
  });

  test("a stream of what is no list is refused", async () => {
    await expect(take(bad, [[0, ["stream", 0]]])).rejects.toMatchObject({ code: "SUNBEAT_PAYLOAD_INVALID" });
  });
});

test("names of ten thousand failures cost a page for each five hundred", async () => {
  let pages = 0;
  const records = Array.from({ length: 10_000 }, (_, n) => failure(`g:${n}`, "no"));
  const shelf = new Shelf(records);
  const counted: Reads = {
    outputs: (ids) => shelf.outputs(ids),
    added: (id, list) => shelf.added(id, list),
    parts: (id, page) => (pages++, shelf.parts(id, page)),
  };
  const sources = new Sources({ graph: "g", graphs: counted });
  for (const record of records) await sources.failureOf(record);
  expect(pages).toBe(20);
});
