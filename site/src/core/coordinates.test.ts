import { expect, test } from 'vitest';

import { degrees, dms, epsgOf, fromGrid, gridName, gridText, meridianOf, parseCoordinates, toGrid, zoneOf } from './coordinates.ts';

// From PROJ 9.5.1 by pyproj 3.7.2: EPSG:4490 to the strip's own code, always_xy; the codes with zone numbers agree.
const PROJ = [
  [119.13, 28.07, 120, 4549, 3106504.6885, 414478.6936],
  [118.7, 27.7, 120, 4549, 3065872.9231, 371770.8981],
  [119.42, 28.34, 120, 4549, 3136257.9397, 443129.6463],
  [120.0, 30.0, 120, 4549, 3320113.3978, 500000.0],
  [118.5001, 39.9, 120, 4549, 4419502.7651, 371728.4845],
  [121.4999, 18.2, 120, 4549, 2013767.0658, 658681.5379],
  [87.6, 43.8, 87, 4538, 4851775.3027, 548285.1151],
  [75.02, 39.47, 75, 4534, 4370683.5618, 501721.0077],
  [134.9, 48.4, 135, 4554, 5362910.112, 492595.3349],
  [116.391, 39.907, 117, 4548, 4419380.4476, 447924.4832],
  [113.0, 0.5, 114, 4547, 55295.6301, 388679.0304],
] as const;

test.each(PROJ)('%d, %d lies in the strip of %d° as PROJ says, both ways', (lng, lat, meridian, epsg, northing, easting) => {
  expect(meridianOf(lng)).toBe(meridian);
  expect([epsgOf(meridian), epsgOf(meridian, true)]).toEqual([epsg, epsg - 21]);
  const grid = toGrid({ lng, lat });
  expect(Math.abs(grid.northing - northing)).toBeLessThan(0.0001); // the table has four decimals
  expect(Math.abs(grid.easting - easting)).toBeLessThan(0.0001);
  const place = fromGrid({ northing, easting, meridian });
  expect(Math.abs(place.lng - lng)).toBeLessThan(2e-9); // 0.2 mm
  expect(Math.abs(place.lat - lat)).toBeLessThan(2e-9);
});

test('a place in the neighbouring strip, as PROJ says', () => {
  const { northing, easting } = toGrid({ lng: 119.13, lat: 28.07 }, 117);
  expect(northing).toBeCloseTo(3108031.2245, 3);
  expect(easting).toBeCloseTo(709402.3017, 3);
});

test('there and back again is the same place to a hundredth of a millimetre, from pole to pole', () => {
  for (let lat = -89.5; lat < 90; lat += 4.7) {
    for (let lng = 115.5; lng < 125; lng += 0.83) {
      const back = fromGrid(toGrid({ lng, lat }, 120));
      expect(Math.abs(back.lng - lng) * Math.cos((lat * Math.PI) / 180)).toBeLessThan(1e-10);
      expect(Math.abs(back.lat - lat)).toBeLessThan(1e-10);
    }
  }
});

test('codes and zones of strips', () => {
  expect([epsgOf(75), epsgOf(120), epsgOf(135), epsgOf(120, true)]).toEqual([4534, 4549, 4554, 4528]);
  expect([epsgOf(72), epsgOf(138), epsgOf(0), epsgOf(121)]).toEqual([null, null, null, null]);
  expect(zoneOf(120)).toBe(40);
});

test('places in words', () => {
  const place = { lng: 119.13, lat: 28.07 };
  expect(degrees(place)).toBe('119.130000, 28.070000');
  expect(dms(place, 'zh')).toBe('东经 119°07′48.00″，北纬 28°04′12.00″');
  expect(dms(place, 'en')).toBe('28°04′12.00″N, 119°07′48.00″E');
  expect(dms({ lng: -0.5, lat: -5.9999999 }, 'en')).toBe('06°00′00.00″S, 00°30′00.00″W'); // 59.9996″ carries over
  expect(gridText(toGrid(place))).toBe('X 3106504.69, Y 414478.69');
  expect(gridText(toGrid(place), true)).toBe('X 3106504.69, Y 40414478.69');
  expect(gridName(120, 'zh')).toBe('CGCS2000 3°带高斯–克吕格 中央经线 120° · EPSG:4549');
  expect(gridName(120, 'en', true)).toBe('CGCS2000 3° Gauss–Krüger, CM 120° · EPSG:4528');
});

const LONGQUAN = { bounds: [118.7, 27.7, 119.42, 28.34] } as const;

