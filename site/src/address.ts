// The part of the address after `#`: view, language, switched layers. `map` belongs to MapLibre.

export interface Wishes {
  readonly language: string | null;
  readonly on: ReadonlySet<string>;
  readonly off: ReadonlySet<string>;
  readonly base: string | null; // base map
  readonly image: string | null; // which imagery, where there are several
  readonly date: string | null; // of a series
  readonly opacity: number | null; // of imagery, 0 … 1
  readonly shade: ReadonlySet<string> | null; // what is laid over the base map; null: the usual
  readonly terrain: number | null; // how many times heights are stretched in 3D; null: a flat map
}

/** What an address asks for. `?lang=` counts too, for links that other pages make. */
export function readAddress(address: URL): Wishes {
  const hash = parameters(address.hash);
  const list = (name: string): Set<string> => new Set((hash.get(name) ?? '').split(',').filter(Boolean));
  return {
    language: hash.get('lang') ?? address.searchParams.get('lang'),
    on: list('on'),
    off: list('off'),
    base: hash.get('base') ?? null,
    image: hash.get('image') ?? null,
    date: hash.get('date') ?? null,
    opacity: between(hash.get('opacity'), 0, 1),
    shade: hash.has('shade') ? list('shade') : null,
    terrain: between(hash.get('terrain'), 0.5, 3),
  };
}

/** The hash with some parameters changed (`null` removes one) and all others as they are. */
export function changeHash(hash: string, changes: Readonly<Record<string, string | null>>): string {
  const values = parameters(hash);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') values.delete(name);
    else values.set(name, value);
  }
  const text = [...values].map(([name, value]) => `${name}=${value}`).join('&');
  return text ? `#${text}` : '';
}

/** Write changed parameters into the address without a new entry in the history. */
export function writeAddress(changes: Readonly<Record<string, string | null>>): void {
  const hash = changeHash(location.hash, changes);
  history.replaceState(history.state, '', hash || location.pathname + location.search);
}

/** A number an address gives, held within bounds; null when there is none. */
function between(text: string | undefined, low: number, high: number): number | null {
  const value = text ? Number(text) : NaN;
  return Number.isNaN(value) ? null : Math.min(high, Math.max(low, value));
}

function parameters(hash: string): Map<string, string> {
  const pairs = hash.replace(/^#/, '').split('&').filter(Boolean);
  return new Map(pairs.map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
  }));
}
