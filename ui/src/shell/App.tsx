import { useEffect, useMemo } from "react";
import { DetectorsPage } from "../detectors/DetectorsPage.tsx";
import { DetectorsProvider } from "../detectors/useDetectors.tsx";
import { AlertsPage } from "../feed/AlertsPage.tsx";
import { eventsGoingOn } from "../stream/events.ts";
import { useStream } from "../stream/hooks.tsx";
import { TokenPage } from "../token/TokenPage.tsx";
import { TokensPage } from "../tokens/TokensPage.tsx";
import { WatchPage } from "../watch/WatchPage.tsx";
import { Announcer } from "./Announcer.tsx";
import { ConnectionBanner } from "./ConnectionBanner.tsx";
import { Empty } from "./Empty.tsx";
import { Header } from "./Header.tsx";
import { type Route, useRoute } from "./router.ts";
import { SignIn } from "./SignIn.tsx";
import { FreshnessProvider } from "./useFreshness.tsx";

export function App() {
  const route = useRoute();
  useTitle(route);
  return (
    <DetectorsProvider>
      <FreshnessProvider>
        <button type="button" className="skip" onClick={focusMain}>
          Skip to content
        </button>
        <Header route={route} />
        <ConnectionBanner />
        <main id="main" tabIndex={-1}>
          <Page route={route} />
        </main>
        <Announcer />
        <SignIn />
      </FreshnessProvider>
    </DetectorsProvider>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "alerts":
      return <AlertsPage selected={route.alert} query={route.query} />;
    case "tokens":
      return <TokensPage query={route.query} />;
    case "token":
      return <TokenPage key={route.token} token={route.token} query={route.query} />;
    case "watch":
      return <WatchPage />;
    case "detectors":
      return <DetectorsPage />;
    case "missing":
      return (
        <>
          <h1 className="visually-hidden">memewatch</h1>
          <Empty title="There is no such page">
            Go to the <a href="#/alerts">alerts</a> or the <a href="#/tokens">tokens</a>.
          </Empty>
        </>
      );
  }
}

/** What stands before the name in the browser's tab. */
const SUBJECTS: Partial<Record<Route["page"], string>> = {
  tokens: "Tokens · ",
  watch: "Watch list · ",
  detectors: "Detectors · ",
};

function focusMain() {
  document.getElementById("main")?.focus();
}

/** `(3) memewatch`: what is going on is seen in the browser's tab. */
function useTitle(route: Route) {
  const { state } = useStream();
  const goingOn = useMemo(() => eventsGoingOn(state.alerts).length, [state.alerts]);
  const subject = SUBJECTS[route.page] ?? "";
  useEffect(() => {
    document.title = `${goingOn > 0 ? `(${goingOn}) ` : ""}${subject}memewatch`;
  }, [goingOn, subject]);
}
