/** Dark unless the reader's system or choice says light. */

import { useSyncExternalStore } from "react";

export type Theme = "dark" | "light";

const KEY = "memewatch.theme";
const system = window.matchMedia("(prefers-color-scheme: light)");
const listeners = new Set<() => void>();

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = currentTheme();
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, currentTheme() === "dark" ? "light" : "dark");
  announce();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentTheme);
}

function currentTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "dark" || chosen === "light") return chosen;
  return system.matches ? "light" : "dark";
}

function announce(): void {
  applyTheme();
  for (const listener of listeners) listener();
}

system.addEventListener("change", announce);
