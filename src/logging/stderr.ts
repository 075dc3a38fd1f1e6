/**
 * To stderr, by `console`: unlike the stream, it survives a stderr that nobody reads any more, or whose disk is full.
 */
export function writeStderr(text: string): void {
  console.error("%s", text.endsWith("\n") ? text.slice(0, -1) : text);
}
