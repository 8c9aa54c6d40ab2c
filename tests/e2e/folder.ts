// The published folder under test, as the command line names it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const dist = process.env['LONGQUAN_DIST'] ?? '';
if (!dist) throw new Error('LONGQUAN_DIST is not set: use `npm --prefix site run e2e -- DIST`');

interface Text {
  readonly zh: string;
  readonly en: string;
}

export interface Archive {
  readonly id: string;
  readonly file: string;
  readonly type: 'vector' | 'raster';
  readonly product?: string;
  readonly bytes: number;
  readonly bounds: readonly [number, number, number, number];
}

export interface Catalog {
  readonly platform: Text;
  readonly city: { readonly name: Text };
  readonly notice: Text;
  readonly sample: boolean;
  readonly search?: { readonly file: string } | null;
  readonly center: readonly [number, number, number];
  readonly review: { readonly number: string | null };
  readonly archives: readonly Archive[];
  readonly datasets: readonly { readonly id: string; readonly title: Text; readonly department: { readonly name: Text } }[];
  readonly styles: readonly { readonly id: string; readonly href: string; readonly base?: string }[];
}

export const catalog = readCatalog(dist);

export function readCatalog(folder: string): Catalog {
  return JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8')) as Catalog;
}
