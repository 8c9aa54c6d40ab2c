// The words of the map without WebGL 2.

export const words = {
  zh: {
    canvas: '影像与地貌图。方向键移动，加减号缩放。',
    picture: '影像',
    relief: '只看地貌',
    zoomIn: '放大',
    zoomOut: '缩小',
  },
  en: {
    canvas: 'Imagery and relief. Arrow keys move, plus and minus zoom.',
    picture: 'Imagery',
    relief: 'Relief only',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
  },
};
