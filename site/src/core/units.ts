// Lengths, areas and bearings as people read them.

import type { Language } from './catalog.ts';

export const MU = 2000 / 3; // m² of a 亩
const HECTARE = 10_000;
const SQUARE_KM = 1_000_000;

/** Metres below a kilometre, kilometres above, as many digits as mean something: centimetres at hand, metres over a city. */
export function lengthText(metres: number, language: Language): string {
  if (metres === 0) return '0 m';
  if (metres < 999.95) return `${number(metres, metres < 99.995 ? 2 : 1, language)} m`;
  return `${number(metres / 1000, metres < 99_999.5 ? 3 : 1, language)} km`;
}

/** The area in the unit of its size, then in the others that people use for one of that size. */
export function areaTexts(squareMetres: number, language: Language): readonly [main: string, ...others: string[]] {
  const zh = language === 'zh';
  const fine = (value: number): number => (value < 100 ? 3 : value < 10_000 ? 2 : 0);
  const metres = `${number(squareMetres, squareMetres < HECTARE ? 1 : 0, language)} m²`;
  const hectares = `${number(squareMetres / HECTARE, fine(squareMetres / HECTARE), language)} ${zh ? '公顷' : 'ha'}`;
  const kilometres = `${number(squareMetres / SQUARE_KM, fine(squareMetres / SQUARE_KM), language)} km²`;
  const mu = `${number(squareMetres / MU, fine(squareMetres / MU), language)} ${zh ? '亩' : 'mu'}`;
  if (squareMetres < HECTARE) return [metres, mu];
  return squareMetres < SQUARE_KM ? [hectares, mu, metres] : [kilometres, hectares, mu, metres];
}

/** Degrees clockwise from north with a tenth, and the one of eight directions it is nearest to. */
export function bearingText(degrees: number, language: Language): string {
  const names = language === 'zh' ? ['北', '东北', '东', '东南', '南', '西南', '西', '西北'] : ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];
  return `${number(degrees, 1, language).replace(/^360\.0$/, '0.0')}° ${names[Math.round(degrees / 45) % 8]}`;
}

export function heightText(metres: number, language: Language): string {
  return `${number(metres, 1, language)} m`;
}

function number(value: number, digits: number, language: Language): string {
  return value.toLocaleString(language === 'zh' ? 'zh-CN' : 'en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
