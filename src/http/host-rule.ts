/** One entry of `allow`. */
export interface HostRule {
  /** In lower case, as the URL parser writes it; without the `*.` of a wildcard. */
  readonly host: string;
  /** Any name of one or more labels in front of `host`, and not `host` itself. */
  readonly below: boolean;
  /** Null: any. */
  readonly port: number | null;
}
