/**
 * Longquan SDK, version 1: a city's map in other people's pages, in a few lines and without a key.
 *
 *     import { open } from 'https://map.example.gov.cn/sdk/v1/longquan.js';
 *     const city = await open();
 *     const map = city.map('map', { layers: ['schools'], language: 'en' });
 *
 * All data come as static files from the site the module was loaded from. Within version 1 names are added, none is
 * changed or taken away. docs/sdk.md of the project is the manual.
 */

/** Longitude and latitude in degrees. */
export interface Place {
  readonly lng: number;
  readonly lat: number;
}

export type Language = 'zh' | 'en';
export type BaseMap = 'map' | 'imagery' | 'hybrid' | 'terrain';

/** A dataset of the catalogue. */
export interface Layer {
  readonly id: string;
  readonly title: string;
  readonly theme: string;
  readonly department: string;
  readonly currency: string | null; // the date the data are of
  readonly geometry: 'point' | 'line' | 'polygon' | 'mixed' | 'none' | 'raster';
  readonly usual: boolean; // whether a map shows it unless told otherwise
  readonly minZoom: number; // from which its data are there
}

/** A feature of a dataset at a place. */
export interface Feature {
  readonly dataset: string; // id
  readonly title: string; // of the dataset
  readonly department: string;
  readonly id: string | null; // of the feature
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>; // as the tiles have them
  readonly fields: readonly { readonly title: string; readonly text: string }[]; // as people read them: units, meanings of codes
  readonly geometry: { readonly type: string; readonly coordinates?: unknown }; // GeoJSON, cut off at tiles or at the place asked for
}

export interface MapOptions {
  /** Datasets to show besides the usual ones. */
  readonly layers?: readonly string[];
  /** Usual datasets not to show. */
  readonly without?: readonly string[];
  /** Id of a style of the site; the first one otherwise. */
  readonly style?: string;
  readonly base?: BaseMap;
  /** Chinese unless the browser's reader prefers English. */
  readonly language?: Language;
  readonly center?: readonly [lng: number, lat: number];
  readonly zoom?: number;
  readonly bearing?: number;
  readonly pitch?: number;
  /** Buttons for zoom and compass; there unless false. */
  readonly navigation?: boolean;
}

export interface View {
  readonly center: readonly [lng: number, lat: number];
  readonly zoom: number;
  readonly bearing: number;
  readonly pitch: number;
  readonly bounds: readonly [west: number, south: number, east: number, north: number];
}

export interface MapEvents {
  /** A click or tap, with the features drawn there. */
  readonly click: Place & { readonly features: readonly Feature[] };
  /** The view came to rest. */
  readonly view: View;
}

export interface CityMap {
  /** Fulfilled when the map has drawn its first tiles. */
  readonly ready: Promise<CityMap>;
  /** The map of MapLibre GL JS itself, for all that is not here; its style is there when `ready` is. */
  readonly maplibre: unknown;
  show(...datasets: readonly string[]): void;
  hide(...datasets: readonly string[]): void;
  shown(): readonly string[];
  setBase(base: BaseMap): void;
  setView(view: { readonly center?: readonly [number, number]; readonly zoom?: number; readonly bearing?: number; readonly pitch?: number; readonly animate?: boolean }): void;
  view(): View;
  /** A pin with an optional title; gives what takes it away again. */
  mark(place: Place & { readonly title?: string }): () => void;
  /** The features that the map draws at a place. */
  at(place: Place): readonly Feature[];
  /** Listen; gives what ends it. */
  on<Event extends keyof MapEvents>(event: Event, listener: (event: MapEvents[Event]) => void): () => void;
  /** A link to the city's own site that shows the same. */
  link(): string;
  remove(): void;
}

/** A place that was found by its name. */
export interface Hit extends Place {
  readonly name: string; // with the house number where there is one
  readonly kind: string;
  readonly town: string | null;
  readonly dataset: string; // id
  readonly id: string | null; // of the feature
  /** A door, a door reckoned between its neighbours, or the road, estate, place … as a whole. */
  readonly level: 'door' | 'interpolated' | 'whole';
  readonly zoom: number; // at which to look at it
  readonly bounds: readonly [west: number, south: number, east: number, north: number] | null;
  readonly score: number; // the higher the better, among the hits of one search
}

export interface City {
  /** The name of the platform. */
  readonly name: string;
  /** Whom to credit; maps of the SDK do. */
  readonly attribution: string;
  /** Map review number (审图号); null while it is pending. */
  readonly reviewNumber: string | null;
  readonly bounds: readonly [west: number, south: number, east: number, north: number];
  /** catalog.json as it is published. */
  readonly catalog: unknown;
  layers(language?: Language): readonly Layer[];
  styles(language?: Language): readonly { readonly id: string; readonly title: string }[];
  /** A map in an element or in the element of an id; the element needs a height. */
  map(container: string | HTMLElement, options?: MapOptions): CityMap;
  /** Features of all datasets at a place, read from the tiles, without a map; points and lines within `metres` (20). */
  identify(lng: number, lat: number, options?: { readonly metres?: number; readonly datasets?: readonly string[]; readonly language?: Language }): Promise<readonly Feature[]>;
  /** Places of a name, address, route number or admin code: in Chinese, in pinyin or by its initials, the best first. */
  search(text: string, options?: { readonly near?: readonly [lng: number, lat: number]; readonly limit?: number; readonly language?: Language }): Promise<readonly Hit[]>;
  /** The place of an address, the best there is; null where nothing fits. `level` says how exactly it was found. */
  geocode(address: string, options?: { readonly language?: Language }): Promise<Hit | null>;
  /** The height of a place in metres; null where it is not known. */
  elevation(lng: number, lat: number): Promise<number | null>;
}

/** The version of this module: major.minor. */
export declare const version: string;

/** Open the city of the site this module came from, or the one published at `root` (the address of its folder). */
export declare function open(root?: string): Promise<City>;
