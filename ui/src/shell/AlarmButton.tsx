import { useEffect } from "react";
import { patternName, plain } from "../format/words.ts";
import { raiseAlarm, toggleAlarm, useAlarmIsOn } from "./alarm.ts";
import { alertHref, navigate } from "./router.ts";
import { useGraveNews } from "./useGraveNews.ts";

/** Turns the alarm for critical and high alerts on and off, and raises it. */
export function AlarmButton() {
  const on = useAlarmIsOn();
  const news = useGraveNews();
  useEffect(() => {
    if (news === null) return;
    const { id, severity, symbol, pattern, explanation } = news.alert;
    raiseAlarm(`${plain(severity)}: ${symbol}, ${patternName(pattern)}`, explanation, () =>
      navigate(alertHref(id)),
    );
  }, [news]);
  const words = on
    ? "Alarm is on for critical and high alerts"
    : "Sound an alarm for critical and high alerts";
  return (
    <button
      type="button"
      className="icon-button"
      aria-label="Alarm for critical and high alerts"
      aria-pressed={on}
      title={words}
      onClick={toggleAlarm}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <path
          d="M10 2.5a5 5 0 0 0-5 5c0 4-1.5 5.5-2 6.5h14c-.5-1-2-2.5-2-6.5a5 5 0 0 0-5-5zM8 16a2 2 0 0 0 4 0"
          fill={on ? "currentColor" : "none"}
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinejoin="round"
        />
      </svg>
    </button>
  );
}
