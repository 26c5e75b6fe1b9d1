/** Where a token can be looked up outside: by its chain's explorer and its charts. Pure. */

export interface Place {
  readonly name: string;
  readonly href: string;
}

/** The page of a token on each chain's explorer, before its address. */
const EXPLORERS: Readonly<Record<string, Place>> = {
  ethereum: { name: "Etherscan", href: "https://etherscan.io/token/" },
  base: { name: "BaseScan", href: "https://basescan.org/token/" },
  bsc: { name: "BscScan", href: "https://bscscan.com/token/" },
  polygon: { name: "PolygonScan", href: "https://polygonscan.com/token/" },
  arbitrum: { name: "Arbiscan", href: "https://arbiscan.io/token/" },
  optimism: { name: "Etherscan", href: "https://optimistic.etherscan.io/token/" },
  avalanche: { name: "Snowtrace", href: "https://snowtrace.io/token/" },
  solana: { name: "Solscan", href: "https://solscan.io/token/" },
};
const ADDRESS = /^(0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$/;

/** `ethereum:0x…` → its explorer and its chart; nothing for a token without such an address. */
export function placesOf(token: string): Place[] {
  const [chain = "", address = ""] = token.split(":", 2);
  const explorer = EXPLORERS[chain];
  if (explorer === undefined || !ADDRESS.test(address)) return [];
  return [
    { name: explorer.name, href: explorer.href + address },
    { name: "DEX Screener", href: `https://dexscreener.com/${chain}/${address}` },
  ];
}

/** The address alone, as wallets and exchanges want it; the whole name where it has none. */
export function addressOf(token: string): string {
  const [, address = ""] = token.split(":", 2);
  return ADDRESS.test(address) ? address : token;
}
