/** Draws alerts behind a pane's series: onset to end as a band, where it was raised as a line. */

import type {
  IPanePrimitive,
  IPanePrimitivePaneView,
  IPrimitivePaneRenderer,
  PaneAttachedParameter,
  Time,
} from "lightweight-charts";
import type { Mark } from "./chartData.ts";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

const BAND_OPACITY = 0.09;
const LINE_OPACITY = 0.85;
const SELECTED_BAND_OPACITY = 0.2;
/** The band of an alert that goes on fades out over so many pixels, or a few would fill the pane. */
const FADE_PIXELS = 90;

interface Placed {
  readonly onset: number;
  readonly seen: number;
  readonly ended: number;
  readonly over: boolean;
  readonly color: string;
  readonly selected: boolean;
}

export class AlertBands implements IPanePrimitive<Time> {
  private attachedTo: PaneAttachedParameter<Time> | null = null;
  private marks: readonly Mark[] = [];
  private colors: Readonly<Record<string, string>> = {};
  private selected: string | null = null;
  private readonly views: readonly IPanePrimitivePaneView[];

  constructor() {
    this.views = [
      {
        zOrder: () => "bottom",
        renderer: () => ({ draw: (target) => drawAll(target, this.placed()) }),
      },
    ];
  }

  attached(parameters: PaneAttachedParameter<Time>): void {
    this.attachedTo = parameters;
  }

  detached(): void {
    this.attachedTo = null;
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return this.views;
  }

  update(
    marks: readonly Mark[],
    colors: Readonly<Record<string, string>>,
    selected: string | null,
  ): void {
    this.marks = marks;
    this.colors = colors;
    this.selected = selected;
    this.attachedTo?.requestUpdate();
  }

  private placed(): Placed[] {
    const scale = this.attachedTo?.chart.timeScale();
    if (scale === undefined) return [];
    return this.marks.flatMap((mark) => {
      const onset = scale.timeToCoordinate(mark.onset);
      const seen = scale.timeToCoordinate(mark.seen);
      const ended = scale.timeToCoordinate(mark.ended);
      if (onset === null || seen === null || ended === null) return [];
      const color = this.colors[mark.severity] ?? "#808080";
      return { onset, seen, ended, over: mark.over, color, selected: mark.id === this.selected };
    });
  }
}

function drawAll(target: Target, marks: readonly Placed[]): void {
  // biome-ignore lint/correctness/useHookAtTopLevel: a canvas method, no hook
  target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: ratio }) => {
    context.save();
    for (const mark of marks) {
      context.strokeStyle = mark.color;
      context.globalAlpha = mark.selected ? SELECTED_BAND_OPACITY : BAND_OPACITY;
      const begin = mark.onset * ratio;
      const end = mark.over ? mark.ended : Math.min(mark.ended, mark.seen + FADE_PIXELS);
      context.fillStyle = mark.over ? mark.color : fading(context, mark, ratio);
      context.fillRect(begin, 0, Math.max(end * ratio - begin, ratio), bitmapSize.height);
      context.globalAlpha = LINE_OPACITY;
      context.lineWidth = (mark.selected ? 2 : 1) * ratio;
      line(context, mark.seen * ratio, bitmapSize.height, []);
      context.lineWidth = ratio;
      context.globalAlpha = 0.5;
      line(context, begin, bitmapSize.height, [2 * ratio, 3 * ratio]);
      if (mark.over) line(context, mark.ended * ratio, bitmapSize.height, [2 * ratio, 3 * ratio]);
    }
    context.restore();
  });
}

function fading(context: CanvasRenderingContext2D, mark: Placed, ratio: number): CanvasGradient {
  const gradient = context.createLinearGradient(
    mark.seen * ratio,
    0,
    (mark.seen + FADE_PIXELS) * ratio,
    0,
  );
  gradient.addColorStop(0, mark.color);
  // The same colour without opacity: towards plain `transparent` it would turn grey on the way.
  gradient.addColorStop(1, `${mark.color}00`);
  return gradient;
}

function line(context: CanvasRenderingContext2D, x: number, height: number, dash: number[]): void {
  const sharp = Math.round(x) + (Math.round(context.lineWidth) % 2) / 2;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(sharp, 0);
  context.lineTo(sharp, height);
  context.stroke();
}
