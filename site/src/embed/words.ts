// The words of the embedded map.

export const words = {
  zh: { larger: '打开大图', layers: '图层', close: '关闭' },
  en: { larger: 'Open the large map', layers: 'Layers', close: 'Close' },
};
