import { useId, useState } from "react";
import type { ApiError } from "../api/client.ts";
import type { WatchKind, WatchSubject } from "../api/types.ts";
import { KINDS, reasonOf, subjectOf } from "./entries.ts";

/** Watch one thing more. `onAdd` answers with what the API had against it. */
export function WatchForm({
  onAdd,
}: {
  onAdd: (subject: WatchSubject) => Promise<ApiError | null>;
}) {
  const problem = useId();
  const [kind, setKind] = useState<WatchKind>("token");
  const [text, setText] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [sending, setSending] = useState(false);
  const words = KINDS.find((each) => each.kind === kind);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (text.trim() === "" || sending) return;
    setSending(true);
    const refusal = await onAdd(subjectOf(kind, text));
    setSending(false);
    setError(refusal);
    if (refusal === null) setText("");
  };

  return (
    <form className="watch-form" onSubmit={submit}>
      <select
        aria-label="What to watch"
        value={kind}
        onChange={(event) => setKind(event.target.value as WatchKind)}
      >
        {KINDS.map(({ kind: value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <input
        aria-label={words?.label}
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : problem}
        placeholder={words?.placeholder}
        autoComplete="off"
        spellCheck={false}
        maxLength={256}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="primary" disabled={text.trim() === "" || sending}>
        Watch
      </button>
      {error !== null && (
        <p className="inline-error" id={problem} role="alert">
          {reasonOf(error.message)}
        </p>
      )}
    </form>
  );
}
