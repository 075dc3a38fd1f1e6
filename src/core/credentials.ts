/** A URL within a text: up to a blank, a quote or a bracket. The bound on its scheme keeps long words from costing their square. */
const URL_IN_TEXT = /\b([a-z][a-z0-9+.-]{0,31}:\/\/)([^\s"'`<>]*)/gi;
const SECRET_PARAMETER = /([?&](?:\w*password|\w*token|secret)=)[^&#]*/gi;
const SECRET_KEY = /^\w*(?:password|passwd|secret|token)$/i;

/**
 * The text with user and password of each URL masked: `redis://**:**@host`. The user, too, since a password that was put
 * there by mistake, `redis://PASSWORD@host`, looks like one.
 */
export function maskCredentials(text: string): string {
  if (!text.includes("://")) return text;
  return text.replace(URL_IN_TEXT, (_, scheme: string, rest: string) => scheme + maskedRest(scheme, rest));
}

/** The same for what stands before the last `@` of a URL: `user:password`, `:password` or `PASSWORD`. */
export function maskedUser(user: string): string {
  const colon = user.indexOf(":");
  const name = colon < 0 ? user : user.slice(0, colon);
  return (name === "" ? "" : "**") + (colon < 0 ? "" : ":**");
}

/** The values of parameters that are secret by their names. */
export function maskParameters(url: string): string {
  return url.replace(SECRET_PARAMETER, "$1**");
}

/** Whether what a key of this name holds is secret. */
export function isSecretName(name: string): boolean {
  return SECRET_KEY.test(name);
}

/** For `JSON.stringify`: hides what is secret by its key, as in the options of a client. */
export function hideSecrets(key: string, value: unknown): unknown {
  return typeof value === "string" && isSecretName(key) ? "**" : value;
}

function maskedRest(scheme: string, rest: string): string {
  // A password of Redis that was not percent-encoded may contain any sign; a path of others may have an @.
  const authority = /^rediss?\b/i.test(scheme) ? rest : (/^[^/?#]*/.exec(rest)?.[0] ?? "");
  const at = authority.lastIndexOf("@");
  return maskParameters(at < 0 ? rest : maskedUser(rest.slice(0, at)) + rest.slice(at));
}
