// catalog.json as the build writes it: what the city publishes in this edition.

import type { SearchEntry } from './search/index-file.ts';

export type Language = 'zh' | 'en';
export type Text = Readonly<Partial<Record<Language, string>>>;
export type Geometry = 'point' | 'line' | 'polygon' | 'mixed' | 'none' | 'raster';

export interface Field {
  readonly name: string;
  readonly title: Text;
  readonly type: string;
  readonly unit: string | null;
  readonly domain?: Readonly<Record<string, Text>> | null;
}

export interface DatasetLayer {
  readonly archive: string;
  readonly layer: string | null; // null: the archive itself, of pixels
  readonly geometry: Geometry;
  readonly min_zoom: number;
  readonly max_zoom: number;
  readonly labels?: boolean;
}

export interface Dataset {
  readonly id: string;
  readonly title: Text;
  readonly description?: Text | null;
  readonly theme: string;
  readonly department: { readonly id: string; readonly name: Text };
  readonly currency: string | null;
  readonly licence?: string | null;
  readonly share?: string; // its share class: what is not `unconditional` is asked for at its department
  readonly page?: string; // that tells of it, below the published folder
  readonly features?: number | null;
  readonly extent?: readonly [west: number, south: number, east: number, north: number] | null;
  readonly layers: readonly DatasetLayer[];
  readonly fields: readonly Field[];
  readonly changes?: readonly ChangeStep[]; // the newest first
}

/** What changed in a dataset from one version to the next; the file only where a map can show any of it. */
export interface ChangeStep {
  readonly from: { readonly version: string; readonly currency: string };
  readonly to: { readonly version: string; readonly currency: string };
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly id?: string;
  readonly file?: string;
  readonly bytes?: number;
  readonly bounds?: readonly [west: number, south: number, east: number, north: number];
  readonly layers?: readonly string[]; // <dataset>-added, -removed, -changed; those with features
}

export interface Archive {
  readonly id: string;
  readonly title: Text;
  readonly file: string;
  readonly bytes: number;
  readonly type?: 'vector' | 'raster';
  readonly product?: 'vector' | Product;
  readonly tile_size?: 256 | 512;
  readonly encoding?: 'terrarium' | 'mapbox' | null; // of heights
  readonly min_zoom?: number;
  readonly max_zoom?: number;
  readonly bounds?: readonly [west: number, south: number, east: number, north: number];
  readonly date?: string | null; // what an image shows: a year, month or day
  readonly series?: string | null; // archives of one series are the same picture at several dates
  readonly attribution?: string | null;
}

/** A look of the map; `base`: the base map it is made for. */
export interface Style {
  readonly id: string;
  readonly title: Text;
  readonly href: string;
  readonly base?: 'map' | 'hybrid' | 'terrain';
}

/** What the pixels of an archive are. */
export type Product = 'imagery' | 'terrain' | 'hillshade' | 'tint' | 'slope' | 'aspect';

export interface Catalog {
  readonly platform: Text;
  readonly city: { readonly name: Text };
  readonly edition: { readonly id: string; readonly title: Text; readonly public?: boolean };
  readonly sample: boolean;
  readonly notice: Text;
  readonly attribution: Text;
  readonly review: { readonly number: string | null };
  readonly bounds: readonly [number, number, number, number];
  readonly center: readonly [number, number, number];
  readonly as_of: string | null;
  readonly site?: {
    readonly icp: string;
    readonly police: { readonly number: string; readonly href: string | null } | null;
    readonly mark: { readonly title: Text; readonly href: string } | null;
    readonly contact: { readonly office: Text; readonly phone: string; readonly email: string; readonly address: Text | null } | null;
  };
  readonly themes: readonly { readonly id: string; readonly title: Text }[];
  readonly archives: readonly Archive[];
  readonly datasets: readonly Dataset[];
  readonly styles: readonly Style[];
  readonly search?: SearchEntry | null; // the index of names and addresses
}

/** The looks of the drawn map, that a reader may choose from. */
export function mapFlavours({ styles }: Pick<Catalog, 'styles'>): readonly Style[] {
  return styles.filter(({ base }) => (base ?? 'map') === 'map');
}

/** A JSON file of the published folder; throws an Error that names the address and the status. */
export async function readJson<T>(address: string): Promise<T> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${new URL(address, location.href).pathname}: ${response.status}`);
  return (await response.json()) as T;
}

/** The text in the language, else in the other one, else empty. */
export function inLanguage(text: Text | null | undefined, language: Language): string {
  return text?.[language] || text?.zh || text?.en || '';
}

/** Whether anybody may take a dataset along: what is shared on conditions is asked for at its department. */
export function isFree({ share }: Dataset): boolean {
  return share === undefined || share === 'unconditional';
}
