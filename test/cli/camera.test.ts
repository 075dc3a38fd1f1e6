/** `sunbeat events -c`: snapshots of a real system, in a file and on stdout. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Sunbeat, type Worker } from "../../src/index.js";
import { Playground, type Program } from "../support/cli.js";

interface Snapshot {
  readonly at: string;
  readonly workers: readonly { readonly hostname: string; readonly alive: boolean }[];
  readonly tasks: readonly { readonly id: string; readonly state: string; readonly error: object | null }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly lost: number;
}

let place: Playground;
let app: Sunbeat;
let worker: Worker;
let fail: () => Promise<string>;

beforeAll(async () => {
  place = new Playground();
  const source =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("shots", { broker: "sqlite:./shots.db" });\n';
  writeFileSync(path.join(place.folder, "shots.mjs"), source);
  app = new Sunbeat("shots", { broker: `sqlite:${path.join(place.folder, "shots.db")}`, logger: null });
  const bad = app.task("bad", () => {
    throw new Error("no luck");
  });
  fail = async () => {
    const sent = await bad.delay();
    await expect(sent.get({ timeout: "30s" })).rejects.toThrow("no luck");
    return sent.id;
  };
  worker = app.worker({ hostname: "w1@here" });
  await worker.start();
});
afterAll(async () => {
  await app.close();
  place.dispose();
});

const film = (...args: string[]): Program => place.start(["-A", "shots.mjs", "events", ...args]);
const shotsIn = (text: string): Snapshot[] =>
  text
    .replace(/[^\n]*$/, "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Snapshot);
const fromFile = (name: string): Snapshot[] => {
  try {
    return shotsIn(readFileSync(path.join(place.folder, name), "utf8"));
  } catch {
    return [];
  }
};

/** Tasks fail, one after the other, until the snapshots are as wanted: the program begins to watch when it likes. */
async function until(
  shots: () => readonly Snapshot[],
  isSo: (shots: readonly Snapshot[]) => boolean,
): Promise<string[]> {
  const ids: string[] = [];
  while (!isSo(shots())) {
    if (ids.length === 2_000) throw new Error(`no such snapshot: ${JSON.stringify(shots().at(-1))}`);
    ids.push(await fail());
  }
  return ids;
}
const hasFailure = (shots: readonly Snapshot[]): boolean =>
  shots.some(({ tasks, workers }) => workers.length > 0 && tasks.some(({ state }) => state === "FAILURE"));

test("a camera appends a snapshot of workers and tasks each -F to its file, and ends well on a signal", async () => {
  writeFileSync(path.join(place.folder, "shots.ndjson"), '{"before":true}\n');
  const camera = film("-c", "shots.ndjson", "-F", "0.1");
  const ids = await until(() => fromFile("shots.ndjson").slice(1), hasFailure);
  camera.signal("SIGTERM");
  expect(await camera.ended()).toMatchObject({ exitCode: 0, stdout: "" });
  const [first, ...shots] = fromFile("shots.ndjson");
  expect(first).toEqual({ before: true });
  const last = shots.at(-1)!;
  expect(Object.keys(last)).toEqual([
    "at",
    "workers",
    "tasks",
    "calendars",
    "drift",
    "moves",
    "counts",
    "lost",
  ]);
  expect(last.workers).toMatchObject([{ hostname: "w1@here", alive: true }]);
  const failed = last.tasks.filter(({ state }) => state === "FAILURE");
  expect(failed.map(({ id }) => id).filter((id) => !ids.includes(id))).toEqual([]);
  expect(failed[0]).toMatchObject({ error: { name: "Error", message: "no luck" } });
  expect([last.counts["task-failed"]! >= failed.length, last.lost]).toEqual([true, 0]);
  // They add up: each has all that the one before had seen.
  const seen = shots.map(({ counts }) => counts["task-started"] ?? 0);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test.each<[string, string[], number]>([
  ["-F alone", ["-F", "0.1"], 100],
  ["-r, where that is less", ["-F", "0.1", "-r", "2/s"], 500],
  ["-F, where -r allows more", ["-F", "0.4", "-r", "600/m"], 400],
])("on stdout snapshots are no closer than %s says", async (_because, args, leastMs) => {
  const camera = film("--camera", "-", ...args);
  await until(
    () => shotsIn(camera.stdout),
    (shots) => shots.length >= 4,
  );
  camera.signal("SIGINT");
  const { stdout, exitCode } = await camera.ended();
  expect(exitCode).toBe(0);
  const times = shotsIn(stdout).map(({ at }) => Date.parse(at));
  const gaps = times.slice(1).map((at, n) => at - times[n]!);
  // A clock of whole milliseconds, and a timer that may be one early.
  expect(gaps.filter((gap) => gap < leastMs - 2)).toEqual([]);
});

test("--types and --tasks narrow what a snapshot knows", async () => {
  const camera = film("-c", "-", "-F", "0.1", "--types", "task-failed,worker-heartbeat");
  // A worker's heart beats each two seconds while somebody watches.
  const hasHeartbeat = (shots: readonly Snapshot[]): boolean =>
    shots.some(({ counts }) => "worker-heartbeat" in counts);
  await until(
    () => shotsIn(camera.stdout),
    (shots) => hasFailure(shots) && hasHeartbeat(shots),
  );
  camera.signal("SIGTERM");
  const { stdout } = await camera.ended();
  const types = new Set(shotsIn(stdout).flatMap(({ counts }) => Object.keys(counts)));
  expect([...types].sort()).toEqual(["task-failed", "worker-heartbeat"]);
});

test("a file that cannot be written is wrong usage", async () => {
  const answer = await film("-c", "no/such/folder/shots.ndjson").ended();
  expect([answer.exitCode, answer.stdout]).toEqual([2, ""]);
  expect(answer.stderr).toMatch(/^sunbeat: --camera: ENOENT: .*\[SUNBEAT_USAGE\]\n$/);
});
