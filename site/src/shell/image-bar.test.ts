import { expect, test } from 'vitest';

import { liesElsewhere } from './image-bar.ts';

const archive = { bounds: [119.1, 28.05, 119.2, 28.08], min_zoom: 9 } as const;

test.each([
  ['over it', [119.0, 28.0, 119.3, 28.2], 12, false],
  ['inside it', [119.12, 28.06, 119.13, 28.07], 16, false],
  ['touching it', [119.2, 28.0, 119.3, 28.2], 12, false],
  ['to its east', [119.21, 28.0, 119.3, 28.2], 12, true],
  ['to its west', [118.9, 28.0, 119.09, 28.2], 12, true],
  ['to its north', [119.0, 28.09, 119.3, 28.2], 12, true],
  ['to its south', [119.0, 27.9, 119.3, 28.04], 12, true],
  ['from too far away', [119.0, 28.0, 119.3, 28.2], 8.9, true],
] as const)('a view %s', (_, bounds, zoom, expected) => expect(liesElsewhere(archive, { bounds, zoom })).toBe(expected));

test('an archive that does not say where it lies is taken to be here', () => {
  expect(liesElsewhere({}, { bounds: [0, 0, 1, 1], zoom: 3 })).toBe(false);
});