test.each([
  '28.07,119.13', '119.13 28.07', '119.13，28.07', '１１９．１３、２８．０７', '(28.07; 119.13)', 'geo:28.07,119.13', '119.13E 28.07N', 'N28.07 E119.13',
  '北纬28.07，东经119.13', '东经119.13度 北纬28.07度', '经度：119.13 纬度：28.07', 'lat=28.07, lon=119.13', '119.13° 28.07°', '28.07°N, 119.13°E', '28.07/119.13',
  'X=119.13 Y=28.07',
])('degrees: %s', (text) => {
  const [first] = parseCoordinates(text, LONGQUAN);
  expect(first).toMatchObject({ form: 'degrees', inside: true, meridian: null });
  expect(first!.lng).toBeCloseTo(119.13, 12);
  expect(first!.lat).toBeCloseTo(28.07, 12);
});

test.each([
  '28°04′12″N 119°07′48″E', '28° 4\' 12" N, 119° 7\' 48" E', '东经119°07′48″，北纬28°04′12″', '119度7分48秒 28度4分12秒', '28°04′12″ 119°07′48″',
  'E119°7′48.0″N28°4′12.0″', '28 04 12 119 07 48', '28 04 12 N 119 07 48 E', '119 07.8, 28 04.2', '119º07.8′ 28º04.2′', "28°04'12''北 119°07'48''东",
])('minutes and seconds: %s', (text) => {
  const [first] = parseCoordinates(text, LONGQUAN);
  expect(first).toMatchObject({ form: 'dms', inside: true });
  expect(first!.lng).toBeCloseTo(119.13, 10);
  expect(first!.lat).toBeCloseTo(28.07, 10);
});

test.each([
  '3106504.6885, 414478.6936', '414478.6936 3106504.6885', 'X=3106504.6885 Y=40414478.6936', 'X：3106504.6885，Y：40414478.6936', '40414478.6936,3106504.6885',
  'x 3106504.6885 y 414478.6936', '纵坐标3106504.6885米，横坐标414478.6936米', '3106504.6885m 414478.6936m',
])('Gauss–Krüger: %s', (text) => {
  const [first] = parseCoordinates(text, LONGQUAN);
  expect(first).toMatchObject({ form: 'grid', inside: true, meridian: 120 });
  expect(first!.lng).toBeCloseTo(119.13, 8);
  expect(first!.lat).toBeCloseTo(28.07, 8);
});

test('an easting without a zone is tried in the neighbouring strip where the own one misses the city', () => {
  const [first, ...rest] = parseCoordinates('3108031.2245 709402.3017', LONGQUAN);
  expect(first).toMatchObject({ meridian: 117, inside: true });
  expect(first!.lng).toBeCloseTo(119.13, 8);
  expect(rest.map(({ meridian, inside }) => [meridian, inside])).toEqual([[120, false]]);
});

test('zones of six degrees: 20 has its meridian at 117', () => {
  const [first] = parseCoordinates('3108031.2245 20709402.3017', LONGQUAN);
  expect(first).toMatchObject({ meridian: 117, inside: true });
});

test('what the numbers leave open is settled by the city, and told', () => {
  const cambridge = { bounds: [0, 52, 0.3, 52.4] } as const;
  const found = parseCoordinates('52.2, 0.12', cambridge);
  expect(found.map(({ lng, lat, inside }) => [lng, lat, inside])).toEqual([[0.12, 52.2, true], [52.2, 0.12, false]]);
  expect(parseCoordinates('31.23, 121.47', LONGQUAN)[0]).toMatchObject({ lng: 121.47, lat: 31.23, inside: false });
  expect(parseCoordinates('-33.87 151.21', LONGQUAN)).toMatchObject([{ lng: 151.21, lat: -33.87 }]);
  expect(parseCoordinates('33°52′S 151°12′E', LONGQUAN)[0]).toMatchObject({ lat: -(33 + 52 / 60), lng: 151.2 });
  expect(parseCoordinates('N28.07 E60', LONGQUAN)).toHaveLength(1); // named: no guessing
});

test.each(['', '剑池路18号', '18', '28.07', '28.07,119.13,5', '95, 99', '28°70′ 119°10′', 'G9526', '331181', '28.5 10 119 20', 'N28 N119', '200 28', '3106504 3106504', '1.2.3 4', '18号 20'])(
  'no coordinates: %s', (text) => expect(parseCoordinates(text, LONGQUAN)).toEqual([]));
