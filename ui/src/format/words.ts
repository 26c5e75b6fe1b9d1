/** The names of the contract in plain words. */

import type { Pattern, Severity, Status } from "../api/types.ts";

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];
export const STATUSES: readonly Status[] = ["open", "acknowledged", "resolved", "retracted"];

interface PatternWords {
  readonly name: string;
  /** What is going on, for a reader who sees the name for the first time. */
  readonly meaning: string;
  /** What the impact is a part of. */
  readonly atRisk: string;
}

export const PATTERNS: Readonly<Record<Pattern, PatternWords>> = {
  pump_and_dump: {
    name: "Pump and dump",
    meaning: "Coordinated buying drives the price up so that insiders can sell into it.",
    atRisk: "of a late buyer's money, when the rise is given back",
  },
  whale_dump: {
    name: "Whale dump",
    meaning: "A large holder moves or sells an amount the market cannot absorb.",
    atRisk: "of all that is known to be held",
  },
  sentiment_spike: {
    name: "Sentiment spike",
    meaning: "Talk about the token has suddenly become far more frequent and one-sided.",
    atRisk: "of the talk is more than usual",
  },
  sentiment_price_divergence: {
    name: "Sentiment against price",
    meaning: "Talk and price move in opposite directions.",
    atRisk: "is how far the price went against the talk",
  },
  shilling: {
    name: "Shilling wave",
    meaning: "Few or new accounts repeat the same praise.",
    atRisk: "of the talk says the same",
  },
  wash_trading: {
    name: "Wash trading",
    meaning: "Trades that change no owner make the market look busy.",
    atRisk: "of the volume is made up",
  },
  rug_pull: {
    name: "Rug pull",
    meaning: "The pool's liquidity is being taken out.",
    atRisk: "of the pool",
  },
  honeypot: {
    name: "Honeypot",
    meaning: "The token can be bought but hardly sold.",
    atRisk: "of the buyers cannot sell, at the least",
  },
  holder_concentration: {
    name: "Holder concentration",
    meaning: "Few addresses hold most of the supply.",
    atRisk: "of what circulates is with ten holders",
  },
  sniper_bundle: {
    name: "Sniper bundle",
    meaning: "Linked addresses bought in the first moments of trading.",
    atRisk: "of the pool was taken by one party",
  },
  whale_accumulation: {
    name: "Whale accumulation",
    meaning: "A large holder is quietly gathering the token.",
    atRisk: "of all that is known to be held",
  },
  dormant_wallet: {
    name: "Dormant wallet",
    meaning: "An address that slept for long has woken up.",
    atRisk: "of all that is known to be held, less after a short rest",
  },
  mention_burst: {
    name: "Mention burst",
    meaning: "The token is named far more often than usual.",
    atRisk: "of the talk is more than usual",
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

export function patternAtRisk(pattern: string): string {
  return pattern in PATTERNS ? PATTERNS[pattern as Pattern].atRisk : "";
}
