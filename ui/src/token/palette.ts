/** The chart's colours: canvases cannot read CSS, so they are read from it once per theme. */

export interface Palette {
  readonly text: string;
  readonly grid: string;
  readonly border: string;
  readonly crosshair: string;
  readonly label: string;
  readonly up: string;
  readonly down: string;
  readonly upSoft: string;
  readonly downSoft: string;
  readonly mentions: string;
  readonly trading: string;
  readonly sentiment: string;
  readonly adjusted: string;
  readonly flow: string;
  readonly severity: Readonly<Record<string, string>>;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color("text-muted"),
    grid: color("chart-grid"),
    border: color("border"),
    crosshair: color("text-muted"),
    label: color("surface-strong"),
    up: color("up"),
    down: color("down"),
    upSoft: color("up-soft"),
    downSoft: color("down-soft"),
    mentions: color("series-mentions"),
    trading: color("series-trading"),
    sentiment: color("series-sentiment"),
    adjusted: color("series-adjusted"),
    flow: color("series-flow"),
    severity: {
      critical: color("critical"),
      high: color("high"),
      medium: color("medium"),
      low: color("low"),
      info: color("info"),
    },
  };
}
