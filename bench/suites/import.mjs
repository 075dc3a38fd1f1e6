// Cold start: a process that only imports the package, against one that imports bullmq and one that imports nothing.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { elapsed, interleave } from "../harness.mjs";

const entry = new URL("../../dist/index.js", import.meta.url).href;
const node = (code) => () =>
  elapsed(() =>
    spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    }),
  );

export async function run({ quick }) {
  const { sunbeat, ...rivals } = await interleave(
    {
      sunbeat: node(`await import(${JSON.stringify(entry)})`),
      bullmq: node('await import("bullmq")'),
      "empty program": node(""),
    },
    quick ? 5 : 15,
  );
  return {
    title: "Cold start",
    rows: [
      {
        what: 'import "sunbeat", whole process',
        unit: "ms",
        ours: sunbeat,
        rivals,
        wanted: "not slower than bullmq",
      },
    ],
  };
}
