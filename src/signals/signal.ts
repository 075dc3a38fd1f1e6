import { assertKnownKeys, invalidOption } from "../core/options.js";
import { statelessPattern } from "../core/stateless-pattern.js";
import { handled, type Handling, started } from "./handling.js";
import { SENDER_FIELDS, type SignalMap, type SignalName } from "./signal-map.js";

/** May be async. What it throws or rejects with is logged and reaches nobody else. */
export type SignalHandler<Name extends SignalName> = (payload: SignalMap[Name]) => unknown;

/** Whose signals are meant: a name, a pattern of names, or a task. */
export type SignalSender = string | RegExp | { readonly name: string; readonly delay: unknown };

export interface ConnectOptions {
  /** Of signals of tasks the task; of those of workers and beats their name; of others the app's. Default: any. */
  readonly sender?: SignalSender | undefined;
}

interface Connection<Name extends SignalName> {
  readonly handler: SignalHandler<Name>;
  /** Null: any sender. */
  readonly matches: ((sender: string) => boolean) | null;
}

/** One signal of an app. Programs connect to it; what it tells of fires it. */
export class Signal<Name extends SignalName = SignalName> {
  readonly name: Name;
  readonly #handling: Handling;
  readonly #onChange: () => void;
  /** Replaced at each change, so that one who is told of may disconnect. */
  #connections: readonly Connection<Name>[] = [];

  constructor(name: Name, handling: Handling, onChange: () => void) {
    this.name = name;
    this.#handling = handling;
    this.#onChange = onChange;
  }

  /**
   * Calls `handler` each time the signal is fired, in the order of connection; one that is connected twice is called
   * twice. The returned function ends that and may be called again. Codes: SUNBEAT_OPTION_INVALID,
   * SUNBEAT_OPTION_UNKNOWN.
   */
  connect(handler: SignalHandler<Name>, options: ConnectOptions = {}): () => void {
    const at = `signals.${this.name}.connect`;
    if (typeof handler !== "function") throw invalidOption(`${at}: handler`, "a function", handler);
    assertKnownKeys(options, ["sender"], at);
    const connection = { handler, matches: matcherOf(options.sender, `${at}: sender`) };
    this.#change([...this.#connections, connection]);
    return () => {
      if (this.#connections.includes(connection))
        this.#change(this.#connections.filter((one) => one !== connection));
    };
  }

  get connected(): boolean {
    return this.#connections.length > 0;
  }

  /** Calls all handlers, and waits for none. Never throws. */
  tell(payload: SignalMap[Name]): void {
    for (const { handler } of this.#meant(payload)) {
      started(this.#handling, this.#what, () => handler(payload));
    }
  }

  /**
   * Calls one handler after the other and waits for each, up to `limitMs` (5 s). Gives what they gave, without those that
   * failed. Never rejects.
   */
  async ask(payload: SignalMap[Name], limitMs?: number): Promise<unknown[]> {
    const given: unknown[] = [];
    for (const { handler } of this.#meant(payload)) {
      const end = await handled(this.#handling, this.#what, () => handler(payload), limitMs);
      if (end !== null) given.push(end.value);
    }
    return given;
  }

  /**
   * As `ask`, for handlers that change what they get: each has a payload of its own, made by `next` from what those before
   * have left and kept by `take`, which throws where it cannot be. What a handler that failed has changed is dropped.
   */
  async askInTurn(next: () => SignalMap[Name], take: (changed: SignalMap[Name]) => void): Promise<void> {
    for (const { handler } of this.#meant(next())) {
      const payload = next();
      const call = (): unknown => handler(payload);
      if ((await handled(this.#handling, this.#what, call)) === null) continue;
      await handled(this.#handling, `${this.#what}, by what it left,`, () => take(payload));
    }
  }

  get #what(): string {
    return `a handler of ${this.name}`;
  }

  #meant(payload: SignalMap[Name]): readonly Connection<Name>[] {
    if (this.#connections.every(({ matches }) => matches === null)) return this.#connections;
    const sender = String((payload as unknown as Record<string, unknown>)[SENDER_FIELDS[this.name]]);
    return this.#connections.filter(({ matches }) => matches === null || matches(sender));
  }

  #change(connections: readonly Connection<Name>[]): void {
    this.#connections = connections;
    this.#onChange();
  }
}

function matcherOf(sender: unknown, what: string): Connection<SignalName>["matches"] {
  if (sender === undefined) return null;
  if (typeof sender === "string" && sender !== "") return (name) => name === sender;
  if (sender instanceof RegExp) {
    const pattern = statelessPattern(sender);
    return (name) => pattern.test(name);
  }
  if (typeof sender === "function" && "delay" in sender) return (name) => name === sender.name;
  throw invalidOption(what, "a name, a RegExp over names, or a task", sender);
}
