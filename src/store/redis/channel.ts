import type { Channel } from "../contracts/channel.js";
import type { Caller } from "./caller.js";
import type { Hub } from "./hub.js";
import { topicChannel } from "./keys.js";
import { defineScript } from "./script.js";
import { fromWire, fromWord, toWire, toWord } from "./text.js";

const publishScript = defineScript("publish", () => undefined);

export function redisChannel(caller: Caller, hub: Hub): Channel {
  return {
    async publish(topic, payload) {
      const channel = topicChannel(caller.space, toWord(topic));
      await caller.call(publishScript, { channel, payload: `=${toWire(payload)}` });
    },
    async subscribe(topic, handler) {
      caller.assertOpen();
      return hub.listen([topicChannel(caller.space, toWord(topic))], {
        heard: (payload) => handler(readPayload(payload)),
      });
    },
  };
}

/** Scripts publish names as they have them: escaped, one behind a "%", a list of them behind a "*". */
function readPayload(payload: string): string {
  const text = payload.slice(1);
  if (payload.startsWith("*")) return JSON.stringify(text.split(" ").map(fromWord));
  return payload.startsWith("%") ? fromWord(text) : fromWire(text);
}
