/** Functions around a piece of work, each of which calls the next. Pure. */
import { TaskError } from "../core/errors.js";

/** `next()` calls what is inside and gives what that gives. Once at most. */
export type Around<Of> = (of: Of, next: () => Promise<unknown>) => unknown;

/**
 * What the outermost of `layers`, the first, gives or throws. `what` names the work in errors: "app.use for tasks.add[id]".
 * A layer that ends before what it has called keeps the others waiting for that: it has its slot and its lock. One that
 * calls `next` twice fails with SUNBEAT_USAGE, and the work is done once.
 */
export function callAround<Of>(
  layers: readonly Around<Of>[],
  of: Of,
  what: string,
  work: () => unknown,
): Promise<unknown> {
  const enter = async (at: number): Promise<unknown> => {
    const layer = layers[at];
    if (layer === undefined) return work();
    const inside = new Inside(what, () => enter(at + 1));
    try {
      return inside.checked(await layer(of, inside.next));
    } finally {
      await inside.end();
    }
  };
  return enter(0);
}

/** What one layer has of those inside it. */
class Inside {
  readonly #what: string;
  readonly #enter: () => Promise<unknown>;
  #called: Promise<unknown> | null = null;
  #isOver = false;
  #misuse: TaskError | null = null;

  constructor(what: string, enter: () => Promise<unknown>) {
    this.#what = what;
    this.#enter = enter;
  }

  readonly next = (): Promise<unknown> => {
    if (this.#called === null && !this.#isOver) {
      this.#called = this.#enter();
      return quiet(this.#called);
    }
    const how = this.#isOver ? "after it had ended" : "twice";
    const misuse = new TaskError(
      "SUNBEAT_USAGE",
      `${this.#what}: a middleware called next() ${how}; what is inside runs once: call next() once, and give on what it gives`,
    );
    this.#misuse ??= misuse;
    return quiet(Promise.reject(misuse));
  };

  /** Throws where `next` was called twice, also where nobody has looked at what that gave. */
  checked(value: unknown): unknown {
    if (this.#misuse !== null) throw this.#misuse;
    return value;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#called?.catch(() => undefined);
  }
}

/** One that nobody awaits is no unhandled rejection: what it came to is for the layer to tell. */
function quiet(work: Promise<unknown>): Promise<unknown> {
  work.catch(() => undefined);
  return work;
}
