// The words of the view of changes.

import type { Say } from '../../messages/i18n.ts';

export const words = {
  zh: {
    hint: '查看数据集相邻两个版本之间的变化。点击地图或列表中的要素查看新旧属性。',
    dataset: '数据集',
    step: '版本',
    between: '{from} → {to}',
    kind_added: '新增',
    kind_removed: '删除',
    kind_changed: '修改',
    kindCount: '{kind}（{count}）',
    nothing: '这两个版本之间没有可在地图上显示的变化。',
    zoomTo: '缩放至全部变化',
    inView: '视野内的变化：{count}',
    more: '另有 {count} 项，放大地图查看',
    geometry: '位置或形状',
    moved: '已改变',
    none: '（无）',
    was: '原为',
    is: '现为',
    told: '{name}：{from} → {to}，新增 {added}，删除 {removed}，修改 {changed}',
  },
  en: {
    hint: 'What changed in a dataset from one version to the next. Click a feature on the map or in the list for old and new values.',
    dataset: 'Dataset',
    step: 'Versions',
    between: '{from} → {to}',
    kind_added: 'Added',
    kind_removed: 'Removed',
    kind_changed: 'Changed',
    kindCount: '{kind} ({count})',
    nothing: 'Nothing that a map can show changed between these versions.',
    zoomTo: 'Zoom to all changes',
    inView: 'Changes in view: {count}',
    more: '{count} more: zoom in to see them',
    geometry: 'Place or shape',
    moved: 'changed',
    none: '(none)',
    was: 'was',
    is: 'is',
    told: '{name}: {from} → {to}, {added} added, {removed} removed, {changed} changed',
  },
};

export type SayChanges = Say<keyof typeof words.zh>;
