import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { sessionStore } from "../api/session.ts";

/** Asks for the API token when the API wants one. */
export function SignIn() {
  const session = useSyncExternalStore(sessionStore.subscribe, sessionStore.get);
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState("");

  useEffect(() => {
    if (session.needed) dialog.current?.showModal();
    else dialog.current?.close();
  }, [session.needed]);

  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (token.trim() === "") return;
    sessionStore.signIn(token.trim());
    setToken("");
  };

  return (
    <dialog
      ref={dialog}
      className="sign-in"
      aria-labelledby="sign-in-title"
      onCancel={(event) => event.preventDefault()}
    >
      <form onSubmit={submit}>
        <h2 id="sign-in-title">Sign in</h2>
        <p>
          {session.token === null
            ? "This server does that only with an API token. Its operator can give you one."
            : "The server refused this token. Check it, or ask its operator for another."}
        </p>
        <label htmlFor="sign-in-token">API token</label>
        <input
          id="sign-in-token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <small>It is kept in this browser tab only.</small>
        <button type="submit" className="primary">
          Sign in
        </button>
      </form>
    </dialog>
  );
}
