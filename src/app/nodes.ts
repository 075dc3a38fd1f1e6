/** The nodes that this app's workers and beats are, and those of all processes. */
import { hostname } from "node:os";
import type { Beat } from "../beat/index.js";
import {
  type AskDeps,
  ask,
  defaultNodeName,
  Inbox,
  NodePresence,
  Subscription,
  type Signer,
  type Trust,
  verbsOf,
} from "../control/index.js";
import { bootId } from "../core/boot.js";
import { SunbeatError } from "../core/errors.js";
import type { NodeLink } from "../core/node-link.js";
import { packageVersion } from "../core/package-version.js";
import { tzVersion } from "../core/tz-data.js";
import type { BeatFacts, NodeState, SeenNode } from "../store/contracts/presence.js";
import { FORM } from "../tasks/envelope.js";
import type { Worker } from "../worker/worker.js";
import { ringOf } from "./behind-keys.js";
import { exposureOf } from "./broker-url.js";
import type { ControlContext } from "./control-context.js";

const PING_MS = 1_000;

/** Nodes of this process, of all its apps: the first has the boot of the process. */
let made = 0;

/** One node of this process, and its parts. */
export interface LocalNode {
  readonly presence: NodePresence;
  readonly inbox: Inbox;
  /** Hears when somebody has made a mark. */
  readonly marks: Subscription;
  worker: Worker | null;
  beat: Beat | null;
  isGiven: boolean;
  claiming: Promise<string> | null;
}

/** Who is there. */
export interface Nodes {
  /** Every node that is there, or was until a day ago, by name. What is true of tasks is in the store: this says who works on them. */
  list(): Promise<readonly SeenNode[]>;
}

export class AppNodes implements Nodes {
  readonly #core: ControlContext;
  readonly #here = new Set<LocalNode>();

  constructor(core: ControlContext) {
    this.#core = core;
  }

  list(): Promise<readonly SeenNode[]> {
    return this.#core.lazyStore.presence.nodes();
  }

  /** Those of this process. */
  get here(): readonly LocalNode[] {
    return [...this.#here];
  }

  /** Takes the names of the nodes that this process will be, before they begin. Gives that of the first. Code: SUNBEAT_NODE_NAME_TAKEN. */
  async claim(): Promise<string | null> {
    const names: string[] = [];
    for (const node of this.#here) names.push(await this.#claim(node));
    return names[0] ?? null;
  }

  /** `name` null: the default. */
  addWorker(name: string | null): { readonly name: string; readonly link: (worker: Worker) => NodeLink } {
    const wanted = name ?? defaultNodeName("worker");
    return {
      name: wanted,
      link: (worker) => {
        const free = this.here.find((node) => node.worker === null && node.claiming === null);
        // A node with a worker is called as that is.
        if (free !== undefined) this.#here.delete(free);
        const node = this.#make(wanted, name !== null, worker, free?.beat ?? null);
        const { steering } = worker;
        node.presence.onReply(({ marks }) => steering.setMarks(marks));
        return this.#link(() => this.#nodeOf({ worker }) ?? node, {
          state: () => steering.state,
          worker: () => steering.facts(),
        });
      },
    };
  }

