// The code that shows the map in other people's pages.

import { partsText, type Part } from '../../state/embed-parts.ts';

export interface EmbedChoices {
  readonly width: number | null; // pixels; null: all there is
  readonly height: number;
  readonly language: string | null; // null: the reader's
  readonly parts: ReadonlySet<Part>;
  readonly marker: string | null; // as `pin=` has it
}

export const SIZES = { least: 160, most: 4000 } as const;

/** What a choice changes in the address of the page. */
export function changesFor({ language, parts, marker }: EmbedChoices): Record<string, string | null> {
  return { lang: language, with: partsText(parts), pin: marker };
}

/** An iframe that shows `address`, with a title for those who hear the page. */
export function embedCode(address: string, title: string, { width, height }: EmbedChoices): string {
  const size = width === null ? `style="width: 100%; height: ${height}px; border: 0"` : `width="${width}" height="${height}" style="border: 0"`;
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" ${size} loading="lazy" allow="clipboard-write" allowfullscreen></iframe>`;
}

/** A size somebody typed, held within what makes sense. */
export function sizeOf(text: string, otherwise: number): number {
  const value = Math.round(Number(text));
  return Number.isFinite(value) && text.trim() ? Math.min(SIZES.most, Math.max(SIZES.least, value)) : otherwise;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
