import { expect, test } from 'vitest';

import { distance, type Place } from '../../core/geodesy.ts';
import { factsOf, profileCsv, profileOf } from './profile.ts';

const LINE: Place[] = [[119, 28], [119.01, 28], [119.02, 28]];
const roof = (lng: number): Promise<number | null> => Promise.resolve(1000 - Math.abs(lng - 119.01) * 10_000); // 900 … 1000 … 900

test('a roof goes up as far as down, its surface is longer than its plan', async () => {
  const profile = (await profileOf(LINE, roof))!;
  const facts = factsOf(profile)!;
  expect(facts.lowest).toBeCloseTo(900, 6);
  expect(facts.highest).toBeCloseTo(1000, 6);
  expect([facts.ascent, facts.descent].map(Math.round)).toEqual([100, 100]);
  expect(facts.unknown).toBe(0);
  const half = distance(LINE[0]!, LINE[1]!);
  expect(facts.surface).toBeCloseTo(2 * Math.hypot(half, 100), 3);
  expect(profile.points.length).toBeGreaterThan(400);
  expect(profile.points.length).toBeLessThan(404);
  expect(profile.points.some(({ at, height }) => at === LINE[1] && height === 1000)).toBe(true);
});

test('what is not known is left out', async () => {
  const profile = (await profileOf(LINE, (lng) => Promise.resolve(lng > 119.005 && lng < 119.015 ? null : 500)))!;
  const facts = factsOf(profile)!;
  expect([facts.lowest, facts.highest, facts.ascent, facts.descent]).toEqual([500, 500, 0, 0]);
  expect(facts.unknown / profile.points.length).toBeCloseTo(0.5, 2);
  expect(factsOf((await profileOf(LINE, () => Promise.resolve(null)))!)).toBeNull();
});

test('a short line is not sampled finer than two metres', async () => {
  const profile = (await profileOf([[119, 28], [119.0001, 28]], () => Promise.resolve(1)))!; // 9.84 m
  expect(profile.points).toHaveLength(6);
});

test('work that nobody waits for ends', async () => {
  let asked = 0;
  expect(await profileOf(LINE, () => Promise.resolve(++asked), () => asked > 20)).toBeNull();
  expect(asked).toBe(32);
});

test('as CSV', () => {
  expect(profileCsv({ step: 1, points: [{ at: [119, 28], along: 0, height: 10.256 }, { at: [119.5, 28.25], along: 1234.5, height: null }] }))
    .toBe('\uFEFFdistance_m,lng,lat,height_m\r\n0.00,119.0000000,28.0000000,10.26\r\n1234.50,119.5000000,28.2500000,\r\n');
});