  addBeat(name: string | null): { readonly name: string; readonly link: (beat: Beat) => NodeLink } {
    const wanted = name ?? defaultNodeName("beat");
    return {
      name: wanted,
      link: (beat) => {
        const free = this.here.find((node) => node.beat === null);
        if (free !== undefined) free.beat = beat;
        else this.#make(wanted, name !== null, null, beat);
        return this.#link(() => this.#nodeOf({ beat })!, {
          state: () => stateOfBeat(beat),
          beat: () => factsOfBeat(beat, this.#core),
        });
      },
    };
  }

  #nodeOf(part: { readonly worker?: Worker; readonly beat?: Beat }): LocalNode | undefined {
    return this.here.find(
      ({ worker, beat }) =>
        (part.worker !== undefined && worker === part.worker) ||
        (part.beat !== undefined && beat === part.beat),
    );
  }

  #make(name: string, isGiven: boolean, worker: Worker | null, beat: Beat | null): LocalNode {
    const { clock, random, logger, lazyStore: store, name: app } = this.#core;
    const log = logger.child({ component: "control", node: name });
    const boot = made++ === 0 ? bootId : `${bootId}.${made}`;
    const presence = new NodePresence(name, {
      ...{ clock, random, logger: log, store, boot, app, host: hostname(), version: packageVersion() },
      verbs: (kind) => (this.#core.config.workerEnableRemoteControl ? verbsOf(kind) : []),
      workVersion: FORM,
      isRunning,
      ping: (node) => this.#answers(node),
    });
    const node: LocalNode = {
      ...{ presence, worker, beat, isGiven, claiming: null },
      marks: new Subscription({ clock, logger: log, store }, "marks", () => presence.changed()),
      inbox: new Inbox({
        ...{ clock, logger: log, store, presence, lamport: this.#core.events.lamport },
        trust: () => this.#trust(),
        handler: async (verb) => (await import("./node-verbs.js")).handlerOf(verb, this.#core, node),
      }),
    };
    presence.onReply(({ watching }) => {
      // The first node of a process is what it is called by who tells events and has no name.
      if (this.here[0] === node) this.#core.events.named(presence.name);
      this.#core.feed.watched.setWatched(watching);
    });
    if (this.#core.config.workerEnableRemoteControl) presence.onReply(() => void node.inbox.listen());
    presence.onReply(() => node.worker !== null && void node.marks.listen());
    this.#here.add(node);
    this.#core.storeCalls.start();
    return node;
  }

  #link(nodeOf: () => LocalNode, part: Parameters<NodePresence["join"]>[0]): NodeLink {
    let leave: ((reason: string) => Promise<void>) | null = null;
    return {
      claim: async () => {
        const node = nodeOf();
        if (this.#core.pace.monitoring === false) return node.presence.name;
        const name = await this.#claim(node);
        leave = node.presence.join(part);
        return name;
      },
      changed: () => {
        if (leave !== null) nodeOf().presence.changed();
      },
      left: async (reason) => {
        const node = nodeOf();
        const end = leave;
        leave = null;
        if (end === null) return;
        const isLast = node.presence.partCount === 1;
        if (isLast) {
          node.inbox.close();
          node.marks.close();
          this.#here.delete(node);
        }
        await end(reason);
      },
    };
  }

  #claim(node: LocalNode): Promise<string> {
    node.claiming ??= node.presence.claim(node.isGiven).then(({ name }) => name);
    return node.claiming;
  }

  async #answers(node: string): Promise<boolean> {
    const wanted = {
      verb: "ping",
      args: {},
      to: { nodes: [node] },
      timeoutMs: PING_MS,
      reply: true,
      limit: 1,
    };
    const { replies } = await ask(this.askDeps, wanted);
    return replies.length > 0;
  }

  /** What asking takes. */
  get askDeps(): AskDeps {
    const { clock, random, lazyStore: store } = this.#core;
    return {
      ...{ clock, random, store, lamport: this.#core.events.lamport },
      signer: () => this.#signer(),
      by: () => this.#core.auditContext.by,
    };
  }

  async #signer(): Promise<Signer> {
    const ring = await ringOf(this.#core.config.signing);
    if (ring !== null && !ring.signs) {
      const message =
        "expected an app with a key to sign requests with, got one that has only keys to verify: ask with another app";
      throw new SunbeatError("SUNBEAT_CONTROL_REFUSED", message);
    }
    return { sign: (text) => ring?.sign("control", text) ?? "" };
  }

  async #trust(): Promise<Trust> {
    const { config, broker } = this.#core;
    const ring = await ringOf(config.signing);
    return {
      verifier: {
        requires: ring !== null,
        flawOf: (text, signature) => ring?.flawOf("control", text, signature) ?? null,
      },
      exposure: exposureOf(broker),
    };
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function stateOfBeat(beat: Beat): NodeState {
  const { state } = beat.stats();
  if (state === "idle" || state === "starting") return "starting";
  return state === "stopped" ? "stopping" : "running";
}

function factsOfBeat(beat: Beat, { entries }: ControlContext): BeatFacts {
  const { state, term, nextAt, lagMs, limitedSince, sent, skipped, quarantine } = beat.stats();
  return {
    ...{ role: state === "leading" ? "leading" : "following", term, nextDue: nextAt, lagMs, limitedSince },
    ...{ sent, skipped, entries: entries.length, quarantined: quarantine.length, buffered: 0 },
    tz: tzVersion(),
  };
}
