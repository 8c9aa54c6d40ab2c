// A profile as a picture that can be read with a mouse, a finger or the keys of a slider.

import type { Language } from '../../core/catalog.ts';
import { element, svg } from '../../ui/element.ts';
import type { Profile, ProfilePoint } from './profile.ts';
import { heightText, lengthText } from '../../core/units.ts';
import type { SayMeasure } from './words.ts';

const [WIDTH, HEIGHT] = [328, 150];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 8, 8, 22]; // px around the plot

/** The chart; `onPoint` is told which point the reader looks at. */
export function profileChart(options: {
  readonly profile: Profile;
  readonly language: Language;
  readonly t: SayMeasure;
  readonly onPoint: (point: ProfilePoint | null) => void;
}): HTMLElement {
  const { profile: { points }, language, t } = options;
  const length = points.at(-1)!.along;
  const heights = points.flatMap(({ height }) => (height === null ? [] : [height]));
  const ticks = niceTicks(heights.reduce((a, b) => Math.min(a, b)), heights.reduce((a, b) => Math.max(a, b)));
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const x = (along: number): number => LEFT + (along / (length || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (height: number): number => HEIGHT - BOTTOM - ((height - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const text = (value: string, at: Record<string, string | number>): SVGElement => {
    const node = svg('text', at);
    node.textContent = value;
    return node;
  };

  const picture = svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': t('profileChart') });
  for (const tick of ticks) {
    picture.append(
      svg('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }),
      text(tick.toLocaleString('en', { useGrouping: false }), { x: LEFT - 5, y: y(tick), 'text-anchor': 'end', 'dominant-baseline': 'central' }),
    );
  }
  for (const run of runsOf(points)) {
    const line = run.map(({ along, height }) => `${x(along).toFixed(1)} ${y(height!).toFixed(1)}`).join('L');
    picture.append(
      svg('path', { class: 'ground', d: `M${x(run[0]!.along).toFixed(1)} ${HEIGHT - BOTTOM}L${line}L${x(run.at(-1)!.along).toFixed(1)} ${HEIGHT - BOTTOM}Z` }),
      svg('path', { class: 'line', d: `M${line}` }),
    );
  }
  picture.append(
    text('0', { x: LEFT, y: HEIGHT - 7, 'text-anchor': 'start' }),
    text(lengthText(length, language), { x: WIDTH - RIGHT, y: HEIGHT - 7, 'text-anchor': 'end' }),
  );
  const rule = svg('line', { class: 'rule', y1: TOP, y2: HEIGHT - BOTTOM });
  const dot = svg('circle', { class: 'dot', r: 4.5 });
  picture.append(rule, dot);

  const slider = element('input', { type: 'range', min: 0, max: points.length - 1, step: 1, value: 0, 'aria-label': t('profileAt') });
  const readout = element('output', { class: 'readout' });
  const look = (index: number): void => {
    const point = points[index]!;
    const along = lengthText(point.along, language);
    const said = point.height === null ? t('profileGap', { along }) : t('profileReadout', { along, height: heightText(point.height, language), slope: slopeText(points, index) });
    slider.value = String(index);
    slider.setAttribute('aria-valuetext', said);
    readout.textContent = said;
    for (const name of ['x1', 'x2']) rule.setAttribute(name, String(x(point.along)));
    dot.setAttribute('cx', String(x(point.along)));
    dot.setAttribute('cy', String(y(point.height ?? low)));
    dot.toggleAttribute('hidden', point.height === null);
    options.onPoint(point);
  };
  slider.addEventListener('input', () => look(Number(slider.value)));
  picture.addEventListener('pointermove', (event) => {
    const { left, width } = picture.getBoundingClientRect();
    const along = ((((event as PointerEvent).clientX - left) / width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT) * length;
    look(nearest(points, along));
  });
  look(0);
  return element('div', { class: 'profile-chart' }, picture, slider, readout);
}

/** Three to six round numbers that hold all values between their ends. */
export function niceTicks(low: number, high: number): number[] {
  const rough = Math.max((high - low) / 4, 0.25);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * (1 - 1e-9))!;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.max(Math.ceil(high / step - 1e-9), Math.floor(low / step + 1e-9) + 1)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Stretches of a profile where heights are known. */
export function runsOf(points: readonly ProfilePoint[]): ProfilePoint[][] {
  const runs: ProfilePoint[][] = [[]];
  for (const point of points) {
    if (point.height !== null) runs.at(-1)!.push(point);
    else if (runs.at(-1)!.length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** The point nearest to a distance along the line. */
export function nearest(points: readonly ProfilePoint[], along: number): number {
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle]!.along < along) low = middle;
    else high = middle;
  }
  return along - points[low]!.along <= points[high]!.along - along ? low : high;
}

/** The slope around a point in per cent, up in the direction of the line. */
function slopeText(points: readonly ProfilePoint[], index: number): string {
  const [before, after] = [points[Math.max(0, index - 1)]!, points[Math.min(points.length - 1, index + 1)]!];
  const run = after.along - before.along;
  if (before.height === null || after.height === null || run === 0) return '–';
  const share = ((after.height - before.height) / run) * 100;
  return `${share > 0 ? '+' : ''}${share.toFixed(1).replace('-0.0', '0.0')} %`;
}
