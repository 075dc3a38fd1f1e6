/** `sunbeat check`, `alerts` and `health`: what a monitor, an operator and a probe ask. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { Sunbeat } from "../../src/index.js";
import { Playground } from "../support/cli.js";

const ID = "0190f2aa-1111-4111-8111-111111111111";

let place: Playground;
let app: Sunbeat;
let receiver: Server;
let status = 204;
let healthPort = 0;

beforeAll(async () => {
  place = new Playground();
  receiver = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const source =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("watched", { broker: "sqlite:./watched.db", ' +
    `alerts: { webhooks: ["${url}"] } });\n`;
  writeFileSync(path.join(place.folder, "watched.mjs"), source);
  // A node would look, and find nothing wrong.
  const unwatched =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("u", { broker: "sqlite:./u.db" });\n';
  writeFileSync(path.join(place.folder, "unwatched.mjs"), unwatched);
  const broker = `sqlite:${path.join(place.folder, "watched.db")}`;
  app = new Sunbeat("watched", { broker, logger: null, health: 0 });
  app.task("t", () => undefined);
  await app.worker({ hostname: "w1@h" }).start();
  const core = coreOf(app);
  await vi.waitFor(
    () => {
      healthPort = core.monitoring.healthAddress!.port;
    },
    { timeout: 30_000 },
  );
  const other = new Sunbeat("u", { broker: `sqlite:${path.join(place.folder, "u.db")}`, logger: null });
  await coreOf(other).lazyStore.alerts.putAlert(
    {
      ...{ id: ID, kind: "queue-old", subject: "mail fast", severity: "warning", looks: 2 },
      ...{ raisedAt: Date.UTC(2027, 2, 28, 1, 30), toldAt: null, clearedAt: null, acked: null },
      ...{ text: "the oldest message waits for 12m", detail: "{}", webhooks: [] },
    },
    null,
  );
  await other.close();
});
afterAll(async () => {
  await app.close();
  receiver.closeAllConnections();
  receiver.close();
  place.dispose();
});

const sunbeat = (...args: string[]) => place.sunbeat(["-A", "watched.mjs", ...args]);
const elsewhere = (...args: string[]) => place.sunbeat(["-A", "unwatched.mjs", "alerts", ...args]);

test.each([
  [["check", "--queue", "mail"], "expected a queue and a time such as fast:5m"],
  [["check", "--workers", "-1"], "--workers"],
  [["health", "--live", "--ready"], "not both"],
  [["health", "--node", "w1@h", "--port", "1"], "not both"],
  [["health"], "name a node with --node, or the port with --port"],
  [["alerts", "mute", "queue-odl"], 'got "queue-odl"'],
])("%j is wrong usage, and says why", async (args, why) => {
  const { exitCode, stdout, stderr } = await sunbeat(...args);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(why);
});

test("check looks for itself: 0 when all is well, 1 when not, with the reason", async () => {
  const good = await sunbeat("check", "--workers", "1");
  expect(good).toMatchObject({ exitCode: 0, stdout: "OK, no alert. Leader: none. Workers: 1.\n" });
  const bad = await sunbeat("check", "--workers", "2");
  expect(bad.exitCode).toBe(1);
  expect(bad.stdout).toMatch(/^CRITICAL \S+: .*2.*\n1 alert\. Leader: none\. Workers: 1\.\n$/);
  const json = await sunbeat("check", "--workers", "2", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ status: "alert", leader: null, workers: 1, alerts: [{}] });
});

test("alerts are listed, acknowledged by the first characters of their ids, and muted", async () => {
  const listed = await elsewhere();
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).toMatch(/^ID +SEVERITY +KIND +SUBJECT +SINCE \(UTC\) +STATE +WHAT\n/);
  expect(listed.stdout).toMatch(/\n0190f2aa +warning +queue-old +mail fast .* stands +the oldest message/);
  const acked = await elsewhere("ack", "0190f2aa", "--note", "on it");
  expect(acked).toMatchObject({ exitCode: 0, stdout: 'acknowledged queue-old "mail fast"\n' });
  expect((await elsewhere()).stdout).toContain("seen by ");
  expect(await elsewhere("ack", "ffffffff")).toMatchObject({ exitCode: 1, stdout: "" });
  const muted = await elsewhere("mute", "queue-old", "mail fast", "--for", "2h");
  expect(muted.stdout).toBe('muted queue-old "mail fast" for 2h\n');
  expect((await elsewhere()).stdout).toMatch(/\nmuted: queue-old "mail fast" by .+, until .+\n$/);
  await elsewhere("mute", "queue-old", "mail fast", "--end");
  const { alerts, mutes } = JSON.parse((await elsewhere("--json")).stdout) as Record<string, object[]>;
  expect(mutes).toEqual([]);
  expect(alerts).toMatchObject([{ id: ID, kind: "queue-old", acked: { note: "on it" } }]);
});

test("alerts test calls the webhooks, and says which took it", async () => {
  const took = await sunbeat("alerts", "test");
  expect(took.exitCode).toBe(0);
  expect(took.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\S* took it\n$/);
  status = 500;
  const failed = await sunbeat("alerts", "test");
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(/^failed http:\S+: .*500/);
});

test("health asks the port, or the presence of a node", async () => {
  const port = await sunbeat("health", "--port", String(healthPort));
  expect(port).toMatchObject({ exitCode: 0, stdout: `127.0.0.1:${healthPort}: OK (store, worker)\n` });
  const live = await sunbeat("health", "--port", String(healthPort), "--live", "--json");
  expect(JSON.parse(live.stdout)).toEqual({ status: "ok", checks: { eventLoop: null, claims: null } });
  const closed = await sunbeat("health", "--port", "1");
  expect(closed.exitCode).toBe(1);
  expect(closed.stdout).toMatch(/^127\.0\.0\.1:1: port: http:\/\/127\.0\.0\.1:1\/readyz does not answer: /);
  expect(await sunbeat("health", "--node", "w1@h")).toMatchObject({ exitCode: 0, stdout: "w1@h: OK\n" });
  const nobody = await sunbeat("health", "--node", "w2@h", "--json");
  expect(nobody.exitCode).toBe(1);
  expect(JSON.parse(nobody.stdout)).toEqual({
    node: "w2@h",
    status: "failing",
    problem: "no node of this name",
  });
});
