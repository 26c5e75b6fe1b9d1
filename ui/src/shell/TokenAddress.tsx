import { addressOf, placesOf } from "../format/explorers.ts";
import { CopyButton } from "./CopyButton.tsx";

/** A token's address: to read, to copy, and to look up elsewhere. */
export function TokenAddress({ token }: { token: string }) {
  return (
    <p className="token-address">
      <code>{token}</code>
      <CopyButton text={addressOf(token)} label="Copy address" />
      {placesOf(token).map(({ name, href }) => (
        <a key={name} href={href} target="_blank" rel="noreferrer">
          {name}
          <span aria-hidden="true"> ↗</span>
        </a>
      ))}
    </p>
  );
}
