// Sizes of files as readers write them.

import type { Language } from '../core/catalog.ts';

/** Bytes in units of 1000, as operating systems and networks count them. */
export function bytesText(bytes: number, language: Language): string {
  const [value, unit] = bytes >= 1e6 ? [bytes / 1e6, 'MB'] : [bytes / 1e3, 'kB'];
  return `${value.toLocaleString(language === 'zh' ? 'zh-CN' : 'en', { maximumFractionDigits: value < 100 ? 1 : 0 })} ${unit}`;
}
