/** What the mixed soak sends (faults/mixed-app.mjs has its tasks), drawn from one seed, and what has to become of each. */
import { systemClock } from "../../src/core/clock.js";
import type { Random } from "../../src/core/random.js";
import { isSunbeatError, type SendOptions, type Signature, type Sunbeat } from "../../src/index.js";
import { UNIQUE_POLICIES } from "../../src/tasks/message.js";
import { pause } from "./fault-crew.js";

/** Tokens in each second, and permits. */
export const LIMITS = { rated: 5, weighed: 20, guarded: 2 } as const;
const KEYS = ["a", "b", "c"] as const;
export const THROTTLE_MS = 1_000;
const COOLDOWN_MS = 1_800;

/** What one send has to come to. */
export interface Sent {
  readonly id: string;
  readonly kind: string;
  /** When it was asked for, and when the store had answered. */
  readonly asked: number;
  readonly answered: number;
  /** Of a task one of these states; of a graph the one state. Null: it leaves no result. */
  readonly wants: readonly string[] | null;
  /** What the result, or the error, has in its text. */
  readonly text?: string;
  readonly isGraph?: true;
  /** Runs of its error callback. */
  readonly alarms?: number;
}

/** A queue gave nothing in this time. */
export interface Paused {
  readonly from: number;
  readonly to: number;
}

/** A message with a unique key was asked for, or answered, as support/unique-invariants.ts reads it. */
export interface Asked {
  readonly kind: "asking" | "asked";
  readonly policy: string;
  readonly id: string;
  readonly asked: string;
}

/** The forms of faults/mixed-app.mjs. */
export interface Forms {
  chain(length: number): Signature<[]>;
  chord(manners: readonly string[], graph: string, heavy: boolean): Signature<[]>;
  unending(size: number): Signature<[]>;
}

export interface LoadOptions {
  readonly app: Sunbeat;
  readonly forms: Forms;
  readonly random: Random;
  /** Tells of unique keys in the log of all processes. */
  readonly tell: (line: Asked) => void;
}

type Act = (load: Load) => Promise<unknown>;

const SUCCESS = ["SUCCESS"] as const;
const FAILURE = ["FAILURE"] as const;
const REVOKED = ["REVOKED"] as const;

const some = (count: number, act: (n: number) => Promise<unknown>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, n) => act(n)));

/** Of a thousand draws. */
const ACTS: readonly (readonly [weight: number, act: Act])[] = [
  [260, (load) => load.send("plain", [load.below(1_000)], SUCCESS)],
  [60, (load) => load.send("brief", [], null)],
  [60, (load) => load.send("flaky", [load.below(4)], SUCCESS, { text: "at last" })],
  [20, (load) => load.send("broken", [], FAILURE, { text: "expected to the end" })],
  [60, (load) => load.send("busy", [load.below(15), load.below(10) === 0 ? 20 : 0], SUCCESS)],
  [40, (load) => load.send("thread", [load.below(10)], SUCCESS)],
  [
    100,
    (load) =>
      load.send("lane", [`tenant ${Math.min(load.below(4), load.below(9))}`, 1 + load.below(2)], SUCCESS),
  ],
  [8, (load) => some(30, () => load.send("bounded", [], SUCCESS))],
  [100, (load) => load.unique(load.one(UNIQUE_POLICIES), [2 + load.below(20)])],
  [40, (load) => load.send("throttled", [load.one(KEYS)], SUCCESS)],
  [50, (load) => load.send("debounced", [load.one(KEYS), load.below(1_000)], SUCCESS, { countdown: 0.1 })],
  [60, (load) => load.send("guarded", [], SUCCESS)],
  [40, (load) => load.send("pausable", [], SUCCESS)],
  [15, (load) => load.send("expiring", [], ["SUCCESS", "REVOKED"], { expires: 0.3 })],
  [6, (load) => burst(load)],
  [4, (load) => some(20, () => load.send("weighed", [1 + load.below(5)], SUCCESS))],
  [8, (load) => load.send("tired", [load.below(3) === 0 ? systemClock.now() + 50 : 0, COOLDOWN_MS], SUCCESS)],
  [16, (load) => chain(load, 2 + load.below(4))],
  [10, (load) => chord(load, false)],
  [6, (load) => chord(load, true)],
  [8, (load) => load.revokes("long")],
  [4, (load) => unending(load)],
  [2, (load) => load.send("exits", [], FAILURE, { text: "SUNBEAT_WORKER_LOST" })],
  [2, (load) => load.send("endless", [], FAILURE, { text: "SUNBEAT_TIME_LIMIT" })],
  [2, (load) => load.send("threadless", [], FAILURE, { text: "SUNBEAT_TIME_LIMIT" })],
  [8, (load) => load.send("polite", [], SUCCESS, { text: "stopped" })],
  [2, (load) => load.revokes("deaf")],
];
const ALL = ACTS.reduce((sum, [weight]) => sum + weight, 0);

/** As many as four seconds have room for, at once. */
function burst(load: Load): Promise<unknown> {
  const key = load.one(KEYS);
  return some(20, () => load.send("rated", [key], SUCCESS));
}

function chain(load: Load, length: number): Promise<unknown> {
  return load.graph(load.forms.chain(length), { kind: "chain", wants: ["succeeded"], text: String(length) });
}

