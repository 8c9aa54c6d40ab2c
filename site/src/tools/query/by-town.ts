// What a dataset comes to in every town.

import type { Position } from 'geojson';

import type { Area } from '../../core/area.ts';
import { breath } from '../../core/breath.ts';
import { areaOf, lengthOf, type Place } from '../../core/geodesy.ts';
import { simple } from '../../core/geojson-formats.ts';
import { lineInside } from '../../core/inside.ts';
import { polygonsOf, type TownArea } from '../../core/towns.ts';
import type { Item } from './items.ts';

export type Measure = 'count' | 'density' | 'sum' | 'mean' | 'sumDensity' | 'length' | 'lengthDensity';

export interface TownValue {
  readonly town: TownArea;
  readonly squareKilometres: number;
  readonly count: number; // of features that belong to it
  readonly value: number | null; // null: nothing to make a mean of
}

/** Which measures make sense for a geometry, with a field of quantities and without. */
export function measuresFor(geometry: string, quantities: boolean): readonly Measure[] {
  return ['count', 'density', ...(quantities ? (['sum', 'mean', 'sumDensity'] as const) : []), ...(geometry === 'line' ? (['length', 'lengthDensity'] as const) : [])];
}

/**
 * A value for every town. A feature belongs to the town that holds its own place (of a line its middle, of an area a place
 * within), so that towns add up to the whole; lengths are cut at the borders. Kilometres and square kilometres.
 */
export async function byTown(towns: readonly TownArea[], items: readonly Item[], measure: Measure, field: string | null, signal?: AbortSignal): Promise<TownValue[]> {
  const rest = breath(signal);
  const sums = towns.map(() => ({ count: 0, values: 0, sum: 0, metres: 0 }));
  for (const item of items) {
    await rest();
    const home = townAt(towns, placeOf(item));
    if (home >= 0) {
      const sum = sums[home]!;
      sum.count++;
      const value = field === null ? undefined : item.properties[field];
      if (typeof value === 'number' && Number.isFinite(value)) {
        sum.values++;
        sum.sum += value;
      }
    }
    if (measure === 'length' || measure === 'lengthDensity') {
      towns.forEach(({ area }, i) => (sums[i]!.metres += metresInside(item, area)));
    }
  }
  return towns.map((town, i) => {
    const { count, values, sum, metres } = sums[i]!;
    const squareKilometres = polygonsOf(town.geometry).reduce((total, rings) => total + areaOf(rings), 0) / 1e6;
    const value = {
      count, density: count / squareKilometres, sum, mean: values > 0 ? sum / values : null, sumDensity: sum / squareKilometres,
      length: metres / 1000, lengthDensity: metres / 1000 / squareKilometres,
    }[measure];
    return { town, squareKilometres, count, value };
  });
}

function townAt(towns: readonly TownArea[], [lng, lat]: readonly [number, number]): number {
  return towns.findIndex(({ area }) => area.contains(lng, lat));
}

function metresInside({ geometry }: Item, area: Area): number {
  const [west, south, east, north] = area.bounds;
  return simple(geometry).reduce((sum, part) => {
    if (part.type !== 'LineString') return sum;
    const line = part.coordinates;
    const apart = line.every(([lng]) => lng! < west) || line.every(([lng]) => lng! > east) || line.every(([, lat]) => lat! < south) || line.every(([, lat]) => lat! > north);
    return apart ? sum : sum + lineInside(line, area).reduce((metres, each) => metres + lengthOf(each as unknown as Place[]), 0);
  }, 0);
}

/** A place that stands for an item: of its largest part the point, the middle of the line, or a place within the area. */
export function placeOf({ geometry }: Pick<Item, 'geometry'>): readonly [number, number] {
  const parts = simple(geometry);
  const size = (part: (typeof parts)[number]): number => (part.type === 'Point' ? 0 : part.type === 'LineString' ? rough(part.coordinates) : Math.abs(shoelace(part.coordinates[0]!)));
  const largest = parts.reduce((best, part) => (size(part) > size(best) ? part : best), parts[0]!);
  if (largest.type === 'Point') return [largest.coordinates[0]!, largest.coordinates[1]!];
  return largest.type === 'LineString' ? middleOf(largest.coordinates) : within(largest.coordinates);
}

function rough(line: readonly Position[]): number {
  return line.reduce((sum, [x, y], i) => (i === 0 ? 0 : sum + Math.hypot(x! - line[i - 1]![0]!, y! - line[i - 1]![1]!)), 0);
}

function middleOf(line: readonly Position[]): readonly [number, number] {
  let left = rough(line) / 2;
  for (let i = 1; i < line.length; i++) {
    const [[ax, ay], [bx, by]] = [line[i - 1]!, line[i]!];
    const step = Math.hypot(bx! - ax!, by! - ay!);
    if (step >= left && step > 0) return [ax! + (left / step) * (bx! - ax!), ay! + (left / step) * (by! - ay!)];
    left -= step;
  }
  return [line[0]![0]!, line[0]![1]!];
}

/** The middle of the widest stretch of the area on the parallel through the middle of its height. */
function within(rings: readonly (readonly Position[])[]): readonly [number, number] {
  const latitudes = rings[0]!.map(([, lat]) => lat!);
  const [south, north] = [latitudes.reduce((a, b) => Math.min(a, b)), latitudes.reduce((a, b) => Math.max(a, b))];
  for (const share of [0.5, 0.41, 0.63, 0.3, 0.77, 0.11]) {
    const lat = south + share * (north - south);
    const crossings = rings.flatMap((ring) => ring.flatMap(([bx, by], i) => {
      const [ax, ay] = ring.at(i - 1)!;
      return ay! > lat !== by! > lat ? [ax! + ((lat - ay!) / (by! - ay!)) * (bx! - ax!)] : [];
    })).sort((a, b) => a - b);
    let [best, width] = [0, 0];
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      if (crossings[i + 1]! - crossings[i]! > width) [best, width] = [(crossings[i]! + crossings[i + 1]!) / 2, crossings[i + 1]! - crossings[i]!];
    }
    if (width > 0) return [best, lat];
  }
  return [rings[0]![0]![0]!, rings[0]![0]![1]!];
}

function shoelace(ring: readonly Position[]): number {
  return ring.reduce((sum, [bx, by], i) => sum + (ring.at(i - 1)![0]! * by! - bx! * ring.at(i - 1)![1]!), 0) / 2;
}
