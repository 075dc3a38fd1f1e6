/** What was thrown, with its stack and what caused it. */
import type { JSX } from "preact";
import type { Failure } from "../../src/core/failure.js";
import type { Json } from "../lib/json.js";
import { Copy } from "../parts/basics.js";

export function TaskError({ error }: { readonly error: Json<Failure> }): JSX.Element {
  return (
    <>
      <One error={error} />
      {chainOf(error).map((cause, index) => (
        <div key={index} class="cause">
          <p class="dim">caused by</p>
          <One error={cause} />
        </div>
      ))}
      {error.errors !== undefined && (
        <details>
          <summary>{error.errors.length} inner errors</summary>
          {error.errors.map((inner, index) => (
            <One key={index} error={inner} />
          ))}
        </details>
      )}
    </>
  );
}

function One({ error }: { readonly error: Json<Failure> }): JSX.Element {
  const { name, message, code, stack } = error;
  return (
    <div class="thrown">
      <p>
        <strong>{name}</strong>
        {code !== null && code !== name && <code> {code}</code>} <bdi class="message">{message}</bdi>
      </p>
      {stack !== null && (
        <details open>
          <summary>Stack</summary>
          <pre dir="ltr" tabIndex={0}>
            {stack}
          </pre>
          <Copy text={stack} label="Copy stack" />
        </details>
      )}
    </div>
  );
}

function chainOf({ cause }: Json<Failure>): readonly Json<Failure>[] {
  return cause === null ? [] : [cause, ...chainOf(cause)];
}
