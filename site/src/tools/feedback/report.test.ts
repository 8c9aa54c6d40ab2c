import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';

import type { Catalog, Dataset } from '../../core/catalog.ts';
import { addressee, mailDraft, reportFile, type Report } from './report.ts';

const roads = { id: 'roads', title: { zh: '道路' }, currency: '2026-09-30', department: { id: 'transport', name: { zh: '交通局' }, contact: { email: 'roads@example.org' } } } as unknown as Dataset;
const catalog = { platform: { zh: '数字青溪' }, city: { name: { zh: '青溪市' } }, edition: { id: 'public' }, as_of: '2026-10-01', attribution: { zh: '青溪市规划局' } } as unknown as Catalog;
const report: Report = {
  kind: 'wrong', text: '路名写错了\n应为剑池路', contact: '', place: { lng: 119.123456789, lat: 28 }, dataset: roads, feature: { dataset: 'roads', id: '7' },
  link: 'http://a/#map=1/2/3', made: new Date('2026-11-23T06:00:00Z'),
};

test('the file holds what was said, where, about which data, and the picture untouched', () => {
  const files = unzipSync(reportFile(report, catalog, new Uint8Array([1, 2, 3])));
  expect(Object.keys(files)).toEqual(['report.json', 'map.png']);
  expect([...files['map.png']!]).toEqual([1, 2, 3]);
  expect(JSON.parse(strFromU8(files['report.json']!))).toEqual({
    longquan_feedback: 1, platform: { zh: '数字青溪' }, city: { name: { zh: '青溪市' } }, edition: 'public', as_of: '2026-10-01', made: '2026-11-23T06:00:00.000Z',
    kind: 'wrong', text: '路名写错了\n应为剑池路', contact: null, place: { lng: 119.1234568, lat: 28 },
    dataset: { id: 'roads', title: { zh: '道路' }, department: 'transport', currency: '2026-09-30' }, feature: { dataset: 'roads', id: '7' }, link: 'http://a/#map=1/2/3',
  });
});

test('without a picture there is none in the file', () => {
  expect(Object.keys(unzipSync(reportFile(report, catalog, null)))).toEqual(['report.json']);
});

test('the department of the data is written to, else the owner of the map', () => {
  expect(addressee(roads, catalog, 'zh', '平台')).toEqual({ name: '交通局', mail: 'roads@example.org' });
  expect(addressee(null, catalog, 'zh', '平台')).toEqual({ name: '青溪市规划局', mail: null });
  const odd = { ...roads, department: { ...roads.department, contact: { email: 'a@b?bcc=x@y' } } } as unknown as Dataset;
  expect(addressee(odd, catalog, 'zh', '平台').mail).toBeNull();
});

test('a mail says all that fits into an address', () => {
  const short = new URL(mailDraft('a@b.org', '反馈', ['一', '二 & 三']));
  expect([short.pathname, short.searchParams.get('subject'), short.searchParams.get('body')]).toEqual(['a@b.org', '反馈', '一\n二 & 三']);
  const long = mailDraft(null, 's', ['字'.repeat(1000)]);
  expect(long.length).toBeLessThan(1800);
  expect(decodeURIComponent(long)).toMatch(/字…$/);
});
