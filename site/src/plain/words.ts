import type { Words } from '../messages/i18n.ts';

export type PlainWord = keyof typeof zh;

const zh = {
  canvas: '影像与地貌图。方向键移动，加减号缩放。',
  picture: '影像',
  relief: '只看地貌',
  zoomIn: '放大',
  zoomOut: '缩小',
};

const en: Record<PlainWord, string> = {
  canvas: 'Imagery and relief. Arrow keys move, plus and minus zoom.',
  picture: 'Imagery',
  relief: 'Relief only',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
};

export const plainWords: Words<PlainWord> = { zh, en };
