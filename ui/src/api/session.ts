/**
 * The API token of this browser tab, and whether the API asked for one.
 *
 * It is kept in `sessionStorage`: it survives a reload, not the tab, and is in no address.
 */

const KEY = "memewatch.token";

export interface Session {
  readonly token: string | null;
  /** The API refused us: show the sign-in dialog. */
  readonly needed: boolean;
}

let session: Session = { token: sessionStorage.getItem(KEY), needed: false };
const listeners = new Set<() => void>();

export const sessionStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: (): Session => session,

  /** The API refused the token we have, or wants one and we have none. */
  refused(): void {
    if (!session.needed) set({ ...session, needed: true });
  },
  signIn(token: string): void {
    sessionStorage.setItem(KEY, token);
    set({ token, needed: false });
  },
};

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}
