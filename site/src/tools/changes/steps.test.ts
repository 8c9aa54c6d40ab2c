import { expect, test } from 'vitest';

import type { ChangeStep, Dataset } from '../../core/catalog.ts';
import { translator } from '../../messages/i18n.ts';
import { layersFor } from './change-layers.ts';
import { changingOf, chosen, differences, kindOf, moved, written } from './steps.ts';

const step = (from: string, to: string, file?: string): ChangeStep => ({
  from: { version: from, currency: `${from}-01-01` }, to: { version: to, currency: `${to}-01-01` }, added: 0, removed: 0, changed: 0, ...(file ? { file } : {}),
});
const dataset = (id: string, changes?: readonly ChangeStep[]): Dataset => ({
  id, title: { zh: id }, theme: 't', department: { id: 'd', name: {} }, currency: null, layers: [], ...(changes ? { changes } : {}),
  fields: [
    { name: 'NAME', title: { zh: '名称' }, type: 'string', unit: null }, { name: 'WIDTH', title: { zh: '宽度' }, type: 'number', unit: 'm' },
    { name: 'CLASS', title: { zh: '等级' }, type: 'string', unit: null, domain: { street: { zh: '街道' }, national: { zh: '国道' } } },
  ],
});
const all = changingOf({ datasets: [dataset('plain'), dataset('still', [step('2', '3')]), dataset('roads', [step('2', '3', 'x'), step('1', '2', 'y')]), dataset('none', [])] });

test('datasets with changes, their steps the oldest first', () => {
  expect(all.map(({ dataset: { id }, steps }) => [id, steps.map(({ to }) => to.version)])).toEqual([['still', ['3']], ['roads', ['2', '3']]]);
});

test('a link names a step; without one the newest of a dataset that has something to show', () => {
  const at = (time: string | null): unknown => {
    const found = chosen(all, time)!;
    return [found.changing.dataset.id, found.step];
  };
  expect([at(null), at('roads:2'), at('roads:9'), at('still:3'), at('gone:1')]).toEqual([['roads', 1], ['roads', 0], ['roads', 1], ['still', 0], ['roads', 1]]);
  expect(at(written(all[1]!.dataset, all[1]!.steps[0]!))).toEqual(['roads', 0]);
  expect(chosen([], null)).toBeNull();
});

test('old values beside new ones, in words', () => {
  const properties = { ID: 2, NAME: '乙大道', CLASS: 'national', changed: 'NAME, CLASS, WIDTH, geometry', 'old:NAME': '乙路', 'old:CLASS': 'street', 'old:WIDTH': 7.5 };
  expect(differences(dataset('roads'), 'changed', properties, 'zh', translator('zh'))).toEqual([
    { title: '名称', before: '乙路', after: '乙大道', differs: true }, { title: '宽度', before: '7.5 m', after: null, differs: true },
    { title: '等级', before: '街道', after: '国道', differs: true }, { title: 'ID', before: '2', after: '2', differs: false },
  ]);
  expect([moved(properties), moved({ changed: 'NAME' }), moved({})]).toEqual([true, false, false]);
});

test('what came has no past, what went no present; a field of the data may be called as it likes', () => {
  const t = translator('zh');
  expect(differences(dataset('roads'), 'added', { NAME: '戊路', changed: 'x' }, 'zh', t)).toEqual([
    { title: '名称', before: null, after: '戊路', differs: false }, { title: 'changed', before: null, after: 'x', differs: false }]);
  expect(differences(dataset('roads'), 'removed', { NAME: '丙路' }, 'zh', t)).toEqual([{ title: '名称', before: '丙路', after: null, differs: false }]);
});

test('kinds by the ends of names, drawn with what changed below what went and came', () => {
  expect([kindOf('bus-lines-added'), kindOf('a-removed'), kindOf('changed-changed'), kindOf('roads')]).toEqual(['added', 'removed', 'changed', null]);
  const ids = layersFor(['r-added', 'r-changed', 'strange']).map(({ id }) => id.replace('longquan-changes-', ''));
  expect(ids).toEqual(['area-changed', 'area-added', 'edge-changed', 'edge-added', 'line-changed', 'line-added', 'point-changed', 'point-added']);
});
