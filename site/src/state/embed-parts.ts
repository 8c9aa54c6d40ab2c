// Which parts an embedded map has besides the map itself, as `with=` in its address says.

export const PARTS = ['zoom', 'layers', 'info'] as const;
export type Part = (typeof PARTS)[number];
export const USUAL: readonly Part[] = ['zoom', 'info'];

/** The parts an address asks for; `with=none` asks for none, no word at all for the usual. */
export function partsIn(hash: string): ReadonlySet<Part> {
  const asked = new URLSearchParams(hash.replace(/^#/, '')).get('with');
  return new Set(asked === null ? USUAL : PARTS.filter((part) => asked.split(',').includes(part)));
}

/** What to say in an address for some parts; null for the usual. */
export function partsText(parts: ReadonlySet<Part>): string | null {
  const usual = parts.size === USUAL.length && USUAL.every((part) => parts.has(part));
  return usual ? null : PARTS.filter((part) => parts.has(part)).join(',') || 'none';
}
