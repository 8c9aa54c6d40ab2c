// QR codes (ISO/IEC 18004): the dark modules of a text.

import type QrFactory from 'qrcode-generator';

export interface QrCode {
  readonly size: number; // modules along an edge, without the quiet zone
  readonly dark: (column: number, row: number) => boolean;
}

/** Modules of light that a code needs around it. */
export const QUIET = 4;

/** The smallest code of a text in UTF-8, with a quarter of it spare where that fits; null for a text that no code holds. */
export async function qrCode(text: string): Promise<QrCode | null> {
  const module = await import('qrcode-generator') as unknown as { readonly default: typeof QrFactory };
  // The package takes one byte from each letter; these are the bytes.
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  for (const level of ['M', 'L'] as const) {
    const code = module.default(0, level);
    code.addData(bytes, 'Byte');
    try {
      code.make();
    } catch {
      continue; // longer than the largest code of this level: 2331 bytes, at last 2953
    }
    return { size: code.getModuleCount(), dark: (column, row) => code.isDark(row, column) };
  }
  return null;
}

/** The dark modules as one SVG path on a grid of one unit a module, runs of a row together. */
export function qrPath({ size, dark }: QrCode): string {
  const runs: string[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (!dark(column, row)) continue;
      const start = column;
      while (column + 1 < size && dark(column + 1, row)) column++;
      runs.push(`M${start} ${row}h${column + 1 - start}v1H${start}z`);
    }
  }
  return runs.join('');
}
