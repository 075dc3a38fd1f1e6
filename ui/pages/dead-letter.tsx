/** One dead letter whole, and what can be done with it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ShownBody } from "../../src/dashboard/task-page.js";
import { can, send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, setQuery } from "../lib/router.js";
import { Facts, Failure, Skeleton, Time } from "../parts/basics.js";
import { attempt, confirm, Modal } from "../parts/dialogs.js";
import { ArgsForm, sendArgs, Shown } from "../parts/shown.js";
import type { LetterRow } from "./dead.js";

type Letter = Omit<LetterRow, "args"> & Json<ShownBody>;

export function LetterDialog({
  id,
  reload,
}: {
  readonly id: string;
  readonly reload: () => void;
}): JSX.Element {
  const { data, error } = useResource<Letter>(`/dead/${part(id)}`);
  const [isEditing, setEditing] = useState(false);
  const close = (): void => setQuery({ letter: null }, { replace: true });
  const over = (): void => (close(), reload());
  if (isEditing && data !== null) {
    return (
      <ArgsForm
        title={`Edit and retry ${data.task}`}
        text="It is sent with these arguments under a new id, to the same queue and with the same headers; this letter is dropped."
        value={data.args}
        action="Send and drop the letter"
        close={() => setEditing(false)}
        go={async (args) => {
          const { id: made } = await sendArgs(`/dead/${part(id)}/edit`, { args });
          navigate(`/tasks/${part(made)}`);
          return `It is sent as ${made}`;
        }}
      />
    );
  }
  const retry = (): void =>
    void attempt(async () => {
      const { retried } = await send<{ readonly retried: number }>("POST", `/tasks/${part(id)}/retry`);
      over();
      return retried > 0 ? "It is back in its queue" : "It was not there any more";
    });
  const drop = (): void => {
    close();
    confirm({
      title: `Drop ${data?.task ?? id}?`,
      text: `The letter ${id} is dropped for good; its result and records stay. This cannot be undone.`,
      action: "Drop",
      isDangerous: true,
      run: async () => {
        await send("POST", "/bulk", { action: "delete", ids: [id] });
        reload();
        return "It is dropped";
      },
    });
  };
  return (
    <Modal title={data?.task ?? "Dead letter"} close={close}>
      {error !== null && <Failure error={error} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : (
        <>
          <Facts
            rows={[
              ["id", <Link to={`/tasks/${part(id)}`}>{id}</Link>],
              ["when", <Time at={data.at} form="exact" />],
              ["queue", data.queue],
              ["reason", <bdi>{data.reason}</bdi>],
              ...(data.error === null ? [] : [["error", <bdi>{data.error}</bdi>] as const]),
              ...Object.entries(data.headers).map(([name, value]) => [name, <bdi>{value}</bdi>] as const),
            ]}
          />
          <h3>Arguments</h3>
          <Shown value={data.args} none="They cannot be read: that may be why it is here." />
        </>
      )}
      <div class="buttons">
        <button type="button" onClick={close}>
          Close
        </button>
        {can("delete") && (
          <button type="button" onClick={drop}>
            Drop
          </button>
        )}
        {can("send") && can("delete") && data !== null && (
          <button type="button" onClick={() => setEditing(true)}>
            Edit and retry
          </button>
        )}
        {can("retry") && (
          <button type="button" class="primary" onClick={retry}>
            Retry
          </button>
        )}
      </div>
    </Modal>
  );
}
