/**
 * A deploy that rolls: old and new workers take from one queue for 30 s, and the new app sends what the old one does not
 * know, a task of its own or messages of a newer form. What an old worker meets goes back for a new one.
 */
import { expect, test } from "vitest";
import { DIST, FORM, PATIENCE_MS } from "../support/fault-crew.js";
import { mutated } from "./mutants.js";
import { type Kind, type MembersOptions, PLACES, withMembers } from "./turns.js";

const DURATION_MS = 30_000;
const TIMEOUT_MS = DURATION_MS + 4 * PATIENCE_MS;
const KINDS: readonly Kind[] = ["sqlite", "redis"];

/** `met`: what an old worker says of the first message that it does not know. */
async function deploy(name: string, kind: Kind, builds: MembersOptions, met: string): Promise<void> {
  await withMembers(kind, builds, async ({ crew, members, judged }) => {
    const turns = await members.takeTurns(FORM.random, DURATION_MS, 2 * PLACES.length);
    await crew.goesOn("the last turn");
    await members.endSenders();
    await crew.drain(members.options("new"));

    const { broken, figures } = await judged();
    const meetings = crew.complaints.split(met).length - 1;
    console.log(`${name} on ${kind}: ${JSON.stringify({ seed: FORM.seed, turns, meetings, ...figures })}`);
    expect(broken.slice(0, 20)).toEqual([]);
    expect(crew.surprises).toEqual([]);
    expect(figures.refusals).toEqual({});
    expect(meetings).toBeGreaterThan(0);
  });
}

test.each(KINDS)(
  `a task that the old workers do not know (%s): no dead letter (seed ${FORM.seed})`,
  { timeout: TIMEOUT_MS },
  (kind) => deploy("unknown task", kind, { old: DIST, ahead: "new" }, "unregistered task of type 'newest'"),
);

test.each(KINDS)(
  `messages of a newer form than the old workers read (%s): no dead letter (seed ${FORM.seed})`,
  { timeout: TIMEOUT_MS },
  async (kind) => {
    const newer = mutated(DIST, [
      // Plain tasks come in a form 9, which means what form 1 does.
      {
        file: "tasks/envelope.js",
        find: "body.part === undefined ? 1 : 2",
        put: "body.part === undefined ? 9 : 2",
      },
      { file: "tasks/envelope.js", find: 'fields["v"];', put: 'fields["v"] === 9 ? 1 : fields["v"];' },
    ]);
    const builds = { old: DIST, new: newer.dist };
    await deploy("newer form", kind, builds, "a message of a newer form").finally(() => newer.dispose());
  },
);

test(
  `without the grace, what the old workers do not know is a dead letter, and the judge tells of it`,
  { timeout: TIMEOUT_MS },
  async () => {
    const graceless = mutated(DIST, [
      { file: "config/options.js", find: "unknownTaskGrace: 60,", put: "unknownTaskGrace: 0," },
    ]);
    const builds: MembersOptions = { old: graceless.dist, ahead: "new" };
    await withMembers("sqlite", builds, async ({ crew, members, judged }) => {
      await members.takeTurns(FORM.random, 6_000);
      await members.endSenders();
      await crew.drain(members.options("new"));
      const { broken } = await judged();
      expect(broken.filter((each) => /^old-worker.* made a dead letter of newest/.test(each))).not.toEqual(
        [],
      );
    }).finally(() => graceless.dispose());
  },
);
