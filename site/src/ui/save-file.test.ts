import { expect, test } from 'vitest';

import { fileName } from './save-file.ts';

test.each([
  ['龙泉市 范围.geojson', '龙泉市 范围.geojson'],
  ['a/b\\c:d*e?.csv', 'a-b-c-d-e-.csv'],
  ['..\u0000hidden.', 'hidden'],
  ['', 'file'],
  ['///', 'file'],
  [`${'长'.repeat(200)}.kml`, `${'长'.repeat(80)}.kml`],
])('%j is saved as %j', (name, expected) => expect(fileName(name)).toBe(expected));
