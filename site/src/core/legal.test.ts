import { expect, test } from 'vitest';

import { foreignCredit, standing } from './legal.ts';

const catalog = { attribution: { zh: '青溪市规划局', en: 'Qingxi Bureau' }, notice: { zh: '示例数据', en: 'Sample data' } };

test.each([
  [null, ''], ['', ''], ['青溪市规划局', ''], ['青溪市规划局 · 示例数据', ''], ['Qingxi Bureau', ''],
  ['青溪测绘院', '青溪测绘院'], ['青溪市规划局 · 某卫星公司 · 示例数据', '某卫星公司'],
])('the credit of %s', (attribution, expected) => {
  expect(foreignCredit(attribution, catalog)).toBe(expected);
});

test.each([
  [true, null, ['reviewPending']], [undefined, null, ['reviewPending']], [true, '浙S(2026)1号', ['reviewNumber']],
  [false, null, ['internalUse']], [false, '浙S(2026)1号', ['internalUse', 'reviewNumber']],
] as const)('what a map for all (%s) with the number %s says of itself', (open, number, expected) => {
  const edition = { id: 'e', title: { zh: '版', en: 'edition' }, ...(open === undefined ? {} : { public: open }) };
  expect(standing({ edition, review: { number } }).map(([text]) => text)).toEqual(expected);
});
