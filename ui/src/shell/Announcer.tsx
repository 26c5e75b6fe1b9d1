import { patternName } from "../format/words.ts";
import { useGraveNews } from "./useGraveNews.ts";

/** Reads the latest grave alert out to screen readers. */
export function Announcer() {
  const news = useGraveNews();
  return (
    <div className="visually-hidden" aria-live="polite">
      {news !== null &&
        `${news.alert.severity}: ${news.alert.symbol}, ${patternName(news.alert.pattern)}. ${news.alert.explanation}`}
    </div>
  );
}
