// A report about the map: what its file says, and the mail that goes with it. No DOM in here.

import { strToU8, zipSync } from 'fflate';

import { inLanguage, type Catalog, type Dataset, type Language } from '../../core/catalog.ts';

export const KINDS = ['wrong', 'missing', 'display', 'idea'] as const;
export type Kind = (typeof KINDS)[number];

export interface Report {
  readonly kind: Kind;
  readonly text: string;
  readonly contact: string;
  readonly place: { readonly lng: number; readonly lat: number };
  readonly dataset: Dataset | null;
  readonly feature: { readonly dataset: string; readonly id: string } | null;
  readonly link: string;
  readonly made: Date;
}

/** The content of report.json; `longquan_feedback` is its version. */
export function reportJson(report: Report, catalog: Catalog): Readonly<Record<string, unknown>> {
  const { kind, text, contact, place, dataset, feature, link, made } = report;
  return {
    longquan_feedback: 1,
    platform: catalog.platform,
    city: catalog.city,
    edition: catalog.edition.id,
    as_of: catalog.as_of,
    made: made.toISOString(),
    kind,
    text,
    contact: contact || null,
    place: { lng: Number(place.lng.toFixed(7)), lat: Number(place.lat.toFixed(7)) },
    dataset: dataset && { id: dataset.id, title: dataset.title, department: dataset.department.id, currency: dataset.currency },
    feature,
    link,
  };
}

/** The file of a report: report.json, and the map as map.png where there is a picture of it. */
export function reportFile(report: Report, catalog: Catalog, picture: Uint8Array | null): Uint8Array<ArrayBuffer> {
  const json = strToU8(`${JSON.stringify(reportJson(report, catalog), null, 1)}\n`);
  return new Uint8Array(zipSync({ 'report.json': json, ...(picture ? { 'map.png': [picture, { level: 0 }] } : {}) }, { mtime: report.made }));
}

export interface Addressee {
  readonly name: string;
  readonly mail: string | null;
}

/** Who looks after the data concerned; else after the platform, where the catalogue says who that is. */
export function addressee(dataset: Dataset | null, catalog: Catalog, language: Language, platform: string): Addressee {
  const own = contactOf(dataset?.department);
  if (dataset) return { name: inLanguage(dataset.department.name, language), mail: own };
  return { name: inLanguage(catalog.attribution, language) || platform, mail: contactOf(catalog) };
}

function contactOf(holder: unknown): string | null {
  const contact = (holder as { readonly contact?: { readonly email?: unknown } | null } | undefined)?.contact;
  return typeof contact?.email === 'string' && /^[^\s@?&]+@[^\s@?&]+$/.test(contact.email) ? contact.email : null;
}

/** A mail draft; what programs cannot take in an address (about 2000 characters) is cut off with an ellipsis. */
export function mailDraft(to: string | null, subject: string, lines: readonly string[]): string {
  const body = lines.join('\n');
  const encoded = (text: string): string => encodeURIComponent(text);
  const letters = [...body];
  while (encoded(letters.join('')).length > 1700) letters.splice(-20);
  return `mailto:${to ?? ''}?subject=${encoded(subject)}&body=${encoded(letters.length < [...body].length ? `${letters.join('')}…` : body)}`;
}
