// What there is for a planned area: `pipeline/catalog/duplicates.py` once more, for a reader's own check.

import type { Dataset, Text } from '../../core/catalog.ts';
import { common, count, union, without, type Cells } from './cells.ts';

export type Fit = 'right' | 'unknown' | 'old' | 'coarse' | 'coarse-old' | 'absent';
export type Conclusion = 'exists' | 'partly' | 'unfit' | 'none';
export type How = 'extent' | 'areas' | 'around' | 'pixels';

/** What a project needs of data; null: it does not matter. */
export interface Wanted {
  readonly theme: string | null;
  readonly scale: number | null;
  readonly current: string | null; // ISO date
  readonly accuracy: number | null; // metres
}

export interface Existing extends Dataset {
  readonly scale?: number | null;
  readonly accuracy_m?: number | null;
}

/** What a dataset covers, and how that is known. */
export interface Coverage {
  readonly how: How;
  readonly reach: number;
  readonly cells: Cells;
}

export interface Match {
  readonly dataset: Existing;
  readonly coverage: Coverage;
  readonly cells: Cells;
  readonly fit: Fit;
}

export interface ThemeMatch {
  readonly id: string;
  readonly title: Text;
  readonly matches: readonly Match[];
  readonly right: Cells;
  readonly unfit: Cells; // there is something, but it does not do
  readonly gap: Cells;
  readonly conclusion: Conclusion;
}

const ORDER: readonly Fit[] = ['right', 'unknown', 'old', 'coarse', 'coarse-old', 'absent'];

export function assess(
  area: Cells, wanted: Wanted, themes: readonly { readonly id: string; readonly title: Text }[],
  datasets: readonly (readonly [Existing, Coverage])[],
): ThemeMatch[] {
  return themes.filter(({ id }) => wanted.theme === null || id === wanted.theme).map(({ id, title }) => {
    const matches = datasets.filter(([dataset]) => dataset.theme === id).map(([dataset, coverage]) => match(area, wanted, dataset, coverage));
    matches.sort((a, b) => ORDER.indexOf(a.fit) - ORDER.indexOf(b.fit) || count(b.cells) - count(a.cells) || (a.dataset.id < b.dataset.id ? -1 : 1));
    const right = union(...matches.filter(({ fit }) => fit === 'right').map(({ cells }) => cells));
    const existing = union(...matches.map(({ cells }) => cells));
    const gap = without(area, right);
    const some = (cells: Cells): boolean => cells.starts.length > 0;
    const conclusion = some(right) ? (some(gap) ? 'partly' : 'exists') : some(existing) ? 'unfit' : 'none';
    return { id, title, matches, right, unfit: without(existing, right), gap, conclusion };
  });
}

/** Per cent with one digit, rounded down: 100.0 means all, and nothing else does. */
export function percent(part: Cells, whole: Cells): string {
  const all = count(whole);
  return ((all > 0 ? Math.floor((count(part) * 1000) / all) : 0) / 10).toFixed(1);
}

function match(area: Cells, wanted: Wanted, dataset: Existing, coverage: Coverage): Match {
  const cells = common(area, coverage.cells);
  const limits = [[wanted.scale, dataset.scale ?? null], [wanted.accuracy, dataset.accuracy_m ?? null]] as const;
  const coarse = limits.some(([limit, has]) => limit !== null && has !== null && has > limit);
  const untold = limits.some(([limit, has]) => limit !== null && has === null);
  const old = wanted.current !== null && (dataset.currency ?? '') < wanted.current;
  return { dataset, coverage, cells, fit: fitOf(cells.starts.length > 0, old, coarse, untold) };
}

function fitOf(there: boolean, old: boolean, coarse: boolean, untold: boolean): Fit {
  if (!there) return 'absent';
  if (coarse) return old ? 'coarse-old' : 'coarse';
  if (old) return 'old';
  return untold ? 'unknown' : 'right';
}
