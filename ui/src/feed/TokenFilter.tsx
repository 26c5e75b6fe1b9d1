import { useEffect, useId, useState } from "react";
import { fetchTokens } from "../api/client.ts";
import type { Token } from "../api/types.ts";

const TYPING_PAUSE_MS = 200;

/** Narrow the feed to one token, found by symbol or address. */
export function TokenFilter({
  token,
  onChange,
}: {
  token: string | null;
  onChange: (token: string | null) => void;
}) {
  const list = useId();
  const [text, setText] = useState(token ?? "");
  const [known, setKnown] = useState<readonly Token[]>([]);

  useEffect(() => setText(token ?? ""), [token]);

  useEffect(() => {
    if (text === "") return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      // Without suggestions the field still takes an exact name, so a failure needs no words here.
      fetchTokens({ q: text }, abort.signal).then(
        (page) => setKnown(page.items),
        () => undefined,
      );
    }, TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);

  const type = (next: string) => {
    setText(next);
    if (next === "") onChange(null);
    // A suggestion was picked, or a known token typed out.
    const picked = known.find((item) => item.token === next);
    if (picked !== undefined) onChange(picked.token);
  };
  const settle = () => {
    if (text === "" || text === token) return;
    const wanted = text.trim().toUpperCase();
    const match = known.find(
      (item) => item.symbol.toUpperCase() === wanted || item.token.toUpperCase() === wanted,
    );
    onChange(match?.token ?? text.trim());
  };

  return (
    <>
      <input
        type="search"
        aria-label="Token"
        aria-keyshortcuts="/"
        title="Symbol or address; press / to come here"
        placeholder="Token"
        autoComplete="off"
        spellCheck={false}
        list={list}
        data-set={token !== null}
        value={text}
        onChange={(event) => type(event.target.value)}
        onBlur={settle}
        onKeyDown={(event) => event.key === "Enter" && settle()}
      />
      <datalist id={list}>
        {known.map((item) => (
          <option key={item.token} value={item.token}>
            {item.symbol}
          </option>
        ))}
      </datalist>
    </>
  );
}
