// The part of the address after `#`: everything a link has to carry. `map` belongs to MapLibre.

export interface Wishes {
  readonly language: string | null;
  readonly on: ReadonlySet<string>; // datasets shown besides the usual
  readonly off: ReadonlySet<string>; // and of the usual those that are not
  readonly fade: ReadonlyMap<string, number>; // dataset → opacity, 0 … 1
  readonly above: readonly string[]; // datasets drawn over all others, the topmost first
  readonly base: string | null; // base map
  readonly image: string | null; // which imagery, where there are several
  readonly date: string | null; // of a series
  readonly opacity: number | null; // of imagery, 0 … 1
  readonly shade: ReadonlySet<string> | null; // what is laid over the base map; null: the usual
  readonly terrain: number | null; // how many times heights are stretched in 3D; null: a flat map
  readonly flavour: string | null; // of the drawn map
  readonly selected: { readonly dataset: string; readonly id: string } | null; // a feature
  readonly marker: { readonly lng: number; readonly lat: number; readonly title: string } | null; // a place pointed at
  readonly tool: string | null; // that stands open
  readonly swipe: string | null; // what the map is compared with, as the tool writes it
  readonly time: string | null; // the date whose versions of datasets are shown
  readonly drawing: string | null; // as the tool writes it
}

/** What an address asks for. `?lang=` counts too, for links that other pages make. */
export function readAddress(address: URL): Wishes {
  const hash = parameters(address.hash);
  const list = (name: string): string[] => (hash.get(name) ?? '').split(',').filter(Boolean);
  const text = (name: string): string | null => hash.get(name) || null;
  return {
    language: hash.get('lang') ?? address.searchParams.get('lang'),
    on: new Set(list('on')),
    off: new Set(list('off')),
    fade: new Map(list('fade').flatMap((pair) => {
      const [, dataset, share] = /^(.+):([\d.]+)$/.exec(pair) ?? [];
      const value = between(share, 0, 1);
      return dataset && value !== null ? [[dataset, value] as const] : [];
    })),
    above: list('above'),
    base: text('base'),
    image: text('image'),
    date: text('date'),
    opacity: between(hash.get('opacity'), 0, 1),
    shade: hash.has('shade') ? new Set(list('shade')) : null,
    terrain: between(hash.get('terrain'), 0.5, 3),
    flavour: text('flavour'),
    selected: reference(text('at')),
    marker: place(text('pin')),
    tool: text('tool'),
    swipe: text('swipe'),
    time: text('time'),
    drawing: text('draw'),
  };
}

export const NO_WISHES: Wishes = readAddress(new URL('http://nowhere.invalid/'));

/** The hash with some parameters changed (`null` removes one) and all others as they are. */
export function changeHash(hash: string, changes: Readonly<Record<string, string | null>>): string {
  const values = parameters(hash);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') values.delete(name);
    else values.set(name, value);
  }
  const text = [...values].map(([name, value]) => `${name}=${written(value)}`).join('&');
  return text ? `#${text}` : '';
}

/** Write changed parameters into the address without a new entry in the history. */
export function writeAddress(changes: Readonly<Record<string, string | null>>): void {
  const hash = changeHash(location.hash, changes);
  if (hash !== location.hash) history.replaceState(history.state, '', hash || location.pathname + location.search);
}

/** A number an address gives, held within bounds; null when there is none. */
function between(text: string | undefined, low: number, high: number): number | null {
  const value = text ? Number(text) : NaN;
  return Number.isNaN(value) ? null : Math.min(high, Math.max(low, value));
}

function reference(text: string | null): Wishes['selected'] {
  const at = text?.indexOf(':') ?? -1;
  return text && at > 0 ? { dataset: text.slice(0, at), id: text.slice(at + 1) } : null;
}

/** `lng,lat` with an optional title after a second comma. */
function place(text: string | null): Wishes['marker'] {
  const [, lng, lat, title] = /^(-?[\d.]+),(-?[\d.]+)(?:,(.*))?$/s.exec(text ?? '') ?? [];
  const [x, y] = [Number(lng), Number(lat)];
  return lng && lat && Math.abs(x) <= 180 && Math.abs(y) <= 90 ? { lng: x, lat: y, title: title ?? '' } : null;
}

function parameters(hash: string): Map<string, string> {
  const pairs = hash.replace(/^#/, '').split('&').filter(Boolean);
  return new Map(pairs.map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), decoded(pair.slice(at + 1))];
  }));
}

/** A value an address carries; one that somebody broke stays as it is. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A value as readers like to see it: only what would end it, or what programs cut links at, is escaped. */
function written(value: string): string {
  return value.replace(/[%&#\s"<>\\^`{|}]/gu, (letter) => encodeURIComponent(letter));
}
