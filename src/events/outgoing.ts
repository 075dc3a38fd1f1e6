import type { EpochMs } from "../core/clock.js";

/** Takes what others than listeners of this process hear. */
export interface EventOutlet {
  wants(type: string): boolean;
  /** Never throws. */
  take(event: OutgoingEvent): void;
}

export interface OutgoingEvent {
  readonly type: string;
  readonly timestamp: EpochMs;
  readonly clock: number;
  readonly hostname: string;
  readonly fields: object;
}
