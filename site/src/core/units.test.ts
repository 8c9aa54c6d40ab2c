import { expect, test } from 'vitest';

import { areaTexts, bearingText, lengthText, MU } from './units.ts';

test.each([
  [0, '0 m'], [0.004, '0.00 m'], [12.345, '12.35 m'], [99.99, '99.99 m'], [100, '100.0 m'], [843.21, '843.2 m'], [999.94, '999.9 m'], [999.96, '1.000 km'],
  [12_345.4, '12.345 km'], [99_999.4, '99.999 km'], [123_456, '123.5 km'], [8_935_244.56, '8,935.2 km'],
])('%d m is %s', (metres, text) => expect(lengthText(metres, 'zh')).toBe(text));

test.each<[number, string[]]>([
  [0, ['0.0 m²', '0.000 亩']],
  [MU, ['666.7 m²', '1.000 亩']],
  [9999, ['9,999.0 m²', '14.999 亩']],
  [25_000, ['2.500 公顷', '37.500 亩', '25,000 m²']],
  [38_131_109.499, ['38.131 km²', '3,813.11 公顷', '57,197 亩', '38,131,109 m²']],
])('%d m² is %j', (metres, texts) => expect(areaTexts(metres, 'zh')).toEqual(texts));

test('in English', () => expect(areaTexts(25_000, 'en')).toEqual(['2.500 ha', '37.500 mu', '25,000 m²']));

test.each([[0, '0.0° 北'], [57.188, '57.2° 东北'], [337.6, '337.6° 北'], [359.97, '0.0° 北'], [180, '180.0° 南'], [247.4, '247.4° 西南'], [292, '292.0° 西']])(
  'a bearing of %d° is %s', (degrees, text) => expect(bearingText(degrees, 'zh')).toBe(text));
