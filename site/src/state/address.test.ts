import { expect, test } from 'vitest';

import { changeHash, readAddress } from './address.ts';

test('the address tells language and switched layers', () => {
  const wishes = readAddress(new URL('http://a/x/?lang=zh#map=12/28.07/119.13&lang=en&on=schools,clinics&off=roads'));
  expect(wishes).toMatchObject({ language: 'en', on: new Set(['schools', 'clinics']), off: new Set(['roads']) });
});

test('an address that wishes nothing', () => {
  expect(readAddress(new URL('http://a/x/?lang=zh'))).toEqual({
    language: 'zh', on: new Set(), off: new Set(), fade: new Map(), above: [], base: null, image: null, date: null, opacity: null, shade: null, terrain: null,
    flavour: null, selected: null, marker: null, tool: null, swipe: null, time: null, drawing: null,
  });
});

test('the address tells base map, date, opacity, shades and exaggeration', () => {
  const wishes = readAddress(new URL('http://a/#base=hybrid&image=ortho&date=2023-11&opacity=0.35&shade=slope,aspect&terrain=2.25'));
  expect(wishes).toMatchObject({ base: 'hybrid', image: 'ortho', date: '2023-11', opacity: 0.35, shade: new Set(['slope', 'aspect']), terrain: 2.25 });
});

test('numbers out of bounds are held within, what is no number is left out', () => {
  expect(readAddress(new URL('http://a/#opacity=7&terrain=0'))).toMatchObject({ opacity: 1, terrain: 0.5 });
  expect(readAddress(new URL('http://a/#opacity=-1&terrain=99'))).toMatchObject({ opacity: 0, terrain: 3 });
  expect(readAddress(new URL('http://a/#opacity=much&terrain='))).toMatchObject({ opacity: null, terrain: null });
});

test('changing one parameter leaves the view alone', () => {
  expect(changeHash('#map=12/28.07/119.13/-30/45', { lang: 'en' })).toBe('#map=12/28.07/119.13/-30/45&lang=en');
  expect(changeHash('#map=12/1/2&lang=en&on=a', { on: '', lang: 'zh' })).toBe('#map=12/1/2&lang=zh');
  expect(changeHash('#lang=en', { lang: null })).toBe('');
});

test('what a person reads stays readable, what would end a value is escaped', () => {
  const hash = changeHash('', { pin: '119.1,28.1,剑池 & 100%#' });
  expect(hash).toBe('#pin=119.1,28.1,剑池%20%26%20100%25%23');
  expect(readAddress(new URL(`http://a/${hash}`)).marker).toEqual({ lng: 119.1, lat: 28.1, title: '剑池 & 100%#' });
});

test('a value that is no escape sequence is taken as it stands', () => {
  expect(readAddress(new URL('http://a/#tool=100%')).tool).toBe('100%');
});
