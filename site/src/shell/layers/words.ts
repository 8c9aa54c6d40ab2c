// The words of the layer panel.

import type { Say } from '../../messages/i18n.ts';

export const words = {
  zh: {
    find: '查找图层',
    foundSome: '找到 {count} 个图层',
    foundNone: '没有与“{text}”相符的图层',
    wholeTheme: '显示或隐藏“{theme}”的全部图层',
    reset: '恢复默认图层',
    resetDone: '图层、不透明度和顺序已恢复默认',
    order: '叠放顺序',
    onTop: '置于顶层，自上而下',
    onGround: '置于底层，压在底图之上',
    toTop: '置于顶层',
    toBottom: '置于底层',
    home: '“{name}”恢复原顺序',
    move: '移动“{name}”：按上下方向键或拖动',
    moved: '“{name}”：第 {place} 层，共 {count} 层',
    layerOpacity: '不透明度',
    zoomTo: '缩放至图层',
    nearer: '放大',
    nearerFor: '放大到能看见“{name}”的级别',
  },
  en: {
    find: 'Find layers',
    foundSome: 'Layers found: {count}',
    foundNone: 'No layer goes by “{text}”',
    wholeTheme: 'Show or hide all layers of “{theme}”',
    reset: 'Layers as usual',
    resetDone: 'Layers, opacities and order are as usual',
    order: 'Drawing order',
    onTop: 'Over all others, from the top',
    onGround: 'Under all others, on the base map',
    toTop: 'To the top',
    toBottom: 'To the bottom',
    home: 'Put {name} back where it was',
    move: 'Move {name}: arrow keys up and down, or drag',
    moved: '{name}: number {place} of {count}',
    layerOpacity: 'Opacity',
    zoomTo: 'Zoom to layer',
    nearer: 'Zoom in',
    nearerFor: 'Zoom in until {name} can be seen',
  },
};

export type SayLayers = Say<keyof typeof words.zh>;
