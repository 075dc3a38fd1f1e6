/**
 * The store goes back in time while chords are sent and run (D2): the master behind Sentinel is killed after writes that its
 * replica never saw. Parts, edges, messages and records go back together: parts may run twice, under the same ids, and in the
 * history that is kept each chord ends once, as it has to. What was lost of a chord that was being sent is sent again under its id.
 */
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { judgeChords } from "../support/chord-invariants.js";
import { CHORD_PROGRAM, planChords, raid, wantedOf } from "../support/chords.js";
import { SENTINEL_FAIL_OVERS, whole } from "../support/fault-acts.js";
import { FORM, PATIENCE_MS, withCrew } from "../support/fault-crew.js";
import { linesOf } from "../support/fault-log.js";
import { startSentinels } from "../support/redis-topologies.js";

const CHORDS = FORM.minutes === null ? 8 : 40;
const FAIL_OVERS = SENTINEL_FAIL_OVERS.slice(0, FORM.minutes === null ? 1 : 3);

test(
  `chords go on when a master fails over and writes are lost (seed ${FORM.seed})`,
  async () => {
    const topology = await startSentinels(["--appendonly", "yes"]);
    try {
      await withCrew({ broker: topology.url, program: CHORD_PROGRAM, entries: 0 }, async (crew) => {
        const plans = planChords(CHORDS, 100, FORM.random);
        // So slow that the fail-overs come while chords are sent and run.
        const raided = raid(crew, plans, {
          ...{ random: FORM.randomOf(1), workers: 4, killsEveryMs: 2_000 },
          extras: { memberMs: 100, sendEveryMs: 300 },
        });
        for (const { act } of FAIL_OVERS) {
          const ran = linesOf(crew.log, "part").length;
          await crew.until("parts that run", () => linesOf(crew.log, "part").length > ran + 20);
          await whole(topology);
          await act(topology);
        }
        const at = systemClock.now();
        const harms = await raided;
        const { broken, figures } = await judgeChords(await crew.store(), plans, crew.log, {
          rolledBack: true,
        });
        const ends = linesOf(crew.log, "settle").filter(({ outcome }) => outcome === "settled");
        const undone = ends.length - new Set(ends.map(({ id }) => id)).size;
        console.log(
          `chords behind Sentinel: ${JSON.stringify({ seed: FORM.seed, ...harms, ...figures, undone })}`,
        );
        expect(broken.slice(0, 20)).toEqual([]);
        expect(crew.surprises).toEqual([]);
        expect(figures).toMatchObject(wantedOf(plans));
        // Something ended after the last of them, and ends were lost, or this has tested nothing.
        expect(ends.some((line) => line.at > at)).toBe(true);
        expect(undone).toBeGreaterThan(0);
      });
    } finally {
      await topology.stop();
    }
  },
  8 * PATIENCE_MS,
);
