import { expect, test } from "vitest";
import { maskCredentials } from "../../src/core/credentials.js";
import { quote } from "../../src/core/quote.js";

test.each([
  ["redis://:s3cret@h:6379/0", "redis://:**@h:6379/0", "a password alone"],
  ["redis://user:s3cret@h", "redis://**:**@h", "user and password"],
  ["redis://s3cret@h", "redis://**@h", "a password in the place of the user"],
  ["rediss://user:s3/cr@t?x#y@h/0", "rediss://**:**@h/0", "a password that was not percent-encoded"],
  ["redis+sentinel://s3cret@a:1,b:2/main", "redis+sentinel://**@a:1,b:2/main", "Sentinel"],
  ["redis+sentinel://a/m?sentinelPassword=s3cret", "redis+sentinel://a/m?sentinelPassword=**", "its own"],
  ["rediss+cluster://u:s3cret@a,b", "rediss+cluster://**:**@a,b", "a Cluster"],
  [
    "Error: no redis://u:s3cret@h, and\n  at redis://s3cret@g",
    "Error: no redis://**:**@h, and\n  at redis://**@g",
    "text",
  ],
  ['{"url":"postgres://u:s3cret@h/db"}', '{"url":"postgres://**:**@h/db"}', "JSON"],
  [
    "GET https://u:s3cret@h/a@b?token=s3cret&n=1",
    "GET https://**:**@h/a@b?token=**&n=1",
    "other programs' URLs",
  ],
  ["at file:///app/node_modules/@scope/x.js:1:2", "at file:///app/node_modules/@scope/x.js:1:2", "a frame"],
  ["https://registry/@scope/x and me@example.com", "https://registry/@scope/x and me@example.com", "no user"],
  ["sqlite:./a@b.db", "sqlite:./a@b.db", "a file"],
])("%s is shown as %s: %s", (text, shown) => {
  expect(maskCredentials(text)).toBe(shown);
});

test.each<[unknown, string, string]>([
  ["redis://s3cret@h", '"redis://**@h"', "a text"],
  [{ url: "redis://u:s3cret@h" }, '{"url":"redis://**:**@h"}', "an object with a URL"],
  [{ host: "h", password: "s3cret" }, '{"host":"h","password":"**"}', "options of a client"],
])("an error message quotes %j as %s: %s", (value, quoted) => {
  expect(quote(value)).toBe(quoted);
});
