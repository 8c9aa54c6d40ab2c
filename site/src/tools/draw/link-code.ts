// A drawing as a few letters for the address: `kind width colour,places,name,note;…`, all that a link may carry unescaped but names.

import type { Position } from 'geojson';

import { circleGeometry, KINDS, rounded, type Kind, type Shape } from './shape.ts';

export const LONGEST = 1500; // letters: mail programs and chats cut longer links

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const UNIT = 1e6; // a millionth of a degree: 0.1 m
const MARKS: Readonly<Record<string, string>> = { '~': '~0', ',': '~1', ';': '~2' };

/** The drawing as text; a link may carry it when it is no longer than `LONGEST`. */
export function encoded(shapes: readonly Shape[]): string {
  return shapes.map((shape) => [head(shape), places(shape), escaped(shape.name), escaped(shape.note)].join(',').replace(/,+$/, '')).join(';');
}

/** The drawing of a text, or null where it is none. */
export function decoded(text: string): Shape[] | null {
  const shapes = text.split(';').map((part, i) => shapeOf(part, i + 1));
  return shapes.every((shape) => shape !== null) ? shapes : null;
}

// p point, t text, l line, f freehand, a area, r rectangle, c circle
function head({ kind, width, colour }: Shape): string {
  return `${kind[0]!}${Math.min(9, Math.max(1, Math.round(width)))}${colour.slice(1)}`;
}

function places({ geometry, circle }: Shape): string {
  if (circle) return numbers([...circle.centre.map((degrees) => degrees * UNIT), circle.radius * 10]);
  const corners = geometry.type === 'Point' ? [geometry.coordinates] : geometry.type === 'LineString' ? geometry.coordinates : geometry.coordinates[0]!.slice(0, -1);
  let [x, y] = [0, 0];
  return numbers(corners.flatMap((at) => {
    const [nextX, nextY] = [Math.round(at[0]! * UNIT), Math.round(at[1]! * UNIT)];
    const step = [nextX - x, nextY - y];
    [x, y] = [nextX, nextY];
    return step;
  }));
}

function shapeOf(text: string, id: number): Shape | null {
  const [start = '', body = '', name = '', note = '', ...more] = text.split(',');
  const [, letter, width, colour] = /^([a-z])([1-9])([0-9a-f]{6})$/.exec(start) ?? [];
  const kind: Kind | undefined = KINDS.find((one) => one[0] === letter);
  const values = valuesOf(body);
  if (!kind || !values || more.length > 0) return null;
  const look = { id, kind, name: plain(name), note: plain(note), colour: `#${colour!}`, width: Number(width) };
  if (kind === 'circle') {
    const [lng, lat, radius] = values;
    if (values.length !== 3 || !(radius! > 0) || !sane([lng! / UNIT, lat! / UNIT])) return null;
    const circle = { centre: rounded([lng! / UNIT, lat! / UNIT]), radius: radius! / 10 };
    return { ...look, circle, geometry: circleGeometry(circle) };
  }
  let [x, y] = [0, 0];
  const corners: [number, number][] = [];
  for (let i = 0; i + 1 < values.length; i += 2) corners.push(rounded([(x += values[i]!) / UNIT, (y += values[i + 1]!) / UNIT]));
  if (values.length % 2 !== 0 || !corners.every(sane)) return null;
  if (kind === 'point' || kind === 'text') return corners.length === 1 ? { ...look, geometry: { type: 'Point', coordinates: corners[0]! } } : null;
  if (kind === 'line' || kind === 'freehand') return corners.length >= 2 ? { ...look, geometry: { type: 'LineString', coordinates: corners } } : null;
  return corners.length >= 3 ? { ...look, geometry: { type: 'Polygon', coordinates: [[...corners, corners[0]!]] } } : null;
}

/** Whole numbers, the sign in the lowest bit, five bits a letter, the sixth where more follow; as Google's polylines, in letters of links. */
function numbers(values: readonly number[]): string {
  let text = '';
  for (const value of values) {
    const whole = Math.round(value);
    let rest = whole < 0 ? -whole * 2 - 1 : whole * 2; // beyond 31 bits for longitudes: no shifts
    while (rest >= 32) {
      text += LETTERS[(rest % 32) + 32]!;
      rest = Math.floor(rest / 32);
    }
    text += LETTERS[rest]!;
  }
  return text;
}

function valuesOf(text: string): number[] | null {
  const values: number[] = [];
  let [sum, factor] = [0, 1];
  for (const letter of text) {
    const bits = LETTERS.indexOf(letter);
    if (bits < 0 || factor > 2 ** 40) return null;
    sum += (bits % 32) * factor;
    factor *= 32;
    if (bits >= 32) continue;
    values.push(sum % 2 === 1 ? -(sum + 1) / 2 : sum / 2);
    [sum, factor] = [0, 1];
  }
  return factor === 1 ? values : null;
}

function sane([lng, lat]: Position): boolean {
  return Math.abs(lng!) <= 180 && Math.abs(lat!) <= 90;
}

function escaped(text: string): string {
  return text.replace(/[~,;]/g, (letter) => MARKS[letter]!);
}

function plain(text: string): string {
  return text.replace(/~[012]/g, (mark) => Object.keys(MARKS).find((letter) => MARKS[letter] === mark)!);
}
