// Signing and encryption: who may send, what is refused, and what somebody who reads the store sees.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Sunbeat } from "sunbeat";

const folder = mkdtempSync(path.join(tmpdir(), "signing-"));
const broker = `sqlite:${path.join(folder, "queue.db")}`;

// In a program keys come from the environment or a vault: process.env.QUEUE_KEY. To make one:
//   node -p 'crypto.randomBytes(32).toString("base64")'
const newKey = () => randomBytes(32).toString("base64");

// both sides have the keys
const keys = {
  signing: { keys: { "2027-01": newKey() }, current: "2027-01", require: true },
  encryption: { keys: { "2027-01": newKey() }, current: "2027-01" },
};
const shop = new Sunbeat("shop", { broker, logger: null, ...keys });
const pay = shop.task("pay", (card: string, cents: number) => `${cents} from ${card.slice(-4)}`);
const paid = await pay.delay("4000 0012 3456 7899", 1250);
const text = readFileSync(path.join(folder, "queue.db-wal"), "latin1");
console.log("the card is in the store:", text.includes("4000 0012 3456 7899"));
await shop.worker().start();
console.log(await paid.get());

// somebody who can write to the store, and has no key
const stranger = new Sunbeat("stranger", { broker, logger: null });
const sent = await stranger.sendTask("pay", ["4000 0012 3456 7899", 1]);
const refused = await shop.result(sent.id).get({ propagate: false });
console.log((refused as { remoteCode?: string }).remoteCode);
await stranger.close();
await shop.close();

// workers that must not be able to send: they have the public key alone
const pair = generateKeyPairSync("ed25519");
const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
const web = new Sunbeat("web", {
  broker,
  logger: null,
  signing: { keys: { web: privateKey }, current: "web" },
});
const resize = await web.sendTask<string>("resize", ["cat.png"], { queue: "images" });
const images = new Sunbeat("images", {
  ...{ broker, logger: null, taskDefaultQueue: "images" },
  signing: { public: { web: publicKey }, require: true },
});
images.task("resize", (file: string) => `small ${file}`);
await images.worker().start();
console.log(await resize.get());
await images.close();
await web.close();
rmSync(folder, { recursive: true });

// prints:
// the card is in the store: false
// 1250 from 7899
// SUNBEAT_SIGNATURE_INVALID
// small cat.png
