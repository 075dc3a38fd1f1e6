import type { Clock } from "../core/clock.js";
import type { Channel } from "../store/contracts/channel.js";
import { DEFINITION_FORM } from "./definition.js";

const TOPIC = "beat-stands";

/** Of a beat, for its candidacy: the form of entries that it writes, then the number of its deploy. */
export function beatVersion(deploy: number): string {
  return `${DEFINITION_FORM}.${deploy}`;
}

function isNewer(version: string, than: string): boolean {
  const [form = 0, deploy = 0] = version.split(".").map(Number);
  const [otherForm = 0, otherDeploy = 0] = than.split(".").map(Number);
  return form === otherForm ? deploy > otherDeploy : form > otherForm;
}

export interface NewerBeatsDeps {
  readonly channel: Channel;
  readonly clock: Clock;
  readonly version: string;
  readonly leaseMs: number;
  readonly onHeard: () => void;
}

/**
 * Whether a newer beat stands for election. One that follows an older leader says so each time it is refused. A leader that
 * meets entries it cannot send gives it the lead, for they may be of its making; and older followers let it go first.
 */
export class NewerBeats {
  readonly #deps: NewerBeatsDeps;
  #heardAt = -Infinity;

  constructor(deps: NewerBeatsDeps) {
    this.#deps = deps;
  }

  /** The returned function ends it. */
  listen(): Promise<() => void> {
    const { channel, clock, version, onHeard } = this.#deps;
    return channel.subscribe(TOPIC, (candidate) => {
      if (!isNewer(candidate, version)) return;
      this.#heardAt = clock.monotonicMs();
      onHeard();
    });
  }

  /** One was heard of, and not too long ago: it says so at least once a lease. */
  get stand(): boolean {
    return this.#deps.clock.monotonicMs() - this.#heardAt < 2 * this.#deps.leaseMs;
  }

  /** Tells the leader of `version`, if it is older. A hint: a failure costs nothing, since it is told again. */
  tell(version: string): void {
    if (!isNewer(this.#deps.version, version)) return;
    this.#deps.channel.publish(TOPIC, this.#deps.version).catch(() => undefined);
  }
}
