import { nearest } from "../../core/nearest.js";
import { NICKNAMES, REBOOT } from "./fields.js";

const KNOWN = [...NICKNAMES.keys(), REBOOT];

/** Names that other crons, timers and people have for a crontab. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map(
  (
    [
      ["* * * * * *", "second secondly every_second"],
      ["* * * * *", "minute minutely every_minute"],
      ["@hourly", "hour"],
      ["@daily", "day everyday"],
      ["@weekly", "week"],
      ["@monthly", "month"],
      ["@yearly", "year annual"],
      ["@reboot", "boot startup"],
      ["0 12 * * *", "noon midday"],
      ["0 0 * * 1-5", "weekday weekdays workday workdays businessdays"],
      ["0 0 * * 6-7", "weekend weekends"],
      ["0 0 1 1,4,7,10 *", "quarterly"],
      ["0 0 1 1,7 *", "semiannually semi-annually biannually"],
    ] as const
  ).flatMap(([text, names]) => names.split(" ").map((name): [string, string] => [name, text])),
);

/** The crontab that a word without its `@` names, here in another letter case, or elsewhere. */
export function crontabOfWord(word: string): string | undefined {
  const name = word.toLowerCase();
  return KNOWN.includes(`@${name}`) ? `@${name}` : ELSEWHERE.get(name);
}

/** The same with one slip of the finger: two would make `@weekdays` `@weekly`. */
export function crontabOfNickname(nickname: string): string | undefined {
  return crontabOfWord(nickname.slice(1)) ?? nearest(nickname, KNOWN, 1);
}
