import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { API } from "./api/client.ts";
import { sessionStore } from "./api/session.ts";
import { App } from "./shell/App.tsx";
import { applyTheme } from "./shell/theme.ts";
import { StreamClient } from "./stream/client.ts";
import { StreamProvider } from "./stream/hooks.tsx";
import "./styles/index.css";

applyTheme();

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const stream = new StreamClient({
  url: `${scheme}//${location.host}${API}/stream`,
  token: () => sessionStore.get().token,
  onSignedOut: sessionStore.refused,
});
sessionStore.subscribe(() => {
  if (!sessionStore.get().needed) stream.retryNow();
});
window.addEventListener("online", stream.retryNow);
document.addEventListener("visibilitychange", () => {
  // A laptop that wakes up should not wait for the back-off of the night.
  if (document.visibilityState === "visible") stream.retryNow();
});
stream.start();

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <StreamProvider client={stream}>
      <App />
    </StreamProvider>
  </StrictMode>,
);
