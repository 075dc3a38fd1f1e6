// What the victims of fault tests share: changes to the scripts of Redis, a log outside the store, and named points.
//
// Every step of the store has two named points, "before-tick" and "after-tick": there the process has not yet, or has not
// yet heard, what the store did. At a point it can kill itself, stall whole, delay this step alone, or do the step twice,
// as a command is sent again whose answer was lost.
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** Loads modules of the build that the victim runs. */
export function loaderOf(dist) {
  const folder = pathToFileURL(`${dist}/`);
  return (file) => import(new URL(file, folder).href);
}

/** Changes the text of scripts, wherever it is: in the body, the fast path, or the library. */
export async function mutate(load, mutants) {
  if (mutants.length === 0) return;
  const { SCRIPTS, LIBRARY = [] } = await load("store/redis/scripts.generated.js");
  for (const { script, find, put } of mutants) {
    let found = false;
    const changed = (text) => {
      found ||= text.includes(find);
      return text.replace(find, () => put);
    };
    if (script === "library") {
      LIBRARY.forEach((piece, index) => (LIBRARY[index] = changed(piece)));
    } else {
      const mutated = SCRIPTS[script];
      mutated.body = changed(mutated.body);
      mutated.fast = { ...mutated.fast, text: changed(mutated.fast.text) };
    }
    if (!found) throw new Error(`the script ${script} has no "${find}" to mutate`);
  }
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where a victim tells what happened, and the points at which something happens to it. */
export function haunt({ name, log, points }) {
  const passed = new Map();
  const write = (kind, fields) =>
    appendFileSync(log, `${JSON.stringify({ kind, by: name, at: Date.now(), ...fields })}\n`);

  /** The action of a point, if it is one; the number of passings counts from the start of the process. */
  function actionAt(point) {
    const passing = (passed.get(point) ?? 0) + 1;
    passed.set(point, passing);
    const found = points.find(
      (each) => each.at === point && passing >= each.passing && passing < each.passing + each.times,
    );
    if (!found) return null;
    write("point", { point, act: found.act, ms: found.ms });
    if (found.act === "crash") process.kill(process.pid, "SIGKILL");
    if (found.act === "stall") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, found.ms);
    return found;
  }

  async function pass(point) {
    const action = actionAt(point);
    if (action?.act === "delay") await wait(action.ms);
    return action?.act === "twice";
  }

  /** The store, with points around the steps (verb -> contract) and every answer told. */
  function haunted(store, steps, tell) {
    for (const [step, contract] of Object.entries(steps)) {
      const original = store[contract][step].bind(store[contract]);
      store[contract][step] = async (...args) => {
        // The watch's lease is no step of a beat.
        if (step === "elect" && args[2] === "watch") return original(...args);
        // A worker with nothing to settle claims by the same verb.
        const called = step === "settle" && args[0].length === 0 ? "claim" : step;
        const twice = await pass(`before-${called}`);
        if (twice) {
          tell[step]?.(args, await original(...args));
          await wait(20);
        }
        const reply = await original(...args);
        tell[step]?.(args, reply);
        await pass(`after-${called}`);
        return reply;
      };
    }
    return store;
  }

  /** Deliveries and their ends. `number` grows with every delivery of a message. */
  const tell = {
    claim(_, { deliveries }) {
      for (const { id, token, retries, deliveries: number } of deliveries)
        write("claim", { id, token, number: retries * 1_000 + number });
    },
    settle([settlements], { outcomes, claimed }) {
      settlements.forEach(({ id, token, kind: how }, index) =>
        write("settle", { id, token, how, outcome: outcomes[index] }),
      );
      if (claimed) tell.claim(null, claimed);
    },
  };
  return { write, actionAt, haunted, tell };
}
