/** A program with its own worker and beat, as a process that gets signals. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, type Program } from "../support/cli.js";

let place: Playground;
beforeAll(() => {
  place = new Playground();
});
afterAll(() => place.dispose());

let files = 0;
function start(what: string): { program: Program; broker: string } {
  const broker = `sqlite:./own-${++files}.db`;
  return { program: place.node(["own-program.js", broker, what]), broker };
}

async function stateOf(broker: string, id: string): Promise<unknown> {
  const { stdout } = await place.sunbeat(["-A", "shop.ts", "-b", broker, "result", id, "--json"]);
  return (JSON.parse(stdout) as { state: unknown }).state;
}

const end = { reason: "signal", signal: "SIGTERM", cold: false, exitCode: 0, listeners: 0 };

describe.concurrent("a program with its own worker and beat", () => {
  test.each<[string, NodeJS.Signals, object]>([
    ["SIGTERM", "SIGTERM", end],
    ["SIGINT", "SIGINT", { ...end, signal: "SIGINT" }],
    ["SIGHUP, of a terminal that closes", "SIGHUP", { ...end, signal: "SIGHUP" }],
    ["SIGQUIT", "SIGQUIT", { ...end, signal: "SIGQUIT", cold: true, exitCode: 1 }],
  ])("is told how it ended by %s", async (_, signal, expected) => {
    const { program } = start("run");
    await program.says(/Sending due task often/);
    program.signal(signal);
    const { stdout, exitCode } = await program.ended();
    expect([JSON.parse(stdout), exitCode]).toEqual([expected, (expected as typeof end).exitCode]);
  });

  test("lets a running task end at the first signal, the beat going first", async () => {
    const { program, broker } = start("2");
    await program.says(/slow begins/);
    await program.says(/beat: leading/);
    program.signal("SIGTERM");
    const { stdout, stderr } = await program.ended();
    expect(JSON.parse(stdout)).toEqual(end);
    expect(stderr).toMatch(/beat: gave up the lead[^]*Warm shutdown[^]*Task slow\[slow\] succeeded/);
    expect(await stateOf(broker, "slow")).toBe("SUCCESS");
  });

  test("gives a running task back at the second signal", async () => {
    const { program, broker } = start("60");
    await program.says(/slow begins/);
    program.signal("SIGTERM");
    await program.says(/Warm shutdown/);
    program.signal("SIGINT");
    const { stdout } = await program.ended();
    expect(JSON.parse(stdout)).toEqual({ ...end, cold: true, exitCode: 1 });
    expect(await stateOf(broker, "slow")).toBe("PENDING");
  });

  test("is left to the third signal where the end is held up", async () => {
    const { program } = start("stuck");
    await program.says(/beat: leading/);
    program.signal("SIGTERM");
    await program.says(/beat: stopped/);
    program.signal("SIGTERM");
    await program.says(/Cold shutdown/);
    program.signal("SIGTERM");
    expect((await program.ended()).exitCode).toBe("SIGTERM");
  });

  test("may close the app by itself", async () => {
    const { program } = start("closes");
    const { stdout } = await program.ended();
    expect(JSON.parse(stdout)).toEqual({ ...end, reason: "closed", signal: null });
  });

  test("may ask twice", async () => {
    const { program } = start("same");
    await program.says(/one promise/);
    await program.says(/beat: leading/);
    program.signal("SIGTERM");
    expect(JSON.parse((await program.ended()).stdout)).toEqual(end);
  });

  test("is refused when it made neither worker nor beat", async () => {
    const { stdout } = await start("nothing").program.ended();
    expect(stdout).toBe("SUNBEAT_USAGE\n");
  });
});
