import { afterEach, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { putOf } from "../../src/beat/revise.js";
import { crontab, every, type Schedule, solar } from "../../src/index.js";
import type { Access } from "../../src/dashboard/access.js";
import { entryOptionsOf, formOf } from "../../src/dashboard/entry-form.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { ADMIN, Desk } from "./desk.js";

let desk: Desk;
afterEach(() => desk.close());

const names = (answer: { readonly body: unknown }): string[] =>
  (answer.body as { readonly items: readonly { readonly name: string }[] }).items.map(({ name }) => name);

async function open(access: Partial<Access> = {}): Promise<void> {
  desk = new Desk({ resolveAccess: () => ({ ...ADMIN, ...access }) });
  const { schedules } = desk.app;
  const startAt = Date.UTC(2090, 0, 1);
  await schedules.set("a", { task: "t.one", schedule: every("2h"), startAt });
  await schedules.set("b", { task: "t.two", schedule: every("1h"), description: "Figures" });
  await schedules.set("c", { task: "t.two", schedule: crontab("0 0 1 1 *", { timezone: "Asia/Tokyo" }) });
  await schedules.pause("c");
}

describe("the list of entries", () => {
  test.each([
    ["", ["a", "b", "c"], "by name"],
    ["?sort=name&descending=true", ["c", "b", "a"], "the other way round"],
    ["?sort=next", ["b", "a", "c"], "what does not run comes last"],
    ["?sort=next&descending=true", ["a", "b", "c"], "either way"],
    ["?task=t.two", ["b", "c"], "by task"],
    ["?zone=Asia/Tokyo", ["c"], "by zone"],
    ["?state=paused", ["c"], "by state"],
    ["?q=figures", ["b"], "text in a description"],
    ["?fate=triggered", ["a"], "by what became of the newest tick"],
    ["?fate=missed", [], "nothing was missed"],
  ])("%s gives %j (%s)", async (query, wanted) => {
    await open();
    await desk.app.schedules.trigger("a");
    expect(names(await desk.ask("GET", `/schedules${query}`))).toEqual(wanted);
  });

  test.each(["name", "next", "-task"])(
    "pages in the order of %s miss nothing and give nothing twice",
    async (order) => {
      await open();
      const query = `sort=${order.replace("-", "")}${order.startsWith("-") ? "&descending=true" : ""}`;
      const all = names(await desk.ask("GET", `/schedules?${query}`));
      const paged: string[] = [];
      for (let after: string | null = ""; after !== null;) {
        const answer = await desk.ask(
          "GET",
          `/schedules?${query}&limit=1${after === "" ? "" : `&after=${after}`}`,
        );
        paged.push(...names(answer));
        after = (answer.body as { readonly next: string | null }).next;
      }
      expect(paged).toEqual(all);
    },
  );
});

describe("one entry", () => {
  test("is told as a form that says it again, with its next runs", async () => {
    await open();
    await desk.app.schedules.set("all", {
      ...{ task: "t", schedule: crontab("30 2 * * *", { timezone: "Europe/Paris" }), args: [1] },
      ...{ jitter: "30s", overlap: "skip", overlapTimeout: "5m", misfire: { policy: "all", within: "1h" } },
      ...{ alert: { grace: "5m" }, options: { queue: "q", expires: 60 }, lock: "l", maxRuns: 3 },
    });
    const { body } = await desk.ask("GET", "/schedules/all");
    const { entry, preview, args, revision } = body as {
      readonly entry: object;
      readonly preview: { readonly problem: unknown; readonly next: readonly unknown[] };
      readonly args: string;
      readonly revision: string;
    };
    expect(entry).toMatchObject({
      schedule: { crontab: "30 2 * * *", timezone: "Europe/Paris" },
      ...{ jitter: "30s", overlapTimeout: "5m", misfire: { policy: "all", within: "1h", max: 1000 } },
      ...{ alert: { grace: "5m" }, options: { queue: "q", expires: "1m" } },
    });
    expect([preview.problem, preview.next.length, args]).toEqual([null, 3, "shown"]);
    const again = await desk.change("PUT", "/schedules/all", { entry }, { "if-match": `"${revision}"` });
    expect(again.body).toMatchObject({ revision });
  });

  test.each<[Schedule, string]>([
    [crontab("*/5 0 2 * * *", { timezone: "Europe/Paris", dst: "skip" }), "seconds and a rule for clocks"],
    [crontab({ minute: 5, dayOfMonth: 1, dayOfWeek: 1 }), "both days"],
    [crontab("H 3 L * *", { extended: true }), "the extended form"],
    [crontab("0 3 * * *", { hashKey: "k", class: "fixed" }), "what has no field"],
    [crontab("@reboot"), "at the start"],
    [every("90m", { offset: "5m" }), "an interval"],
    [solar("sunset", 48.85, 2.35, { offset: "-30m" }), "the Sun"],
    [solar({ altitude: -3, direction: "rising" }, 48.85, 2.35), "an altitude"],
    [solar("sunset", 48.85, 2.35, { notBefore: "18:00", polar: { at: "20:00" }, timezone: "UTC" }), "bounds"],
  ])("a schedule is the same after its form: %s (%s)", (schedule) => {
    const defaults = { timezone: "Asia/Tokyo" };
    const stored = resolveEntry("n", { task: "t", schedule }, defaults);
    const form = formOf(JSON.parse(stored.definition) as Record<string, unknown>);
    expect(resolveEntry("n", entryOptionsOf(form), defaults).definition).toBe(stored.definition);
    desk = new Desk();
  });

  test("its arguments stay on the server where they may not be seen, and are kept by a change", async () => {
    await open({ args: false });
    await desk.app.schedules.set("secret", { task: "t", schedule: every("1h"), args: ["hush"] });
    const { body } = await desk.ask("GET", "/schedules/secret");
    expect(JSON.stringify(body)).not.toContain("hush");
    expect(body).toMatchObject({ args: "kept" });
    const { entry } = body as { readonly entry: object };
    const jittered = { ...entry, jitter: "5s" };
    await desk.change("PUT", "/schedules/secret", { entry: jittered, keepArgs: true });
    const { definition } = (await desk.app.schedules.get("secret"))!;
    expect(JSON.parse(definition)).toMatchObject({ args: ["hush"], jitterMs: 5_000 });
  });

  test("its due times after an instant", async () => {
    await open();
    const after = Date.UTC(2040, 0, 1);
    expect((await desk.ask("GET", `/schedules/b/next?after=${after}&count=2`)).body).toEqual({
      items: [after + 3_600_000, after + 7_200_000],
    });
  });

  test("nobody is told of it while it is muted", async () => {
    await open();
    await desk.change("POST", "/schedules/a/mute", { seconds: 60 });
    expect((await desk.ask("GET", "/schedules/a")).body).toMatchObject({ mute: { kind: "*", subject: "a" } });
    await desk.change("POST", "/schedules/a/mute", { end: true });
    expect((await desk.ask("GET", "/schedules/a")).body).toMatchObject({ mute: null });
  });
});

test.each<[object, string, string]>([
  [{ crontab: "0 25 * * *", timezone: "UTC" }, "SUNBEAT_CRONTAB_INVALID", "an hour that is none"],
  [{ crontab: "0 2 * * *", timezone: "Mars/Base" }, "SUNBEAT_TIMEZONE_INVALID", "a zone that is none"],
  [{ every: "soon" }, "SUNBEAT_INTERVAL_INVALID", "no duration"],
  [{ solar: "sunsett", latitude: 1, longitude: 2 }, "SUNBEAT_SOLAR_INVALID", "no event"],
  [{ at: "2027-02-30T00:00" }, "SUNBEAT_CLOCKED_INVALID", "no day of the calendar"],
  [{ every: "1h", timezone: "UTC" }, "SUNBEAT_OPTION_UNKNOWN", "a field of another kind"],
])("what is wrong with %j is told: %s (%s)", async (schedule, code) => {
  await open();
  const { status, body } = await desk.change("POST", "/schedules/preview", {
    name: "n",
    entry: { task: "t", schedule },
  });
  expect([status, body]).toMatchObject([200, { problem: { code }, next: [] }]);
});

test("an entry that was never sent, and should have been, is found by its missed tick", async () => {
  await open();
  const { entries } = coreOf(desk.app).lazyStore;
  const [stored] = await entries.get(["b"]);
  const due = Math.floor((Date.now() - 120_000) / 3_600_000) * 3_600_000;
  await entries.put([putOf(stored!, { cursor: { due, dispatchAt: due } })]);
  expect(names(await desk.ask("GET", "/schedules?fate=missed"))).toEqual(["b"]);
});
