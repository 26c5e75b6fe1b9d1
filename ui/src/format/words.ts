/** The names of the contract in plain words. */

import type { Pattern, Severity, Status } from "../api/types.ts";

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];
export const STATUSES: readonly Status[] = ["open", "acknowledged", "resolved", "retracted"];

interface PatternWords {
  readonly name: string;
  /** What is going on, for a reader who sees the name for the first time. */
  readonly meaning: string;
}

export const PATTERNS: Readonly<Record<Pattern, PatternWords>> = {
  pump_and_dump: {
    name: "Pump and dump",
    meaning: "Coordinated buying drives the price up so that insiders can sell into it.",
  },
  whale_dump: {
    name: "Whale dump",
    meaning: "A large holder moves or sells an amount the market cannot absorb.",
  },
  sentiment_spike: {
    name: "Sentiment spike",
    meaning: "Talk about the token has suddenly become far more frequent and one-sided.",
  },
  sentiment_price_divergence: {
    name: "Sentiment against price",
    meaning: "Talk and price move in opposite directions.",
  },
  shilling: {
    name: "Shilling wave",
    meaning: "Few or new accounts repeat the same praise.",
  },
  wash_trading: {
    name: "Wash trading",
    meaning: "Trades that change no owner make the market look busy.",
  },
  rug_pull: {
    name: "Rug pull",
    meaning: "The pool's liquidity is being taken out.",
  },
  honeypot: {
    name: "Honeypot",
    meaning: "The token can be bought but hardly sold.",
  },
  holder_concentration: {
    name: "Holder concentration",
    meaning: "Few addresses hold most of the supply.",
  },
  sniper_bundle: {
    name: "Sniper bundle",
    meaning: "Linked addresses bought in the first moments of trading.",
  },
  whale_accumulation: {
    name: "Whale accumulation",
    meaning: "A large holder is quietly gathering the token.",
  },
  dormant_wallet: {
    name: "Dormant wallet",
    meaning: "An address that slept for long has woken up.",
  },
  mention_burst: {
    name: "Mention burst",
    meaning: "The token is named far more often than usual.",
  },
};

/** `large_sell` → `Large sell`; for phases, features and names this page does not know yet. */
export function plain(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function patternName(pattern: string): string {
  return pattern in PATTERNS ? PATTERNS[pattern as Pattern].name : plain(pattern);
}

export function patternMeaning(pattern: string): string {
  return pattern in PATTERNS ? PATTERNS[pattern as Pattern].meaning : "";
}
