import { floorWarning } from "./floor.ts";
import { useDetectors } from "./useDetectors.tsx";

/** Over the feed: alerts of these detectors are wrong too often to be trusted. */
export function FloorWarning() {
  const text = floorWarning(useDetectors().detectors);
  if (text === "") return null;
  return (
    <p className="floor-warning" role="status">
      {text} <a href="#/detectors">See the detectors</a>
    </p>
  );
}
