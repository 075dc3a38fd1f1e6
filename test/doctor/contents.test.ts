/** What a store holds that somebody should know of: entries of other apps, and dead letters. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, inject, test, vi } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { judgeContents } from "../../src/doctor/contents.js";
import { every, Sunbeat } from "../../src/index.js";
import { surveyRedis } from "../../src/store/redis/survey.js";
import { surveySqlite } from "../../src/store/sqlite/survey.js";
import type { StoreContents } from "../../src/store/contracts/survey.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-contents-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 9 }));

const PATIENCE = { timeout: 60_000 };

const nothing: StoreContents = { owners: [], dead: 0, newestDead: [] };
const letters = (count: number, reason: string) =>
  Array.from({ length: count }, () => ({ task: "t", queue: "default", reason }));

test.each<[string, Partial<StoreContents>, unknown[]]>([
  ["nothing is no line", {}, []],
  [
    "entries of this app, and those set at run time, are no line",
    {
      owners: [
        { owner: "code:shop", entries: 9 },
        { owner: "user", entries: 2 },
      ],
    },
    [],
  ],
  [
    "entries of other apps are told with their number and owner",
    {
      owners: [
        { owner: "code:books", entries: 7 },
        { owner: "code:shop", entries: 9 },
      ],
    },
    [
      {
        setting: "other apps",
        value: "7 entries",
        verdict: "warning",
        advice: expect.stringMatching(
          /^7 of app "books" in this namespace: .*namespace, or queues/,
        ) as unknown,
      },
    ],
  ],
  [
    "dead letters are told with their number and reasons, the most frequent first",
    {
      dead: 3,
      newestDead: [...letters(1, "poison"), ...letters(2, "No such mailbox. Look at x.y for more.")],
    },
    [
      {
        setting: "dead letters",
        value: "3",
        verdict: "warning",
        advice: expect.stringMatching(
          /^given up: 2x No such mailbox\., 1x poison \(sunbeat dead list shows/,
        ) as unknown,
      },
    ],
  ],
  [
    "of many only the newest are looked through, and long reasons are cut",
    { dead: 900, newestDead: letters(100, "x".repeat(5_000)) },
    [
      {
        setting: "dead letters",
        value: "900",
        advice: expect.stringMatching(/^given up: of the newest 100: 100x x{120} \(/) as unknown,
      },
    ],
  ],
])("%s", (_, contents, expected) => {
  expect(judgeContents("code:shop", { value: { ...nothing, ...contents } })).toMatchObject(expected);
});

test("contents that cannot be read are unknown, and those not asked for no line", () => {
  expect(judgeContents("code:shop", { unknown: "NOPERM" })).toMatchObject([
    { setting: "contents", verdict: "unknown", advice: "NOPERM" },
  ]);
  expect(judgeContents("code:shop", undefined)).toEqual([]);
});

describe.each([
  ["a file", () => `sqlite:${path.join(folder, "two.db")}`],
  ["a Redis", () => `${inject("redisUrl")}?namespace=doctor-${systemRandom.uuid()}`],
])("two apps with defaults on %s", (_, urlOf) => {
  test("are told of by the survey and by the log of the worker that met the other's task", async () => {
    const broker = urlOf();
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const logger = { debug: note, info: note, warn: note, error: note };
    const schedule = every("1h");
    const books = new Sunbeat("books", {
      broker,
      beatSchedule: { read: { task: "read", schedule } },
    });
    const shop = new Sunbeat("shop", { broker, logger, unknownTaskGrace: 0 });
    const gone = new Promise((resolve) => shop.events.on("dead-lettered", resolve));
    const worker = shop.worker();
    const beat = books.beat();
    void beat.start();
    await vi.waitFor(async () => expect(await books.schedules.get("read")).not.toBeNull(), PATIENCE);
    const lost = await books.sendTask("read", []);
    await worker.start();
    await gone;
    await Promise.all([books.close(), shop.close()]);

    expect(lines.join("\n")).toMatch(
      /rejected: Received unregistered task of type 'read'\..*queue "default" of one namespace/,
    );
    const { contents } = broker.startsWith("sqlite:")
      ? await surveySqlite(broker.slice("sqlite:".length), context, [])
      : await surveyRedis(broker, context, 5_000, { entries: [] });
    expect(lost.id).not.toBe("");
    expect(contents).toEqual({
      value: {
        owners: [{ owner: "code:books", entries: 1 }],
        dead: 1,
        newestDead: [
          { task: "read", queue: "default", reason: expect.stringContaining("unregistered") as unknown },
        ],
      },
    });
  });
});
