// Features as the SDK hands them out.

import { inLanguage, type Dataset, type Language } from '../core/catalog.ts';
import { nameOf, rowsOf, type Rendered } from '../core/identify.ts';
import { translator } from '../messages/i18n.ts';
import type { Feature } from './api.ts';

export function featureOf(dataset: Dataset, feature: Omit<Rendered, 'layer'> & { readonly geometry: Feature['geometry'] }, language: Language): Feature {
  const found = { dataset, feature: { ...feature, layer: {} } };
  const id = feature.id ?? feature.properties['ID'];
  const { type, coordinates } = feature.geometry as { readonly type: string; readonly coordinates?: unknown };
  return {
    dataset: dataset.id,
    title: inLanguage(dataset.title, language),
    department: inLanguage(dataset.department.name, language),
    id: id === undefined || id === null ? null : String(id),
    name: nameOf(found, language),
    properties: { ...feature.properties },
    fields: rowsOf(found, language, translator(language)).map(([title, text]) => ({ title, text })),
    geometry: { type, coordinates },
  };
}
