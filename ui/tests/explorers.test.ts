import { expect, test } from "vitest";
import { addressOf, placesOf } from "../src/format/explorers.ts";

const PEPE = "0x6982508145454Ce325dDbE47a25d4ec3d2311933";
const BONK = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263";

test("a token on a known chain is looked up by its address", () => {
  expect(placesOf(`ethereum:${PEPE}`)).toEqual([
    { name: "Etherscan", href: `https://etherscan.io/token/${PEPE}` },
    { name: "DEX Screener", href: `https://dexscreener.com/ethereum/${PEPE}` },
  ]);
  expect(placesOf(`solana:${BONK}`)[0]?.href).toBe(`https://solscan.io/token/${BONK}`);
  expect(addressOf(`ethereum:${PEPE}`)).toBe(PEPE);
});

test.each(["PEPE", `sim:${PEPE}`, "ethereum:0x12", "ethereum:javascript:alert(1)", "OAX/BTC"])(
  "%s leads nowhere",
  (token) => {
    expect(placesOf(token)).toEqual([]);
  },
);

test("a token without an address is copied as it is called", () => {
  expect(addressOf("OAX/BTC")).toBe("OAX/BTC");
});
