import type * as Plots from '@observablehq/plot';
import asciichart from 'asciichart';

/** Columns that the terminal's plot takes at most, labels apart. */
const WIDTH = 60;

/** Reward by step as lines for the terminal; empty while there is nothing to plot. */
export function terminalPlot(rewardByStep: readonly number[]): string {
  if (rewardByStep.length === 0) return '';
  const points = stretch(rewardByStep);
  const chart = asciichart.plot(points, {
    height: 8,
    min: Math.max(0, Math.min(...rewardByStep) - 0.05),
    max: Math.max(...rewardByStep) + 0.05,
    format: (value) => value.toFixed(2).padStart(6),
    offset: 8,
  });
  const last = rewardByStep.length === 1 ? '' : String(rewardByStep.length);
  const axis = `${' '.repeat(8)}1${last.padStart(points.length - 1)}`.trimEnd();
  return `reward by step\n${chart}\n${axis}`;
}

/** Reward by step as an SVG document. */
export async function svgPlot(run: string, rewardByStep: readonly number[]): Promise<string> {
  const points = rewardByStep.map((reward, i) => ({ step: i + 1, reward }));
  return await svgDocument((Plot) => ({
    width: 720,
    x: { label: 'step', domain: [1, Math.max(2, points.length)], tickFormat: 'd' },
    y: { label: `mean reward of ${run}`, domain: [0, 1], grid: true },
    marks: [
      Plot.ruleY([0]),
      Plot.line(points, { x: 'step', y: 'reward', stroke: 'steelblue', strokeWidth: 2 }),
      Plot.dot(points, { x: 'step', y: 'reward', fill: 'steelblue', r: 3 }),
    ],
  }));
}

/** A plot as an SVG document, drawn without a browser. */
export async function svgDocument(options: (Plot: typeof Plots) => Plots.PlotOptions): Promise<string> {
  // Loaded when it is needed: the plot's packages take longer to load than a command to run.
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    height: 360,
    marginLeft: 48,
    style: { background: 'white' },
    ...options(Plot),
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.outerHTML}\n`;
}

/** Few steps are drawn wide enough to see: values between two steps lie on a line. */
function stretch(values: readonly number[]): number[] {
  const width = values.length === 1 ? 10 : Math.max(values.length, WIDTH);
  return Array.from({ length: width }, (_, column) => {
    const at = (column * (values.length - 1)) / (width - 1);
    const [low, high] = [values[Math.floor(at)] ?? 0, values[Math.ceil(at)] ?? 0];
    return low + (high - low) * (at - Math.floor(at));
  });
}
