// Which features lie at a place, and how to tell a reader about them. No DOM in here.

import { inLanguage, type Catalog, type Dataset, type Field, type Language } from './catalog.ts';
import type { Translate } from '../messages/i18n.ts';
import { DATASET } from './style.ts';

export interface Rendered {
  readonly id?: string | number | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: { readonly type: string };
  readonly layer: { readonly metadata?: unknown };
}

/** One feature of one dataset, found once however many layers draw it. */
export interface Found<F extends Rendered = Rendered> {
  readonly dataset: Dataset;
  readonly feature: F;
}

/** The features of a query, points before lines before areas, each once. */
export function collect<F extends Rendered>(features: readonly F[], catalog: Catalog): readonly Found<F>[] {
  const datasets = new Map(catalog.datasets.map((dataset) => [dataset.id, dataset]));
  const found = new Map<string, Found<F>>();
  for (const feature of features) {
    const dataset = datasets.get((feature.layer.metadata as Record<string, string> | undefined)?.[DATASET] ?? '');
    if (!dataset) continue;
    const identity = feature.id ?? feature.properties['ID'] ?? JSON.stringify(feature.properties);
    const key = `${dataset.id} ${String(identity)}`;
    const known = found.get(key);
    // A label's anchor is a point: prefer the feature itself, whose outline can be shown.
    if (!known || rank(feature) > rank(known.feature)) found.set(key, { dataset, feature });
  }
  return [...found.values()].sort((a, b) => rank(a.feature) - rank(b.feature));
}

function rank(feature: Rendered): number {
  if (feature.geometry.type.endsWith('Point')) return 0;
  return feature.geometry.type.endsWith('LineString') ? 1 : 2;
}

/** How links and lists name a feature. */
export interface Reference {
  readonly dataset: string;
  readonly id: string;
}

/** What a link calls a feature: by its id in the tiles, else by its own number; null for one that has neither. */
export function referenceOf({ dataset, feature }: Found): Reference | null {
  const id = feature.id ?? feature.properties['ID'];
  return id === undefined || id === null ? null : { dataset: dataset.id, id: String(id) };
}

/** What to call a feature: its name, else what its first code means, else what its dataset is called. */
export function nameOf(found: Found, language: Language): string {
  const { properties } = found.feature;
  const names = language === 'zh' ? ['NAME', 'name', '名称', 'ADDRESS'] : ['PINYIN', 'NAME', 'name', 'ADDRESS'];
  for (const name of names) {
    const value = properties[name];
    if (typeof value === 'string' && value) return value;
  }
  for (const field of found.dataset.fields) {
    if (field.type !== 'string') continue; // codes that are numbers grade or say yes and no: no name
    const meaning = field.domain?.[String(properties[field.name])];
    if (meaning) return inLanguage(meaning, language);
  }
  return inLanguage(found.dataset.title, language);
}

/** Readable rows of a feature: the fields of the catalogue in its order, then whatever else the tile carries. */
export function rowsOf(found: Found, language: Language, t: Translate): readonly (readonly [string, string])[] {
  const { properties } = found.feature;
  const known = new Set(found.dataset.fields.map((field) => field.name));
  const extra = Object.keys(properties)
    .filter((name) => !known.has(name))
    .map((name): Field => ({ name, title: {}, type: 'string', unit: null }));
  return [...found.dataset.fields, ...extra].flatMap((field) => {
    const value = properties[field.name];
    if (value === undefined || value === null || value === '') return [];
    return [[inLanguage(field.title, language) || field.name, display(value, field, language, t)] as const];
  });
}

/** A value as a reader understands it: what a code means, yes and no, with its unit. */
export function display(value: unknown, field: Field, language: Language, t: Translate): string {
  const meaning = field.domain?.[String(value)];
  if (meaning) return inLanguage(meaning, language);
  if (field.type === 'boolean') return value === true || value === 1 || value === 'true' ? t('yes') : t('no');
  const text = typeof value === 'number' && field.unit
    ? value.toLocaleString(language === 'zh' ? 'zh-CN' : 'en', { maximumFractionDigits: 3 })
    : String(value);
  return field.unit ? `${text} ${field.unit}` : text;
}

/** Longitude and latitude as a reader writes them. */
export function position(lng: number, lat: number, language: Language, t: Translate): string {
  const ew = t(lng < 0 ? 'west' : 'east');
  const ns = t(lat < 0 ? 'south' : 'north');
  const [x, y] = [`${Math.abs(lng).toFixed(5)}°`, `${Math.abs(lat).toFixed(5)}°`];
  return language === 'zh' ? `${ew} ${x}，${ns} ${y}` : `${y} ${ns}, ${x} ${ew}`;
}
