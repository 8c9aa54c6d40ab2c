// Classes of numbers for a map in colours, and the colours: ColorBrewer 2.0 (Harrower & Brewer 2003, doi:10.1179/000870403235002042),
// sequential schemes that colour-blind readers can tell apart.

export type Method = 'quantile' | 'equal' | 'natural';

/** Upper bounds of classes, the last one the largest value; fewer than asked for where values are too few to tell apart. */
export function breaksOf(values: readonly number[], classes: number, method: Method): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const different = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  if (different.length <= classes) return different;
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const breaks = method === 'natural' ? jenks(sorted, classes) : Array.from({ length: classes }, (_, i) => {
    if (i === classes - 1) return most;
    return method === 'equal' ? least + ((most - least) * (i + 1)) / classes : sorted[Math.ceil((sorted.length * (i + 1)) / classes) - 1]!;
  });
  return breaks.filter((value, i) => i === 0 || value > breaks[i - 1]!);
}

/** The class of a value: the first whose upper bound it does not exceed. */
export function classOf(value: number, breaks: readonly number[]): number {
  const found = breaks.findIndex((bound) => value <= bound);
  return found < 0 ? breaks.length - 1 : found;
}

/** Natural breaks: the classes with the least sum of squared deviations (Fisher 1958, doi:10.1080/01621459.1958.10501479). */
function jenks(sorted: readonly number[], classes: number): number[] {
  const n = sorted.length;
  const sums = [0];
  const squares = [0];
  const origin = sorted[0]!; // large values with small differences would lose their digits in squares
  for (const value of sorted) {
    sums.push(sums.at(-1)! + value - origin);
    squares.push(squares.at(-1)! + (value - origin) ** 2);
  }
  const deviation = (from: number, to: number): number => squares[to]! - squares[from]! - (sums[to]! - sums[from]!) ** 2 / (to - from);
  let costs = Array.from({ length: n + 1 }, (_, to) => (to === 0 ? 0 : deviation(0, to)));
  const starts: number[][] = [];
  for (let k = 1; k < classes; k++) {
    const before = costs;
    const start = new Array<number>(n + 1).fill(0);
    costs = before.map((_, to) => {
      let best = Infinity;
      for (let from = k; from < to; from++) {
        const cost = before[from]! + deviation(from, to);
        if (cost < best - 1e-12) [best, start[to]] = [cost, from];
      }
      return best;
    });
    starts.push(start);
  }
  const ends = [n];
  for (let k = classes - 2; k >= 0; k--) ends.unshift(starts[k]![ends[0]!]!);
  return ends.map((end) => sorted[end - 1]!);
}

const RAMPS = {
  green: ['#edf8e9', '#c7e9c0', '#a1d99b', '#74c476', '#41ab5d', '#238b45', '#005a32'],
  blue: ['#eff3ff', '#c6dbef', '#9ecae1', '#6baed6', '#4292c6', '#2171b5', '#084594'],
  orange: ['#feedde', '#fdd0a2', '#fdae6b', '#fd8d3c', '#f16913', '#d94801', '#8c2d04'],
  'yellow-blue': ['#ffffcc', '#c7e9b4', '#7fcdbb', '#41b6c4', '#1d91c0', '#225ea8', '#0c2c84'],
} as const;

export type Ramp = keyof typeof RAMPS;
export const RAMP_NAMES = Object.keys(RAMPS) as Ramp[];

/** So many colours of a ramp, light to dark, as far apart as it allows. */
export function coloursOf(ramp: Ramp, classes: number): string[] {
  const all = RAMPS[ramp];
  return Array.from({ length: classes }, (_, i) => all[classes === 1 ? 3 : Math.round((i * (all.length - 1)) / (classes - 1))]!);
}
