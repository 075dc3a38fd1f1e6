import { systemRandom } from "./random.js";

/** Names this process among all that were and will be: 128 random bits, hex. */
export const bootId: string = systemRandom.uuid().replaceAll("-", "");
