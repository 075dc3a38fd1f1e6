/** Several apps on one store, each as a process of its own would be. */
import "../../src/app/node-verbs.js"; // what is loaded when somebody asks takes no time here
import { coreOf } from "../../src/app/index.js";
import "../../src/signing/index.js";
import type { AppCore } from "../../src/app/index.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import {
  type StartBeatOptions,
  type StartWorkerOptions,
  Sunbeat,
  type SunbeatOptions,
} from "../../src/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

export interface Node {
  readonly app: Sunbeat;
  readonly core: AppCore;
  readonly lines: string[];
}

export class World {
  readonly clock = new ManualClock();
  readonly store: Store = openMemoryStore({ clock: this.clock, random: systemRandom, logger: silentLogger });
  /** Every call of the contract of presence. */
  readonly calls: string[] = [];
  readonly #apps: Sunbeat[] = [];

  app(options: SunbeatOptions = {}, changes: (store: Store) => Partial<Store> = () => ({})): Node {
    const lines: string[] = [];
    const tell = (message: string): void => void lines.push(message);
    const logger = { debug: () => undefined, info: tell, warn: tell, error: tell };
    const app = new Sunbeat("shop", { broker: "memory:", logger, ...options });
    const core = coreOf(app);
    const { presence } = this.store;
    const store: Store = {
      ...this.store,
      presence: {
        ...presence,
        appear: (...args) => {
          this.calls.push(`appear ${args[0].node}`);
          return presence.appear(...args);
        },
        leave: (...args) => {
          this.calls.push(`leave ${args[0]}`);
          return presence.leave(...args);
        },
      },
      close: () => Promise.resolve(),
    };
    core.use({ clock: this.clock, store: () => ({ ...store, ...changes(store) }) });
    this.#apps.push(app);
    app.task(
      "t",
      { queue: "q" },
      (ms: number) => new Promise<string>((done) => this.clock.after(ms, () => done("done"))),
    );
    return { app, core, lines };
  }

  async worker(options: StartWorkerOptions = {}, appOptions: SunbeatOptions = {}) {
    const node = this.app(appOptions);
    const worker = node.app.worker({ queues: ["q"], ...options });
    await this.settled(worker.start());
    return { ...node, worker };
  }

  async beat(options: StartBeatOptions = {}, appOptions: SunbeatOptions = {}) {
    const node = this.app(appOptions);
    const beat = node.app.beat(options);
    beat.start();
    await this.clock.advance(10);
    return { ...node, beat };
  }

  /** What `work` gives, once the clock has gone on as long as it takes. */
  async settled<T>(work: Promise<T>, mostMs = 60_000): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    for (let ms = 0; !isOver && ms <= mostMs; ms += 10) await this.clock.advance(10);
    return work;
  }

  async close(): Promise<void> {
    for (const app of this.#apps.splice(0)) await this.settled(app.close());
    await this.store.close();
  }
}
