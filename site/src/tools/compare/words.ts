// The words of the swipe between two maps.

export const words = {
  zh: {
    left: '左侧',
    right: '右侧',
    base_map: '地图',
    base_imagery: '影像',
    base_hybrid: '影像注记',
    base_terrain: '地形',
    flavour: '地图样式：{name}',
    divider: '左右分界',
    dividerAt: '左侧占 {percent}%',
    hint: '拖动地图上的分界，或用左右方向键移动。图层的开关对两侧都有效；点击查询的是左侧。',
    swap: '左右对调',
    comparing: '左侧：{left}；右侧：{right}',
    fault: '右侧的地图无法载入：{reason}',
  },
  en: {
    left: 'Left',
    right: 'Right',
    base_map: 'Map',
    base_imagery: 'Imagery',
    base_hybrid: 'Hybrid',
    base_terrain: 'Terrain',
    flavour: 'Look of the map: {name}',
    divider: 'Divider',
    dividerAt: '{percent}% to the left',
    hint: 'Drag the divider on the map, or move it with the arrow keys. Layers are switched on both sides; a click asks the left one.',
    swap: 'Swap sides',
    comparing: 'Left: {left}; right: {right}',
    fault: 'The map on the right cannot be loaded: {reason}',
  },
};
