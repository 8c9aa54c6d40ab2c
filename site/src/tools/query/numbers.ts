// Numbers as readers write them.

import type { Language } from '../../core/catalog.ts';

const TAGS = { zh: 'zh-CN', en: 'en' } as const;

/** A number with so many digits behind the point at most. */
export function figure(value: number, language: Language, digits = 2): string {
  const small = value !== 0 && Math.abs(value) < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: digits };
  return value.toLocaleString(TAGS[language], small);
}

export function lengthText(metres: number, language: Language): string {
  return metres >= 1000 ? `${figure(metres / 1000, language)} ${language === 'zh' ? '千米' : 'km'}` : `${figure(metres, language, 1)} ${language === 'zh' ? '米' : 'm'}`;
}

export function sizeText(squareMetres: number, language: Language): string {
  if (squareMetres >= 1e6) return `${figure(squareMetres / 1e6, language)} ${language === 'zh' ? '平方千米' : 'km²'}`;
  return `${figure(squareMetres, language, 1)} ${language === 'zh' ? '平方米' : 'm²'}`;
}
