import { describe, expect, test } from "vitest";
import { parseRedisUrl } from "../../../src/store/redis/url.js";

const plain = {
  kind: "single",
  master: null,
  db: 0,
  username: null,
  password: null,
  sentinelPassword: null,
  tls: false,
  ca: null,
  namespace: null,
};

describe("a Redis URL", () => {
  test.each<[url: string, differs: object, because: string]>([
    // url                                what differs                                               because
    ["redis://h", { hosts: [{ host: "h", port: 6379 }], label: "redis://h" }, "the port has a default"],
    ["REDIS://h:1", { hosts: [{ host: "h", port: 1 }], label: "redis://h:1" }, "schemes have no case"],
    [
      "redis://h/5",
      { hosts: [{ host: "h", port: 6379 }], db: 5, label: "redis://h/5" },
      "the path is the database",
    ],
    [
      "redis://h/",
      { hosts: [{ host: "h", port: 6379 }], label: "redis://h/" },
      "an empty path is database 0",
    ],
    [
      "rediss://u:p%40%3a@h:2/1",
      {
        hosts: [{ host: "h", port: 2 }],
        db: 1,
        username: "u",
        password: "p@:",
        tls: true,
        label: "rediss://h:2/1",
      },
      "credentials are percent-decoded and not in the label",
    ],
    [
      "redis://:p@ss:w@h",
      { hosts: [{ host: "h", port: 6379 }], password: "p@ss:w", label: "redis://h" },
      "the last @ ends the credentials",
    ],
    [
      "redis://[::1]:7/0",
      { hosts: [{ host: "::1", port: 7 }], label: "redis://[::1]:7/0" },
      "IPv6 stands in brackets",
    ],
    [
      "redis+sentinel://u:p@a,b:5/main/2?sentinelPassword=s%3D&namespace=shop",
      {
        ...{ kind: "sentinel", master: "main", db: 2, username: "u", password: "p", sentinelPassword: "s=" },
        hosts: [
          { host: "a", port: 26379 },
          { host: "b", port: 5 },
        ],
        ...{ namespace: "shop", label: "redis+sentinel://a,b:5/main/2" },
      },
      "the sentinels, the master's name and the database",
    ],
    [
      "rediss+cluster://a:1,b:2?ca=%2Fetc%2Fca.pem",
      {
        ...{ kind: "cluster", tls: true, ca: "/etc/ca.pem", label: "rediss+cluster://a:1,b:2" },
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
      "some nodes of the Cluster",
    ],
  ])("%s: %j: %s", (url, differs) => {
    expect(parseRedisUrl(url)).toEqual({ ...plain, ...differs });
  });

  test.each([
    ["http://h", "another scheme"],
    ["redis:h", "no slashes"],
    ["redis:u:secret@h", "no slashes"],
    ["redis://", "no host"],
    ["redis://u:secret@", "no host"],
    ["redis://u:secret@h:0", "port 0"],
    ["redis://u:secret@h:99999", "no such port"],
    ["redis://u:secret@a,b", "several hosts without Sentinel or Cluster"],
    ["redis://u:secret@h/x", "a database is a number"],
    ["redis://u:secret@h/1/2", "one database"],
    ["redis://u:%zzsecret@h", "a broken escape"],
    ["redis://u:secret@h?nonsense=1", "an unknown parameter"],
    ["redis+sentinel://u:secret@h", "no master"],
    ["redis+cluster://u:secret@h/3", "a Cluster has only database 0"],
    ["redis://u:secret@::1", "IPv6 without brackets"],
    ["redis://u:secret", "no host, and so no @"],
    ["redis://:secret", "no host, and so no @"],
    ["redis://u:some/secret@h", "a password with a slash"],
    ["redis://u:12/secret@h", "a password with a slash, whose beginning looks like a port"],
    ["redis://u:secret/some@h:1/0", "a password with a slash"],
    ["redis://u:secret?some@h", "a password with a question mark"],
    ["redis://u:12?secret@h", "a password with a question mark, whose beginning looks like a port"],
    ["redis://u:secret?a=b@h", "a password with a question mark"],
    ["redis://u:secret#some@h", "a password with a hash"],
    ["redis://u:an@secret/some@h", "a password with an at sign and a slash"],
    ["redis+sentinel://u:secret/some@h/main", "a password with a slash"],
  ])("%s is refused (%s) without showing the password", (url) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_BROKER_URL_INVALID",
        message: expect.not.stringContaining("secret") as string,
      }),
    );
  });

  test.each(["redis://u:some/p@h", "redis://u:some?p@h", "redis://u:some#p@h"])(
    "%s is refused with what to write instead",
    (url) => {
      expect(() => parseRedisUrl(url)).toThrow(
        /percent-encoded: write "%2F" for a "\/", "%3F" for a "\?", "%23" for a "#"/,
      );
    },
  );

  test("parameters may have an @", () => {
    const { ca, sentinelPassword } = parseRedisUrl("redis://u:p@h?ca=/etc/a@b.pem&sentinelPassword=p@q");
    expect([ca, sentinelPassword]).toEqual(["/etc/a@b.pem", "p@q"]);
  });
});
