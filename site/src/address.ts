// The part of the address after `#`: view, language, switched layers. `map` belongs to MapLibre.

export interface Wishes {
  readonly language: string | null;
  readonly on: ReadonlySet<string>;
  readonly off: ReadonlySet<string>;
}

/** What an address asks for. `?lang=` counts too, for links that other pages make. */
export function readAddress(address: URL): Wishes {
  const hash = parameters(address.hash);
  const list = (name: string): Set<string> => new Set((hash.get(name) ?? '').split(',').filter(Boolean));
  return { language: hash.get('lang') ?? address.searchParams.get('lang'), on: list('on'), off: list('off') };
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

function parameters(hash: string): Map<string, string> {
  const pairs = hash.replace(/^#/, '').split('&').filter(Boolean);
  return new Map(pairs.map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
  }));
}
