import { expect, test } from 'vitest';

import type { Part } from '../../state/embed-parts.ts';
import { changesFor, embedCode, sizeOf, type EmbedChoices } from './embed-code.ts';

const choices: EmbedChoices = { width: 600, height: 400, language: null, parts: new Set<Part>(['zoom', 'info']), marker: null };

test('the code of a map of a fixed size', () => {
  expect(embedCode('http://a/embed.html#map=1/2/3&on=a', '数字"龙泉"', choices)).toBe(
    '<iframe src="http://a/embed.html#map=1/2/3&#38;on=a" title="数字&#34;龙泉&#34;" width="600" height="400" style="border: 0" loading="lazy" allow="clipboard-write" allowfullscreen></iframe>');
});

test('the code of a map as wide as its page', () => {
  expect(embedCode('http://a/', 't', { ...choices, width: null })).toContain('style="width: 100%; height: 400px; border: 0"');
});

test('the address says what is not as usual', () => {
  expect(changesFor(choices)).toEqual({ lang: null, with: null, pin: null });
  expect(changesFor({ ...choices, language: 'en', parts: new Set(), marker: '119,28' })).toEqual({ lang: 'en', with: 'none', pin: '119,28' });
});

test.each([['600', 600], ['', 450], ['x', 450], ['9', 160], ['99999', 4000], ['333.4', 333]])('a size of %j', (text, size) => {
  expect(sizeOf(text, 450)).toBe(size);
});
