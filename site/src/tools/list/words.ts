// The words of the list of features in view.

import type { Say } from '../../messages/i18n.ts';

export const words = {
  zh: {
    hint: '地图视野内的要素，按离地图中心的远近排列，供看不到地图画面的读者使用。移动地图后自动更新。',
    counted: '视野内有 {datasets} 个图层的 {features} 个要素',
    none: '视野内没有可列出的要素。放大地图或打开更多图层再试。',
    group: '{name}（{count}）',
    more: '再列出 {count} 个',
    here: '在中心',
    at: '{direction} {distance}',
    metres: '{value} 米',
    kilometres: '{value} 公里',
    compass_0: '北', compass_1: '东北', compass_2: '东', compass_3: '东南', compass_4: '南', compass_5: '西南', compass_6: '西', compass_7: '西北',
    chosen: '已在地图上标出：{name}',
    goThere: '移到地图中心',
  },
  en: {
    hint: 'The features in view, nearest to the centre of the map first, for those who cannot see it. Follows when the map is moved.',
    counted: 'In view: {features} features of {datasets} layers',
    none: 'Nothing to list in this view. Zoom in or switch on more layers.',
    group: '{name} ({count})',
    more: 'List {count} more',
    here: 'at the centre',
    at: '{distance} {direction}',
    metres: '{value} m',
    kilometres: '{value} km',
    compass_0: 'north', compass_1: 'north-east', compass_2: 'east', compass_3: 'south-east', compass_4: 'south', compass_5: 'south-west', compass_6: 'west', compass_7: 'north-west',
    chosen: 'Marked on the map: {name}',
    goThere: 'Move the map there',
  },
};

export type SayList = Say<keyof typeof words.zh>;
