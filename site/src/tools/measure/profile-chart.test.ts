import { expect, test } from 'vitest';

import type { ProfilePoint } from './profile.ts';
import { nearest, niceTicks, runsOf } from './profile-chart.ts';

test.each([
  [203.4, 611.2, [200, 400, 600, 800]], [0, 100, [0, 25, 50, 75, 100]], [-3, 4, [-4, -2, 0, 2, 4]], [500, 500, [500, 500.25]], [499.9, 500.05, [499.75, 500, 500.25]],
])('heights of %d to %d stand between %j', (low, high, ticks) => expect(niceTicks(low, high)).toEqual(ticks));

const points = [5, 6, null, null, 7, null].map((height, i): ProfilePoint => ({ at: [119, 28], along: i * 10, height }));

test('stretches with known heights', () => expect(runsOf(points).map((run) => run.map(({ height }) => height))).toEqual([[5, 6], [7]]));

test('the nearest point', () => expect([-5, 0, 4, 6, 24, 26, 50, 99].map((along) => nearest(points, along))).toEqual([0, 0, 0, 1, 2, 3, 5, 5]));
