// The words of what is here, besides those of the frame.

import type { Say } from '../../messages/i18n.ts';

export const words = {
  zh: {
    coordinates: '坐标',
    form_degrees: '经纬度',
    form_dms: '度分秒',
    form_grid: '高斯平面',
    form_numbered: '高斯平面，带号',
    copy: '复制',
    copyOf: '复制{form}坐标',
    copied: '已复制：{text}',
    copyFailed: '浏览器不允许复制，请选中后手工复制：{text}',
    code: '行政区划代码',
    nearAddress: '最近地址',
    away: '{address}（{metres} 米）',
    link: '复制链接',
    report: '报告错误',
    selected: '已选中：{name}',
  },
  en: {
    coordinates: 'Coordinates',
    form_degrees: 'Lng, lat',
    form_dms: 'DMS',
    form_grid: 'Grid',
    form_numbered: 'Grid with zone',
    copy: 'Copy',
    copyOf: 'Copy coordinates: {form}',
    copied: 'Copied: {text}',
    copyFailed: 'The browser does not let the page copy; please copy by hand: {text}',
    code: 'Admin code',
    nearAddress: 'Nearest address',
    away: '{address} ({metres} m)',
    link: 'Copy link',
    report: 'Report an error',
    selected: 'Selected: {name}',
  },
};

export type SayHere = Say<keyof typeof words.zh>;
