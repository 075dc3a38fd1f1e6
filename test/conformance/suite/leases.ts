/** Who leads. */
import assert from "node:assert/strict";
import type { Candidate } from "../../../src/store/contracts/leases.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { eventually } from "./samples.js";
import { group } from "./harness.js";

const a: Candidate = { id: "a", nonce: "a1", host: "host-a", version: "1.0" };
const b: Candidate = { id: "b", nonce: "b1", host: "host-b", version: "1.1" };

/** The candidate takes or keeps the lead, and this is the term. */
export async function lead(store: Store, candidate: Candidate = a, leaseMs = 15_000): Promise<string> {
  const election = await store.leases.elect(candidate, leaseMs);
  assert(election.outcome === "leading", `${candidate.id} was expected to lead`);
  return election.term;
}

function epochOf(term: string): number {
  return Number(term.slice(0, term.indexOf(":")));
}

export const leadCases = group("leases", {
  "the first candidate leads until its lease ends": async ({ store, clock }) => {
    const now = clock.now();
    assert.equal(await store.leases.leader(), null);
    const term = await lead(store);
    assert.deepEqual(await store.leases.leader(), {
      id: "a",
      host: "host-a",
      version: "1.0",
      term,
      until: now + 15_000,
    });
    await clock.advance(14_999);
    assert.equal((await store.leases.leader())?.id, "a");
    await clock.advance(1);
    assert.equal(await store.leases.leader(), null);
  },

  "a term is an epoch and the nonce": async ({ store }) => {
    const term = await lead(store);
    assert.match(term, /^[0-9]+:a1$/);
  },

  "the others follow, and are told whom and until when": async ({ store, clock, peer }) => {
    const term = await lead(store);
    await clock.advance(5_000);
    const now = clock.now();
    assert.deepEqual(await (await peer()).leases.elect(b, 15_000), {
      outcome: "following",
      leader: { id: "a", host: "host-a", version: "1.0", term, until: now + 10_000 },
      now,
    });
  },

  "the leader renews under the same term, counted from now": async ({ store, clock }) => {
    const term = await lead(store);
    await clock.advance(10_000);
    const now = clock.now();
    assert.deepEqual(await store.leases.elect(a, 15_000), {
      outcome: "leading",
      term,
      until: now + 15_000,
      now,
    });
    await clock.advance(14_999);
    assert.equal((await store.leases.elect(b, 15_000)).outcome, "following");
  },

  "when the lease has ended another takes over with a greater epoch": async ({ store, clock, peer }) => {
    const first = await lead(store);
    await clock.advance(15_000);
    const second = await lead(await peer(), b);
    assert(epochOf(second) > epochOf(first));
    assert.equal((await store.leases.elect(a, 15_000)).outcome, "following");
  },

  "a lease that has ended is not renewed: the same candidate gets a new term": async ({ store, clock }) => {
    const first = await lead(store);
    await clock.advance(15_000);
    const second = await lead(store);
    assert(epochOf(second) > epochOf(first));
  },

  "the same id with another nonce is not the leader": {
    because: "a process that was restarted under its old name does not hold what the old one held",
    async run({ store, clock }) {
      const term = await lead(store);
      const restarted = { ...a, nonce: "a2" };
      const reply = await store.leases.elect(restarted, 15_000);
      assert.equal(reply.outcome === "following" && reply.leader.term, term);
      assert.equal(await store.leases.resign(restarted), false);
      await clock.advance(15_000);
      assert.notEqual(await lead(store, restarted), term);
    },
  },

  "the same nonce with another id is not the leader": async ({ store }) => {
    await lead(store);
    assert.equal((await store.leases.elect({ ...b, nonce: a.nonce }, 15_000)).outcome, "following");
    assert.equal(await store.leases.resign({ id: "b", nonce: a.nonce }), false);
  },

  "resigning gives the lead up, once, and tells it": async (harness) => {
    const { store } = harness;
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await (await harness.peer()).channel.subscribe("leader", () => tell());
    const first = await lead(store);
    assert.equal(await store.leases.resign(b), false);
    assert.equal(await store.leases.resign(a), true);
    await eventually(harness, told, 'a message on "leader"');
    assert.equal(await store.leases.leader(), null);
    assert.equal(await store.leases.resign(a), false);
    assert(epochOf(await lead(store, b)) > epochOf(first));
  },

  "resigning after the lease has ended gives nothing up": async ({ store, clock }) => {
    await lead(store);
    await clock.advance(15_000);
    assert.equal(await store.leases.resign(a), false);
  },

  "epochs only grow, also when the clock goes back": async ({ store, clock }) => {
    let last = 0;
    for (const jump of [0, 60_000, -3_600_000, 1, -86_400_000]) {
      clock.jump(jump);
      const epoch = epochOf(await lead(store));
      assert(epoch > last, `${epoch} after ${last}`);
      last = epoch;
      assert.equal(await store.leases.resign(a), true);
    }
  },

  "of many who stand at once exactly one leads": async ({ store, peer }) => {
    const stores = [store, await peer(), store, await peer()];
    const elections = await Promise.all(
      stores.map((each, index) => each.leases.elect({ ...a, id: `c${index}`, nonce: `n${index}` }, 15_000)),
    );
    assert.equal(elections.filter(({ outcome }) => outcome === "leading").length, 1);
  },
});
