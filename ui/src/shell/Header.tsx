import { belowFloor } from "../detectors/floor.ts";
import { useDetectors } from "../detectors/useDetectors.tsx";
import { AlarmButton } from "./AlarmButton.tsx";
import { ConnectionStatus } from "./ConnectionStatus.tsx";
import { alertsHref, type Route } from "./router.ts";
import { toggleTheme, useTheme } from "./theme.ts";

export function Header({ route }: { route: Route }) {
  const onTokens = route.page === "tokens" || route.page === "token";
  return (
    <header className="header">
      <a className="brand" href={alertsHref()}>
        <Logo />
        <span>memewatch</span>
      </a>
      <nav aria-label="Pages">
        <a href="#/alerts" aria-current={route.page === "alerts" ? "page" : undefined}>
          Alerts
        </a>
        <a href="#/tokens" aria-current={onTokens ? "page" : undefined}>
          Tokens
        </a>
        <a href="#/watch" aria-current={route.page === "watch" ? "page" : undefined}>
          Watch list
        </a>
        <DetectorsLink isHere={route.page === "detectors"} />
      </nav>
      <ConnectionStatus />
      <AlarmButton />
      <ThemeButton />
    </header>
  );
}

/** With the number of detectors that are wrong too often. */
function DetectorsLink({ isHere }: { isHere: boolean }) {
  const below = belowFloor(useDetectors().detectors).length;
  return (
    <a href="#/detectors" aria-current={isHere ? "page" : undefined}>
      Detectors
      {below > 0 && (
        <b className="floor-count">
          {below}
          <span className="visually-hidden"> below their floor</span>
        </b>
      )}
    </a>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <path d="M3 21h6l3.5-12 5 16 4-11 2 7h5.5" />
    </svg>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="icon-button"
      onClick={toggleTheme}
      aria-label={`Use ${other} colours`}
      title={`Use ${other} colours`}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}
