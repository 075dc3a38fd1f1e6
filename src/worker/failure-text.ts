/** Failures in one line of a log. */
import { causesOf, type Failure } from "../core/failure.js";

/** `TimeoutError('...')`. */
export function failureText(error: Failure): string {
  return `${error.name}('${error.message}')`;
}

/** The same with its causes, in one line. A message that was made of theirs has told them. */
export function withCauses(error: Failure): string {
  let text = failureText(error);
  for (let [cause] = causesOf(error); cause !== undefined; [cause] = causesOf(cause)) {
    if (cause.message === "" || !text.includes(cause.message)) text += `, caused by ${failureText(cause)}`;
  }
  return text;
}
