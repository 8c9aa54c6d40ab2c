// The words of the search box.

import type { Say } from '../../messages/i18n.ts';

export const words = {
  zh: {
    search: '搜索地名、地址、路名',
    searchLabel: '搜索地名、地址、路名、代码或坐标',
    clear: '清除搜索',
    suggestions: '搜索结果',
    recent: '最近搜索',
    forget: '清除最近搜索',
    forgotten: '最近搜索已清除',
    found: '找到 {count} 条结果，用上下方向键选择',
    none: '没有找到“{text}”',
    advice: '检查有无错字，少写几个字，或改用拼音（如 jianchilu、jcl）、路线编号、行政区划代码、经纬度。',
    failed: '搜索索引读取失败，请检查网络后重试',
    coordinates: '坐标位置',
    grid: 'CGCS2000 3°带，中央经线 {meridian}°',
    outside: '在本市范围之外',
    number: '门牌',
    interpolated: '门牌，按两侧号码推算',
    gone: '已定位到{name}',
    pin: '标记：{name}',
    place: '此处',
    metres: '{n} 米',
    kilometres: '{n} 公里',
  },
  en: {
    search: 'Search places and addresses',
    searchLabel: 'Search places, addresses, roads, codes or coordinates',
    clear: 'Clear the search',
    suggestions: 'Search results',
    recent: 'Recent searches',
    forget: 'Clear recent searches',
    forgotten: 'Recent searches were cleared',
    found: 'Results: {count}; choose with the arrow keys',
    none: 'Nothing found for “{text}”',
    advice: 'Look for a wrong letter, type less, or try pinyin (jianchilu, jcl), a route number, an admin code or coordinates.',
    failed: 'The search index could not be read; check the network and try again',
    coordinates: 'Coordinates',
    grid: 'CGCS2000 3° grid, CM {meridian}°',
    outside: 'outside the city',
    number: 'House number',
    interpolated: 'House number, placed between its neighbours',
    gone: 'Now at {name}',
    pin: 'Pin: {name}',
    place: 'here',
    metres: '{n} m',
    kilometres: '{n} km',
  },
} as const;

export type SearchSay = Say<keyof (typeof words)['zh']>;