/** Of ten, two of which add and one is replaced; `fails`: another one fails. */
function chord(load: Load, fails: boolean): Promise<unknown> {
  const manners = [
    "adds",
    "plain",
    "replaces",
    "plain",
    "plain",
    "adds",
    "plain",
    "plain",
    "plain",
    fails ? "fails" : "plain",
  ];
  const graph = load.newId("graph");
  const heavy = load.below(4) === 0;
  return load.graph(
    load.forms.chord(manners, graph, heavy),
    {
      kind: "chord",
      alarms: Number(fails),
      wants: [fails ? "failed" : "succeeded"],
      ...(!fails && { text: "14" }),
    },
    { taskId: graph },
  );
}

async function unending(load: Load): Promise<void> {
  const ms = load.below(300);
  const sent = await load.graph(load.forms.unending(3), { kind: "unending", wants: ["revoked"] });
  await pause(ms);
  await load.app.graph(sent).revoke({ terminate: true });
}

/** Sends what is drawn; `sent` has what has become of it to be judged. */
export class Load {
  readonly app: Sunbeat;
  readonly forms: Forms;
  readonly #random: Random;
  readonly #tell: LoadOptions["tell"];
  #sent: Sent[] = [];
  #paused: Paused[] = [];
  #refused: Record<string, number> = {};
  #numbered = 0;

  constructor({ app, forms, random, tell }: LoadOptions) {
    this.app = app;
    this.forms = forms;
    this.#random = random;
    this.#tell = tell;
  }

  /** What was sent and paused since the last time. */
  take(): { readonly sent: Sent[]; readonly paused: Paused[]; readonly refused: Record<string, number> } {
    const taken = { sent: this.#sent, paused: this.#paused, refused: this.#refused };
    [this.#sent, this.#paused, this.#refused] = [[], [], {}];
    return taken;
  }

  below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  newId(kind: string): string {
    return `${kind}-${++this.#numbered}`;
  }

  /** About `perSecond` draws a second until `over`; ends when all of them are answered. */
  async run(perSecond: number, over: () => boolean): Promise<void> {
    const under = new Set<Promise<unknown>>();
    const failures: unknown[] = [];
    const begun = systemClock.monotonicMs();
    for (let drawn = 0; !over() && failures.length === 0;) {
      for (const due = ((systemClock.monotonicMs() - begun) * perSecond) / 1_000; drawn < due; drawn++) {
        const one: Promise<unknown> = this.#draw()(this)
          .catch((error: unknown) => failures.push(error))
          .finally(() => under.delete(one));
        under.add(one);
      }
      await pause(20);
    }
    await Promise.all(under);
    if (failures.length > 0) throw failures[0];
  }

  /** Pauses the queue now and then, with an end and without, until `over`. */
  async pauses(queue: string, over: () => boolean): Promise<void> {
    const { queues } = this.app;
    while (!over()) {
      await pause(500 + this.below(1_500));
      const ms = 1_500 + this.below(1_000);
      const isTimed = this.below(2) === 0;
      const { until } = await queues.pause(
        queue,
        isTimed ? { for: { milliseconds: ms }, reason: "soak" } : {},
      );
      const from = systemClock.now();
      await pause(ms);
      this.#paused.push({ from, to: until?.getTime() ?? systemClock.now() });
      if (!isTimed) await queues.resume(queue);
    }
  }

  async send(
    kind: string,
    args: readonly unknown[],
    wants: Sent["wants"],
    { text, ...options }: SendOptions & { readonly text?: string } = {},
  ): Promise<string | null> {
    const asked = systemClock.now();
    try {
      const { id } = await this.app.sendTask(kind, args, options);
      this.#sent.push({
        id,
        kind,
        asked,
        answered: systemClock.now(),
        wants,
        ...(text !== undefined && { text }),
      });
      return id;
    } catch (error) {
      const code = isSunbeatError(error) ? error.code : "";
      if (code !== "SUNBEAT_QUEUE_FULL" && code !== "SUNBEAT_TASK_NOT_UNIQUE") throw error;
      this.#refused[code] = (this.#refused[code] ?? 0) + 1;
      return null;
    }
  }

  /** Told before and after, so that it can be seen what the latest is. */
  async unique(policy: string, args: readonly unknown[]): Promise<void> {
    const asked = this.newId("asked");
    this.#tell({ kind: "asking", policy, id: "", asked });
    const id = await this.send(`once.${policy}`, args, SUCCESS);
    if (id !== null) this.#tell({ kind: "asked", policy, id, asked });
  }

  async revokes(kind: string): Promise<void> {
    const ms = this.below(1_000);
    const id = (await this.send(kind, [], REVOKED))!;
    await pause(ms);
    await this.app.result(id).revoke({ terminate: true });
  }

  /** Gives its id. */
  async graph(
    form: Signature<[]>,
    { kind, ...wanted }: Pick<Sent, "kind" | "wants" | "text" | "alarms">,
    options: SendOptions = {},
  ): Promise<string> {
    const asked = systemClock.now();
    const { graphId: id } = await form.applyAsync([], options);
    this.#sent.push({ id, kind, asked, answered: systemClock.now(), isGraph: true, ...wanted });
    return id;
  }

  #draw(): Act {
    let left = this.below(ALL);
    return ACTS.find(([weight]) => (left -= weight) < 0)![1];
  }
}
