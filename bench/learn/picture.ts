import { svgDocument } from '../../src/cli/reward-plot.ts';
import type { Arm } from './arms.ts';
import type { Learned } from './ledger.ts';
import { changesOf, curveOf, runsOf } from './statistics.ts';

const COLOURS = ['#1f77b4', '#7f7f7f', '#2ca02c'];

/** A line's name stands at its end. */
const NAMED = { textAnchor: 'start', dx: 6 } as const;

/** Of the axis of rewards: as high as a name is. */
const NAME_HEIGHT = 0.04;

/** Mean reward of each step's batch over the seeds of each arm, as a line in a band of one deviation. */
export async function stepsPicture(arms: readonly Arm[], ledger: readonly Learned[]): Promise<string> {
  const points = arms.flatMap((arm) =>
    curveOf(runsOf(arm, ledger)).map((point) => ({
      ...point,
      arm: arm.title,
      low: point.mean - (point.deviation ?? 0),
      high: point.mean + (point.deviation ?? 0),
    })),
  );
  return await svgDocument((Plot) => ({
    width: 760,
    ...shown(arms, points),
    marginRight: 190,
    x: { label: 'step', labelAnchor: 'center', tickFormat: 'd' },
    y: { label: 'mean reward of the batch', domain: [0, 1], grid: true },
    marks: [
      Plot.ruleY([0]),
      Plot.areaY(points, { x: 'step', y1: 'low', y2: 'high', fill: 'arm', fillOpacity: 0.15 }),
      Plot.line(points, { x: 'step', y: 'mean', stroke: 'arm', strokeWidth: 2 }),
      Plot.text(namesOf(points), { ...NAMED, x: 'step', y: 'at', text: 'arm', fill: 'arm' }),
    ],
  }));
}

/** Change of the mean reward of each set, a dot each seed and a bar for their mean. */
export async function setsPicture(arms: readonly Arm[], ledger: readonly Learned[]): Promise<string> {
  const dots = arms.flatMap((arm) =>
    runsOf(arm, ledger).flatMap((run) =>
      changesOf([run]).map(({ set, change }) => ({ arm: arm.title, set, change: change.mean })),
    ),
  );
  const means = arms.flatMap((arm) => {
    const runs = runsOf(arm, ledger);
    return changesOf(runs).map(({ set, change }) => ({ arm: arm.title, set, change: change.mean }));
  });
  const sets = [...new Set(means.map(({ set }) => set))];
  return await svgDocument((Plot) => ({
    width: 760,
    ...shown(arms, means),
    marginLeft: 220,
    x: { label: 'change of the mean reward by training', labelAnchor: 'center', grid: true, inset: 8 },
    y: { label: null, domain: shown(arms, means).color.domain },
    fy: { label: null, domain: sets },
    marks: [
      Plot.ruleX([0]),
      Plot.dot(dots, { x: 'change', y: 'arm', fy: 'set', fill: 'arm', r: 3, fillOpacity: 0.6 }),
      Plot.tickX(means, { x: 'change', y: 'arm', fy: 'set', stroke: 'arm', strokeWidth: 3 }),
    ],
    marginRight: 190,
  }));
}

/** Where each line's name stands: right of all, as high as its last point, or below the name above where that is too near. */
function namesOf(points: readonly { readonly arm: string; readonly step: number; readonly mean: number }[]) {
  const ends = new Map(points.map((point) => [point.arm, point]));
  const step = Math.max(...points.map((point) => point.step));
  let free = Infinity;
  return [...ends.values()]
    .toSorted((a, b) => b.mean - a.mean)
    .map(({ arm, mean }) => {
      const at = Math.min(mean, free);
      free = at - NAME_HEIGHT;
      return { arm, step, at };
    });
}

/** The colours of those arms of which there is something to show. */
function shown(arms: readonly Arm[], points: readonly { readonly arm: string }[]) {
  const titles = arms.map(({ title }) => title);
  const domain = titles.filter((title) => points.some(({ arm }) => arm === title));
  const range = domain.map((title) => COLOURS[titles.indexOf(title)] ?? 'black');
  return { color: { domain, range } };
}
