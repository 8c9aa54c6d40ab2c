// The module other sites import: https://…/sdk/v1/longquan.js. What it offers is in api.ts, which is published beside it.

import { featuresAt } from '../core/at-place.ts';
import { inLanguage, readJson, type Language } from '../core/catalog.ts';
import { fatal, openCity, withTiles, type City as Opened } from '../core/city.ts';
import { resolveStyle } from '../core/style.ts';
import { shownByDefault } from '../core/visibility.ts';
import { chooseLanguage } from '../messages/i18n.ts';
import type * as api from './api.ts';
import type { City } from './api.ts';
import { cityMap } from './city-map.ts';
import { featureOf } from './feature.ts';
import { finder } from './search.ts';

export const version: typeof api.version = '1.0';

const BESIDE = '../../'; // the published folder, from sdk/v1/
const REACH = 20; // metres
const HITS = 10;

export const open: typeof api.open = async (root) => {
  const module = import.meta.url;
  const address = new URL(root ?? BESIDE, root ? location.href : module).href;
  const folder = address.endsWith('/') ? address : `${address}/`;
  const city = await openCity(folder);
  const fault = fatal(city);
  if (fault) throw new Error(`longquan: ${fault.address}: ${fault.kind}: ${fault.found}, not ${fault.expected}`);
  return cityOf(city, folder, await otherStyles(city));
};

type Styles = ReadonlyMap<string, Opened>;

/** The city in each of its styles. One that cannot be read is missed only by those who ask for it. */
async function otherStyles(city: Opened): Promise<Styles> {
  const { catalog, address } = city;
  const [first, ...rest] = catalog.styles;
  const read = await Promise.all(rest.map(async ({ id, href }): Promise<[string, Opened][]> => {
    try {
      const style = withTiles(resolveStyle(await readJson(address(href)), address(href)), catalog, address);
      return [[id, Object.create(city, { style: { value: style, enumerable: true } }) as Opened]];
    } catch {
      return [];
    }
  }));
  return new Map([[first!.id, city], ...read.flat()]);
}

function cityOf(city: Opened, root: string, styles: Styles): City {
  const { catalog } = city;
  const tongue = (asked: Language | undefined): Language => asked ?? chooseLanguage(null, navigator.languages);
  const usual = shownByDefault(city.style);
  const { find } = finder(catalog, city.address);
  return {
    name: inLanguage(catalog.platform, tongue(undefined)),
    attribution: inLanguage(catalog.attribution, tongue(undefined)),
    reviewNumber: catalog.review.number,
    bounds: catalog.bounds,
    catalog,
    layers: (asked) => catalog.datasets.map((dataset) => ({
      id: dataset.id,
      title: inLanguage(dataset.title, tongue(asked)),
      theme: inLanguage(catalog.themes.find(({ id }) => id === dataset.theme)?.title, tongue(asked)) || dataset.theme,
      department: inLanguage(dataset.department.name, tongue(asked)),
      currency: dataset.currency,
      geometry: dataset.layers[0]?.geometry ?? 'none',
      usual: usual.has(dataset.id),
      minZoom: dataset.layers.reduce((least, { min_zoom: zoom }) => Math.min(least, zoom), Infinity),
    })),
    styles: (asked) => catalog.styles.map(({ id, title }) => ({ id, title: inLanguage(title, tongue(asked)) })),
    map(container, options = {}) {
      const place = typeof container === 'string' ? document.getElementById(container) : container;
      if (!place) throw new Error(`longquan: no element ${String(container)}`);
      const styled = options.style === undefined ? city : styles.get(options.style);
      if (!styled) throw new Error(`longquan: no style ${String(options.style)}: ${[...styles.keys()].join(', ')}`);
      return cityMap(styled, root, place, tongue(options.language), options);
    },
    async identify(lng, lat, { metres = REACH, datasets, language } = {}) {
      const found = await featuresAt(city, [lng, lat], metres, ({ id }) => datasets?.includes(id) ?? true);
      return found.map(({ dataset, feature }) => featureOf(dataset, feature as never, tongue(language)));
    },
    search: (text, { near, limit = HITS, language } = {}) => find(text, near ?? null, limit, tongue(language)),
    geocode: async (text, { language } = {}) => (await find(text, null, 1, tongue(language)))[0] ?? null,
    elevation: async (lng, lat) => (await city.heightAt?.(lng, lat)) ?? null,
  };
}
