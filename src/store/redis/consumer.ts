import type { Clock } from "../../core/clock.js";
import { Latch } from "../../core/latch.js";
import type { Logger } from "../../core/logger.js";
import type { Random } from "../../core/random.js";
import type {
  Arrivals,
  ChargeOutcome,
  ClaimReply,
  Consumer,
  HeartbeatOutcome,
  SettleOutcome,
} from "../contracts/consumer.js";
import { admit } from "./admission.js";
import type { Caller } from "./caller.js";
import { FALLBACK_POLL_MS, type Hub } from "./hub.js";
import { wakeChannel } from "./keys.js";
import { parts, rateWord, wireRefs } from "./messages.js";
import { CODES, defineScript, meanings, outcomes } from "./script.js";
import { redisSettle, SETTLED } from "./settle.js";
import { toWire, toWord } from "./text.js";

/** One call of the server takes at most this many deliveries or ids; their costs differ. */
const BEAT_STEP = 300;
const GIVE_BACK_STEP = 100;
const CHARGE_STEP = 50;

const text = (raw: string): string => raw;
const heartbeatScript = defineScript("heartbeat", text);
const giveBackScript = defineScript("give-back", text);
const chargeScript = defineScript("charge", text);
const BEATEN: ReadonlyMap<string, HeartbeatOutcome> = meanings(CODES.heartbeat);

const CHARGED: ReadonlyMap<string, ChargeOutcome> = meanings(CODES.charged);

export interface ConsumerDeps {
  readonly caller: Caller;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export function redisConsumer({ caller, hub, clock, random, logger }: ConsumerDeps): Consumer {
  const settle = redisSettle(caller, random);

  return {
    async claim(request) {
      const { claimed } = await settle([], request);
      // Asked for, so given.
      return claimed as ClaimReply;
    },

    async heartbeat(refs, leaseMs) {
      caller.assertOpen();
      const found: HeartbeatOutcome[] = [];
      for (const part of parts(refs, BEAT_STEP))
        found.push(
          ...outcomes(await caller.call(heartbeatScript, { lease: leaseMs }, wireRefs(part)), BEATEN),
        );
      return found;
    },

    settle,

    async giveBack(refs) {
      caller.assertOpen();
      const found: SettleOutcome[] = [];
      for (const part of parts(refs, GIVE_BACK_STEP))
        found.push(...outcomes(await caller.call(giveBackScript, {}, wireRefs(part)), SETTLED));
      return found;
    },

    admit: (requests) => admit(caller, logger, requests),

    async charge(requests) {
      caller.assertOpen();
      const found: ChargeOutcome[] = [];
      for (const part of parts(requests, CHARGE_STEP)) {
        const rest = part.flatMap(({ id, token, rate }) => [toWire(id), token, rateWord(rate)]);
        found.push(...outcomes(await caller.call(chargeScript, {}, rest), CHARGED));
      }
      return found;
    },

    async listen(queues): Promise<Arrivals> {
      caller.assertOpen();
      const latch = new Latch(clock);
      let closed = false;
      const close = (): void => {
        closed = true;
        latch.notify();
      };
      const channels = [...new Set(queues)].map((queue) => wakeChannel(caller.space, toWord(queue)));
      const notify = (): void => latch.notify();
      const end = await hub.listen(channels, { heard: notify, missed: notify, closed: close });
      return {
        async wait(timeoutMs, signal) {
          if (closed) return;
          const notified = await latch.wait(Math.min(timeoutMs, FALLBACK_POLL_MS), signal);
          if (!notified && !signal.aborted && timeoutMs > FALLBACK_POLL_MS) void hub.check();
        },
        async close() {
          close();
          end();
        },
      };
    },
  };
}
