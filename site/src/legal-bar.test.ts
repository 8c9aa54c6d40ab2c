import { expect, test } from 'vitest';

import { foreignCredit } from './legal-bar.ts';

const catalog = { attribution: { zh: '青溪市规划局', en: 'Qingxi Bureau' }, notice: { zh: '示例数据', en: 'Sample data' } };

test.each([
  [null, ''], ['', ''], ['青溪市规划局', ''], ['青溪市规划局 · 示例数据', ''], ['Qingxi Bureau', ''],
  ['青溪测绘院', '青溪测绘院'], ['青溪市规划局 · 某卫星公司 · 示例数据', '某卫星公司'],
])('the credit of %s', (attribution, expected) => {
  expect(foreignCredit(attribution, catalog)).toBe(expected);
});
