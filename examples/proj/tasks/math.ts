import { app } from "../app.js";

export const add = app.task("proj.add", (x: number, y: number) => x + y);

export const mul = app.task("proj.mul", (x: number, y: number) => x * y);

export const xsum = app.task("proj.xsum", (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0));
