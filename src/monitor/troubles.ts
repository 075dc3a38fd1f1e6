/** What a beat alone can see of itself, as findings. */
import type { Clock } from "../core/clock.js";
import type { Events } from "../events/index.js";
import type { AlertsConfig } from "./options.js";
import type { Finding, Judgement } from "./rules.js";

export interface OwnJudgement extends Judgement {
  readonly kinds: ReadonlySet<string>;
  /** Troubles that are told with it. */
  readonly events: readonly Trouble[];
}

interface Trouble {
  readonly kind: "beat-stalled" | "clock-jump";
  readonly text: string;
  readonly at: number;
}

const MOST_TROUBLES = 100;

/** What this process knows of its beat. */
export interface OwnBeat {
  readonly leads: boolean;
  readonly quarantine: readonly { readonly entry: string; readonly reason: string }[];
  /** Since when what is due waits for `maxStartsPerSecond`; null: nothing does. */
  readonly limitedSince: number | null;
}

export class OwnTroubles {
  #waiting: Trouble[] = [];
  readonly #ends: readonly (() => void)[];

  constructor(events: Pick<Events, "on">, clock: Clock) {
    const note = (kind: Trouble["kind"], text: string): void => {
      if (this.#waiting.length < MOST_TROUBLES) this.#waiting.push({ kind, text, at: clock.now() });
    };
    this.#ends = [
      events.on("beat-stalled", ({ afterMs }) =>
        note("beat-stalled", `no round was done for ${afterMs} ms, longer than the lease`),
      ),
      events.on("clock-jump", ({ byMs }) =>
        note("clock-jump", `the store's clock moved by ${byMs} ms at once`),
      ),
    ];
  }

  /**
   * Both kinds of trouble end by time, quarantined entries when they are in quarantine no more, and a limited beat when nothing
   * waits any more.
   */
  judgement(
    { quarantine, limitedSince }: Pick<OwnBeat, "quarantine" | "limitedSince">,
    node: string,
    { rules }: Pick<AlertsConfig, "rules">,
  ): OwnJudgement {
    const events = [...this.#waiting];
    const newest = new Map(events.map((trouble) => [trouble.kind, trouble]));
    const findings: Finding[] = [...newest.values()].map(({ kind, text, at }) => {
      return { kind, subject: node, text, detail: { at }, since: null, waitMs: 0 };
    });
    for (const { entry, reason } of quarantine) {
      findings.push({
        ...{ kind: "entry-quarantined", subject: entry, since: null, waitMs: null },
        ...{ text: `the beat cannot send it: ${reason}`, detail: { reason } },
      });
    }
    if (limitedSince !== null) {
      const waitMs = rules.get("beat-limited")?.graceMs ?? 0;
      findings.push({
        ...{ kind: "beat-limited", subject: node, since: limitedSince, waitMs },
        ...{ text: "what is due waits for maxStartsPerSecond", detail: { since: limitedSince } },
      });
    }
    return {
      findings: findings.filter(({ kind }) => rules.has(kind)),
      judges: (kind) => kind === "entry-quarantined" || kind === "beat-limited",
      kinds: new Set(["entry-quarantined", "beat-limited", "beat-stalled", "clock-jump"]),
      events,
    };
  }

  told({ events }: OwnJudgement): void {
    this.#waiting = this.#waiting.filter((trouble) => !events.includes(trouble));
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
