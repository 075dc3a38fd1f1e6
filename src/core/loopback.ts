/** Whether nobody but this machine reaches what is at `host`: a name or an address, in brackets or not. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
