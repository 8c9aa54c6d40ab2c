import { expect, test } from 'vitest';

import { changeHash, readAddress } from './address.ts';

test('the address tells language and switched layers', () => {
  const wishes = readAddress(new URL('http://a/x/?lang=zh#map=12/28.07/119.13&lang=en&on=schools,clinics&off=roads'));
  expect(wishes).toEqual({ language: 'en', on: new Set(['schools', 'clinics']), off: new Set(['roads']) });
  expect(readAddress(new URL('http://a/x/?lang=zh'))).toEqual({ language: 'zh', on: new Set(), off: new Set() });
});

test('changing one parameter leaves the view alone', () => {
  expect(changeHash('#map=12/28.07/119.13/-30/45', { lang: 'en' })).toBe('#map=12/28.07/119.13/-30/45&lang=en');
  expect(changeHash('#map=12/1/2&lang=en&on=a', { on: '', lang: 'zh' })).toBe('#map=12/1/2&lang=zh');
  expect(changeHash('#lang=en', { lang: null })).toBe('');
});
