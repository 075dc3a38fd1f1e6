// A chord: each picture of an album is made small on its own, and the album is published once, when all of them are.
import { chord, isSunbeatError, settled, type Settled, Sunbeat, type TaskFailure } from "sunbeat";

const app = new Sunbeat("thumbnails", { broker: "memory:", logger: null }); // null: what fails is told here alone
const shrink = app.task("thumbs.make", { retry: { max: 2, delay: "10ms" } }, async (file: string) => {
  if (!file.endsWith(".jpg")) throw new TypeError(`${file} is no picture`);
  return file.replace(".jpg", ".webp");
});
const publish = app.task("albums.publish", (small: readonly string[], name: string) => {
  return `${name}: ${small.join(", ")}`;
});
const complain = app.task("albums.complain", (failure: TaskFailure, name: string) => {
  console.log(`${name} is not published: ${failure.message}`);
});
await app.worker({ concurrency: 4 }).start();

const album = (name: string, files: readonly string[]) =>
  chord(
    files.map((file) => shrink.s(file)),
    publish.s(name),
  ).onError(complain.s(name));
const cats = await album("cats", ["tom.jpg", "kit.jpg"]).delay();
console.log(await cats.get({ timeout: 10 }));

// one that fails for good: the album is not published, and it is said why, once
const dogs = await album("dogs", ["rex.jpg", "todo.txt", "bob.jpg"]).delay();
const failure = await dogs.get({ timeout: 10, propagate: false });
for await (const { id, task } of dogs.parts()) {
  await app.result(id).get({ timeout: 10, propagate: false });
  console.log(task, await app.result(id).state());
}
if (isSunbeatError(failure)) console.log(failure.code);

// settled(): each end, good or bad, goes on to the list
const publishSome = app.task("albums.publish-some", (all: readonly Settled<string>[]) =>
  all.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message)),
);
const birds = chord(
  ["owl.jpg", "todo.txt"].map((file) => settled(shrink.s(file))),
  publishSome.s(),
);
console.log(await (await birds.delay()).get({ timeout: 10 }));
await app.close();
// prints:
// cats: tom.webp, kit.webp
// dogs is not published: todo.txt is no picture
// thumbs.make SUCCESS
// thumbs.make FAILURE
// thumbs.make SUCCESS
// albums.publish REVOKED
// albums.complain SUCCESS
// SUNBEAT_UPSTREAM_FAILED
// [ 'owl.webp', 'todo.txt is no picture' ]
