// A cross-hair over the map: who draws by keyboard, or wants to see what a finger covers, moves the map below it and sets a corner.

import type { Map as MapLibre } from 'maplibre-gl';

import { svg } from '../ui/element.ts';

export interface Aim {
  /** Click the map below the cross-hair, as a mouse would. */
  click(): void;
  end(): void;
}

export type Room = () => { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };

const SIZE = 44;

/**
 * A cross-hair in the middle of what `room` leaves of the map. It shows itself when the map is moved by keys, or after its
 * first click, until a mouse moves over the map; the space bar clicks.
 */
export function aim(map: MapLibre, room: Room): Aim {
  const canvas = map.getCanvas();
  const line = { fill: 'none', 'stroke-linecap': 'round' } as const;
  const path = 'M22 3v14M22 27v14M3 22h14M27 22h14';
  const cross = svg('svg', { class: 'aim', width: SIZE, height: SIZE, 'aria-hidden': 'true' },
    svg('path', { d: path, ...line, stroke: '#fff', 'stroke-width': 5 }), svg('path', { d: path, ...line, stroke: '#22302b', 'stroke-width': 2 }));
  cross.style.cssText = 'position:absolute;z-index:2;pointer-events:none;display:none';
  map.getContainer().append(cross);
  const middle = (): { x: number; y: number } => {
    const { left, right, top, bottom } = room();
    return { x: Math.round((left + canvas.clientWidth - right) / 2), y: Math.round((top + canvas.clientHeight - bottom) / 2) };
  };
  const show = (): void => {
    const { x, y } = middle();
    Object.assign(cross.style, { display: 'block', left: `${x - SIZE / 2}px`, top: `${y - SIZE / 2}px` });
  };
  const click = (): void => {
    show();
    const { x, y } = middle();
    const { left, top } = canvas.getBoundingClientRect();
    const pointer = { bubbles: true, isPrimary: true, pointerType: 'mouse', clientX: left + x, clientY: top + y } as const;
    for (const [type, button] of [['pointermove', -1], ['pointerdown', 0], ['pointerup', 0]] as const) canvas.dispatchEvent(new PointerEvent(type, { ...pointer, button }));
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key.startsWith('Arrow')) show();
    if (event.key !== ' ') return;
    event.preventDefault();
    click();
  };
  const move = (event: PointerEvent): void => {
    if (event.isTrusted && event.pointerType === 'mouse') cross.style.display = 'none';
  };
  canvas.addEventListener('keydown', key);
  canvas.addEventListener('pointermove', move);
  return {
    click,
    end() {
      canvas.removeEventListener('keydown', key);
      canvas.removeEventListener('pointermove', move);
      cross.remove();
    },
  };
}
