import { describe, expect, test } from 'vitest';

import { areaOf, bearing, circleAround, destination, distance, lengthOf, perimeterOf, samplesAlong, type Place } from './geodesy.ts';

// Lines of GeographicLib's GeodTest.dat (doi:10.5281/zenodo.32156): lat1 lng1 azi1 lat2 lng2 s12, on WGS 84. The ellipsoid of
// CGCS2000 has f smaller by 1.6e-11: over a quarter of the globe that is 0.2 mm at most.
test.each([
  [35.60777, -139.44815, 111.098748429560326, -11.17491, -69.95921, 8935244.5604818305],
  [55.52454, 106.05087, 22.020059880982801, 77.03196, 197.18234, 4105086.1713924406],
  [-21.97856, 142.59065, -32.44456876433189, 41.84138, 98.56635, 8394328.894657671],
  [-66.99028, 112.2363, 173.73491240878403, -12.70631, 285.90344, 11150344.2312080241],
  [-41.22777, 122.32875, 14.285113402275739, -7.57291, 130.37946, 3812686.035106021],
])('a line that GeographicLib publishes: %d %d', (lat1, lng1, azimuth, lat2, lng2, metres) => {
  const [from, to] = [[lng1, lat1], [lng2, lat2]] as const;
  expect(Math.abs(distance(from, to) - metres)).toBeLessThan(2e-4);
  expect(bearing(from, to)).toBeCloseTo((azimuth + 360) % 360, 8);
  const [lng, lat] = destination(from, azimuth, metres);
  expect([(lng + 360) % 360, lat].map((value) => value.toFixed(8))).toEqual([(lng2 + 360) % 360, lat2].map((value) => value.toFixed(8)));
});

// The rest by PROJ's own geodesics: pyproj.Geod(a=6378137, rf=298.257222101).
describe('the same as PROJ', () => {
  const [a, b]: Place[] = [[119.13, 28.07], [119.2, 28.11]];
  const triangle: Place[] = [[119.1, 28.05], [119.2, 28.05], [119.18, 28.12], [119.1, 28.05]];
  test('distance and bearing, both ways', () => {
    expect(distance(a!, b!)).toBeCloseTo(8184.06685410179, 6);
    expect(bearing(a!, b!)).toBeCloseTo(57.18802307402888, 9);
    expect(bearing(b!, a!)).toBeCloseTo(360 - 122.77901686677806, 9);
    expect([bearing([119, 28], [119, 28.01]), bearing([119, 28.01], [119, 28]), bearing(a!, a!)]).toEqual([0, 180, 0]);
  });

  test('across the antimeridian', () => {
    expect(distance([179.9, 10], [-179.9, 10.1])).toBeCloseTo(24556.579652729997, 6);
    expect(bearing([179.9, 10], [-179.9, 10.1])).toBeCloseTo(63.21185340243194, 9);
  });

  test('area and perimeter in any winding, open or closed', () => {
    for (const ring of [triangle, [...triangle].reverse(), triangle.slice(0, -1)]) {
      expect(areaOf([ring])).toBeCloseTo(38131109.499176025, 4);
      expect(perimeterOf([ring])).toBeCloseTo(28879.689235402453, 6);
    }
  });

  test('a hole is taken off, its boundary counts', () => {
    const hole = triangle.map(([lng, lat]): Place => [119.16 + (lng - 119.16) / 4, 28.075 + (lat - 28.075) / 4]);
    expect(areaOf([triangle, hole])).toBeCloseTo(areaOf([triangle]) - areaOf([hole]), 6);
    expect(perimeterOf([triangle, hole])).toBeCloseTo(perimeterOf([triangle]) + perimeterOf([hole]), 6);
  });

  test('a line and a place ahead', () => {
    expect(lengthOf([[119, 28], [119.1, 28.1], [119.2, 28]])).toBeCloseTo(29629.20490224204, 6);
    const [lng, lat] = destination([119.13, 28.07], 37.5, 5000);
    expect([lng, lat].map((value) => value.toFixed(10))).toEqual(['119.1609752933', '28.1057909066']);
  });
});

test('nothing, a point and a line have no area', () => {
  expect([areaOf([]), areaOf([[]]), areaOf([[[119, 28]]]), areaOf([[[119, 28], [119.1, 28.1]]])]).toEqual([0, 0, 0, 0]);
  expect([lengthOf([]), lengthOf([[119, 28]]), perimeterOf([])]).toEqual([0, 0, 0]);
});

test('a circle is as far everywhere, closed, counter-clockwise', () => {
  const ring = circleAround([119.13, 28.07], 1000, 36);
  expect(ring).toHaveLength(37);
  expect(ring[36]).toEqual(ring[0]);
  for (const at of ring) expect(distance([119.13, 28.07], at)).toBeCloseTo(1000, 6);
  expect(ring[9]![0]).toBeLessThan(119.13); // west is reached a quarter on
  expect(areaOf([circleAround([119.13, 28.07], 1000, 720)])).toBeCloseTo(Math.PI * 1e6, -2);
});

test('samples keep the corners and take even steps between', () => {
  const line: Place[] = [[119, 28], [119.01, 28], [119.01, 28.003]];
  const samples = samplesAlong(line, 250);
  const legs = [distance(line[0]!, line[1]!), distance(line[1]!, line[2]!)];
  expect(samples.map(({ along }) => Math.round(along))).toEqual([0, 246, 492, 738, 984, 1150, 1316]);
  expect(samples[4]!.at).toEqual(line[1]);
  expect(samples.at(-1)).toEqual({ at: line[2], along: legs[0]! + legs[1]! });
  expect(distance(samples[1]!.at, samples[2]!.at)).toBeCloseTo(legs[0]! / 4, 6);
  expect([samplesAlong([], 9), samplesAlong([[1, 2]], 9)]).toEqual([[], [{ at: [1, 2], along: 0 }]]);
});
