import { expect, test } from "vitest";
import { childEnvironment, childExecArgv } from "../../src/config/environment.js";

const ENV = {
  ...{ PATH: "/bin", LC_ALL: "C", SUNBEAT_BROKER: "memory:", NODE_OPTIONS: "--inspect", AWS_KEY: "secret" },
  ...{ DATABASE_URL: "pg:", DATABASE_URL_2: "pg2:", EMPTY: "", GONE: undefined },
};

test.each<[readonly string[], readonly string[], string]>([
  [[], ["PATH", "LC_ALL", "SUNBEAT_BROKER"], "no secrets, and nothing that changes what Node does"],
  [["DATABASE_URL"], ["PATH", "LC_ALL", "SUNBEAT_BROKER", "DATABASE_URL"], "a name is a whole name"],
  [["AWS_*"], ["PATH", "LC_ALL", "SUNBEAT_BROKER", "AWS_KEY"], "the beginning of names"],
  [["*"], Object.keys(ENV).filter((name) => name !== "GONE"), "all that are set"],
])("with %j children see %j: %s", (names, seen) => {
  expect(Object.keys(childEnvironment(names, ENV)).sort()).toEqual([...seen].sort());
});

test.each<[readonly string[], readonly string[], string]>([
  [[], [], "none"],
  [["--import", "tsx", "-r", "./a.cjs"], ["--import=tsx", "-r", "./a.cjs"], "what loads"],
  [["--import=tsx", "--conditions=dev"], ["--import=tsx", "--conditions=dev"], "with their value"],
  [["--inspect=9229", "--watch", "-e", "1"], [], "a debugger, a watcher and a text are for one process"],
  [["--max_old_space_size=200"], ["--max-old-space-size=200"], "the other spelling"],
  [["--expose-gc", "--enable-source-maps"], ["--enable-source-maps"], "what a thread could not have"],
])("of the options %j of Node children have %j: %s", (options, passed) => {
  expect(childExecArgv(options)).toEqual(passed);
});
