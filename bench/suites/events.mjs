// Events: what telling one costs where nobody listens, where the process does, and where others watch (without the channel).
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { Events, WatchedEvents } from "../../dist/events/index.js";
import { interleave, perCall } from "../harness.mjs";

const fields = {
  id: "0190f2aa-1111-4111-8111-111111111111",
  task: "mail.send",
  queue: "default",
  waitMs: 3,
  lock: null,
};

function made() {
  const events = new Events({ clock: systemClock, logger: silentLogger });
  const channel = { publish: async () => undefined, subscribe: async () => () => undefined };
  const watched = new WatchedEvents({
    ...{ events, clock: systemClock, logger: silentLogger, channel, app: "bench" },
    ...{ flushMs: () => 100, isSealed: false, isSilent: () => false },
  });
  return { events, watched };
}

export async function run({ quick }) {
  const count = quick ? 20_000 : 200_000;
  const nobody = made();
  const local = made();
  local.events.on("task-started", () => undefined);
  const remote = made();
  remote.watched.setWatched(["*"]);
  const other = made();
  other.watched.setWatched(["task-failed"]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const tell =
    ({ events }) =>
    () =>
      perCall(count, () => events.emit("task-started", fields, "w1@host"));
  // Beyond 2,000 a second they are dropped, so only the first ones are measured.
  const few =
    ({ events }) =>
    () =>
      new Promise((resolve) => {
        setTimeout(
          () => resolve(perCall(1_500, () => events.emit("task-started", fields, "w1@host"))),
          1_100,
        );
      });
  const figures = await interleave(
    { nobody: tell(nobody), other: tell(other), local: tell(local), remote: few(remote) },
    quick ? 3 : 7,
  );
  const row = (what, name, wanted) => ({ what, unit: "ns", ours: figures[name], wanted });
  return {
    title: "Events: one told",
    rows: [
      row("nobody listens (at most 50 ns)", "nobody", 50),
      row("others watch another type", "other"),
      row("a listener in this process", "local"),
      row("watched, into a batch", "remote"),
    ],
  };
}
