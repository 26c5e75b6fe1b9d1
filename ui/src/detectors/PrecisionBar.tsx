import type { Detector } from "../api/types.ts";
import { score } from "../format/numbers.ts";

/** Precision as a bar, the range it may lie in as a band, and a tick at the floor. */
export function PrecisionBar({ detector }: { detector: Detector }) {
  const { precision, precision_low: low, precision_high: high, floor } = detector;
  if (precision === null || low === null || high === null) {
    return <span className="quiet-text">not judged yet</span>;
  }
  return (
    <>
      <svg
        className="precision-bar"
        viewBox="0 0 100 12"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <rect className="score-track" y="3" width="100" height="6" />
        <rect className="precision-fill" y="3" width={100 * precision} height="6" />
        <rect
          className="precision-range"
          x={100 * low}
          y="5"
          width={100 * (high - low)}
          height="2"
        />
        <rect className="precision-floor" x={Math.min(100 * floor, 99)} width="1" height="12" />
      </svg>
      <span>
        {score(precision)}{" "}
        <small>
          {score(low)} to {score(high)}
        </small>
      </span>
    </>
  );
}
