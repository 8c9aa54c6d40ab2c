// The button among the map's own that raises the hills.

import type { IControl } from 'maplibre-gl';

import { element } from '../ui/element.ts';

export interface TerrainButton extends IControl {
  update(on: boolean): void;
}

export function terrainButton(label: string, onToggle: () => void): TerrainButton {
  const button = element('button', { type: 'button', class: 'terrain-button', 'aria-pressed': 'false', title: label, 'aria-label': label }, '3D');
  button.addEventListener('click', onToggle);
  const group = element('div', { class: 'maplibregl-ctrl maplibregl-ctrl-group' }, button);
  return {
    onAdd: () => group,
    onRemove: () => group.remove(),
    update: (on) => button.setAttribute('aria-pressed', String(on)),
  };
}
