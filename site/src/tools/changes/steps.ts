// Which changes a city publishes, what of them a link names, and how a changed feature reads. No DOM in here.

import { inLanguage, type Catalog, type ChangeStep, type Dataset, type Language } from '../../core/catalog.ts';
import { rowsOf } from '../../core/identify.ts';
import type { Translate } from '../../messages/i18n.ts';

export const KINDS = ['added', 'removed', 'changed'] as const;
export type Kind = (typeof KINDS)[number];

/** A dataset and its steps, the oldest first. */
export interface Changing {
  readonly dataset: Dataset;
  readonly steps: readonly ChangeStep[];
}

export function changingOf({ datasets }: Pick<Catalog, 'datasets'>): readonly Changing[] {
  return datasets.flatMap((dataset) => (dataset.changes?.length ? [{ dataset, steps: [...dataset.changes].reverse() }] : []));
}

/** What a link names, `dataset:version`; else the newest step of the first dataset that has something to show. */
export function chosen(all: readonly Changing[], time: string | null): { readonly changing: Changing; readonly step: number } | null {
  const at = time?.indexOf(':') ?? -1;
  const named = at > 0 ? all.find(({ dataset }) => dataset.id === time!.slice(0, at)) : undefined;
  const step = named?.steps.findIndex(({ to }) => to.version === time!.slice(at + 1)) ?? -1;
  const changing = named ?? all.find(({ steps }) => steps.some(({ file }) => file)) ?? all[0];
  return changing ? { changing, step: step >= 0 ? step : changing.steps.length - 1 } : null;
}

export function written(dataset: Dataset, step: ChangeStep): string {
  return `${dataset.id}:${step.to.version}`;
}

/** The kind of a layer of an archive of changes: its name ends in it. */
export function kindOf(layer: string): Kind | null {
  return KINDS.find((kind) => layer.endsWith(`-${kind}`)) ?? null;
}

/** A field as it was and as it is. */
export interface Row {
  readonly title: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly differs: boolean;
}

const OLD = 'old:';
const ABOUT = 'changed'; // names the fields that differ

/** The fields of a feature of a layer of changes; what has no value on a side is null there. */
export function differences(dataset: Dataset, kind: Kind, properties: Readonly<Record<string, unknown>>, language: Language, t: Translate): readonly Row[] {
  const own = Object.entries(properties).filter(([name]) => kind !== 'changed' || (name !== ABOUT && !name.startsWith(OLD)));
  const after = Object.fromEntries(own);
  const changed = kind === 'changed' ? String(properties[ABOUT] ?? '').split(', ') : [];
  const before = { ...after, ...Object.fromEntries(changed.map((name) => [name, properties[OLD + name]])) };
  const read = (values: Readonly<Record<string, unknown>>, only: string): string | null =>
    rowsOf({ dataset, feature: { properties: only in values ? { [only]: values[only] } : {}, geometry: { type: 'Point' }, layer: {} } }, language, t)[0]?.[1] ?? null;
  const order = [...dataset.fields.map(({ name }) => name), ...Object.keys(before)];
  return [...new Set(order)].flatMap((name) => {
    const [was, is] = [kind === 'added' ? null : read(before, name), kind === 'removed' ? null : read(after, name)];
    if (was === null && is === null) return [];
    const field = dataset.fields.find((one) => one.name === name);
    return [{ title: inLanguage(field?.title, language) || name, before: was, after: is, differs: changed.includes(name) }];
  });
}

/** Whether the place or shape of a changed feature is another. */
export function moved(properties: Readonly<Record<string, unknown>>): boolean {
  return String(properties[ABOUT] ?? '').split(', ').includes('geometry');
}
