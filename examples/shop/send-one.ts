import { add, app } from "./app.js";

const result = await add.delay(4, 4);
console.log(await result.get({ timeout: 10 }));
await app.close();
