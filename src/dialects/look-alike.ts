export const DIALECTS = ["crontab", "quartz", "aws", "systemd", "k8s", "celery"] as const;
/** Whose schedules they are. */
export type Dialect = (typeof DIALECTS)[number];

/** The beginning of a text shows what it is. */
const LOOKED_AT = 65_536;
const FIELDS = String.raw`(?:[\d*/,~-]+[ \t]+){2,5}`;

/** What the texts of each have, the surest first. */
const SIGNS: readonly (readonly [Dialect | "sunbeat", RegExp])[] = [
  ["sunbeat", /"sunbeat"\s*:\s*\d/],
  ["k8s", /^[ \t]*"?kind"?\s*:\s*["']?CronJob\b/m],
  ["k8s", /"kind"\s*:\s*"CronJob"/],
  ["systemd", /^\[Timer\]|^On(?:Calendar|BootSec|UnitActiveSec|UnitInactiveSec|ActiveSec|StartupSec)\s*=/m],
  [
    "celery",
    /"django_celery_beat\.|<crontab: |<freq: |"day_of_week"|"__type__"\s*:\s*"(?:crontab|interval|solar)"/,
  ],
  ["aws", /ScheduleExpression|AWSTemplateFormatVersion|AWS::|^[ \t]*["']?(?:cron|rate|at)\([^)\n]*\)/m],
  ["celery", /"task"\s*:[^{}]*"schedule"\s*:/],
  ["quartz", new RegExp(String.raw`(?:^|[=:])[ \t]*["']?${FIELDS}(?:\?[ \t]|\S+[ \t]+\S+[ \t]+\?)`, "m")],
  ["systemd", /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[\w.,]* (?:\*|\d)|^\*-[*\d]/m],
  ["crontab", /^[ \t]*-?(?:[\d*/,~-]+[ \t]+){3}[\w*/,~-]+[ \t]+[\w*/,~-]+[ \t]+(?:[/.$~[(]|[a-z_]{4})/m],
  ["crontab", /^[ \t]*@(?:hourly|daily|weekly|monthly|yearly|annually|reboot|midnight)[ \t]+\S/m],
];

/** The dialect that a text looks like, or undefined. */
export function looksLike(text: string): Dialect | "sunbeat" | undefined {
  const head = text.slice(0, LOOKED_AT);
  return SIGNS.find(([, sign]) => sign.test(head))?.[0];
}
