// What may be cut out of an archive, and what travels with it.

import { inLanguage, isFree, type Archive, type Catalog, type Dataset, type Language } from '../../core/catalog.ts';

export interface Choice {
  readonly dataset: Dataset;
  readonly layer: string | null; // null: pixels
  readonly labels: boolean;
  readonly free: boolean; // may be cut out
}

/** The datasets in an archive. */
export function choicesOf(catalog: Catalog, archive: Archive): readonly Choice[] {
  return catalog.datasets.flatMap((dataset) => dataset.layers.filter((layer) => layer.archive === archive.id).map(({ layer, labels }) => ({
    dataset, layer, labels: labels ?? false, free: isFree(dataset),
  })));
}

/** Whether something of an archive may be cut out; pixels of several datasets cannot be told apart. */
export function mayCut(archive: Archive, choices: readonly Choice[]): boolean {
  return archive.type === 'raster' ? choices.length > 0 && choices.every(({ free }) => free) : choices.some(({ free }) => free);
}

/** The layers of tiles that chosen datasets need; null where that is all there is. */
export function layersFor(chosen: readonly Choice[], metadata: Readonly<Record<string, unknown>>): readonly string[] | null {
  const wanted = chosen.flatMap(({ layer, labels }) => (layer === null ? [] : labels ? [layer, `${layer}_label`] : [layer]));
  const listed = Array.isArray(metadata['vector_layers']) ? (metadata['vector_layers'] as { id?: unknown }[]).map(({ id }) => String(id)) : null;
  return listed !== null && listed.every((id) => wanted.includes(id)) ? null : wanted;
}

/** Owner, licence and currency of what was cut out, for its metadata. */
export function originOf(catalog: Catalog, archive: Archive, chosen: readonly Choice[], bounds: readonly number[]): Record<string, unknown> {
  const licences = [...new Set(chosen.flatMap(({ dataset }) => dataset.licence ?? []))];
  return {
    attribution: [...new Set([archive.attribution ?? attributionOf(catalog, 'zh'), ...(catalog.sample ? [inLanguage(catalog.notice, 'zh')] : [])])].filter((text, i, all) => all.findIndex((other) => other.includes(text)) === i).join(' · '),
    licence: licences.join('; '),
    'longquan:cutout': {
      source: archive.file, bounds, as_of: catalog.as_of, edition: catalog.edition.id, review: catalog.review.number, sample: catalog.sample,
      datasets: chosen.map(({ dataset: { id, title, department, currency, licence } }) => ({ id, title, department: department.name, currency, licence: licence ?? null })),
    },
  };
}

function attributionOf(catalog: Catalog, language: Language): string {
  return inLanguage(catalog.attribution, language);
}
