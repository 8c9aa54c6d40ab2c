import { expect, test } from 'vitest';

import { partsIn, partsText } from '../state/embed-parts.ts';
import { hear } from './protocol.ts';

test.each([
  [{ type: 'setView', center: [119.1, 28.1], zoom: 13 }, { type: 'setView', center: [119.1, 28.1], zoom: 13, animate: false }],
  [{ type: 'setView', pitch: 30, animate: true }, { type: 'setView', pitch: 30, animate: true }],
  [{ type: 'show', datasets: ['schools'] }, { type: 'show', datasets: ['schools'] }],
  [{ type: 'setBase', base: 'imagery' }, { type: 'setBase', base: 'imagery' }],
  [{ type: 'select', feature: { dataset: 'roads', id: 7 } }, { type: 'select', feature: { dataset: 'roads', id: '7' } }],
  [{ type: 'select', feature: null }, { type: 'select', feature: null }],
  [{ type: 'mark', place: { lng: 119, lat: 28 } }, { type: 'mark', place: { lng: 119, lat: 28, title: '' } }],
  [{ type: 'getState' }, { type: 'getState' }],
])('%j is understood', (message, command) => {
  expect(hear({ longquan: 1, id: 'a', ...message })).toEqual({ id: 'a', command, fault: null });
});

test.each([
  [{ type: 'setView', center: [28, 119] }, 'center'], [{ type: 'setView', zoom: '13' }, 'zoom'], [{ type: 'setView', zoom: NaN }, 'zoom'], [{ type: 'show', datasets: 'schools' }, 'datasets'],
  [{ type: 'setBase', base: 'moon' }, 'imagery'], [{ type: 'select' }, 'feature'], [{ type: 'mark', place: { lng: 190, lat: 0 } }, 'degrees'], [{ type: 'explode' }, 'getState'], [{}, 'type'],
])('%j is refused with a reason', (message, reason) => {
  const heard = hear({ longquan: 1, ...message });
  expect(heard?.command).toBeNull();
  expect(heard?.fault).toContain(reason);
});

test('another version is told which one is spoken', () => {
  expect(hear({ longquan: 2, id: 5, type: 'getState' })).toEqual({ id: 5, command: null, fault: expect.stringContaining('1') });
});

test.each([null, 'text', 7, [], { type: 'getState' }, { source: 'react-devtools' }])('%j is meant for somebody else', (data) => {
  expect(hear(data)).toBeNull();
});

test.each([['', 'zoom,info'], ['#with=none', ''], ['#map=1/2/3&with=layers,zoom,rockets', 'zoom,layers']])('the parts in %s', (hash, parts) => {
  expect([...partsIn(hash)].join(',')).toBe(parts);
  expect([...partsIn(`#with=${partsText(partsIn(hash)) ?? 'zoom,info'}`)].join(',')).toBe(parts);
});
