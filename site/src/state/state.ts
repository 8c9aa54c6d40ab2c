// All that a reader can change and a link carries, and its way into the address and back.

import type { BaseState } from '../core/base-map.ts';
import { BELOW } from '../core/layer-order.ts';
import type { Wishes } from './address.ts';
import { addressOf } from './ground.ts';

export interface State {
  readonly shown: ReadonlySet<string>; // datasets switched on
  readonly fade: ReadonlyMap<string, number>; // dataset → opacity, 0 … 1; absent: 1
  readonly above: readonly string[]; // datasets drawn over all others, the topmost first; with `-` before them under all others
  readonly flavour: string | null; // look of the drawn map; null: the city's first
  readonly ground: BaseState; // base map, imagery and its date, shading, 3D
  readonly selected: Wishes['selected']; // the feature looked at
  readonly marker: Wishes['marker']; // a place that a search or a link points at
  readonly tool: string | null; // id of the tool that stands open
  readonly swipe: string | null; // what the map is compared with
  readonly time: string | null; // the date whose versions of datasets are shown; null: the newest
  readonly drawing: string | null; // what the reader drew, small enough for a link
}

/** The state an address asks for, where the city has what it takes; all else is as usual. */
export function stateOf(wishes: Wishes, usual: State, ground: BaseState, datasets: ReadonlySet<string>): State {
  const known = (id: string): boolean => datasets.has(id);
  return {
    ...usual,
    ground,
    flavour: wishes.flavour ?? usual.flavour,
    shown: new Set([...usual.shown, ...[...wishes.on].filter(known)].filter((id) => !wishes.off.has(id))),
    fade: new Map([...wishes.fade].filter(([id, share]) => known(id) && share < 1)),
    above: wishes.above.filter((id) => known(id.startsWith(BELOW) ? id.slice(BELOW.length) : id)),
    selected: wishes.selected && known(wishes.selected.dataset) ? wishes.selected : null,
    marker: wishes.marker,
    tool: wishes.tool,
    swipe: wishes.swipe,
    time: wishes.time,
    drawing: wishes.drawing,
  };
}

/** What of a state the address has to say: whatever is not as usual. */
export function said(state: State, usual: State): Record<string, string | null> {
  const { selected, marker } = state;
  return {
    ...addressOf(state.ground, usual.ground),
    on: [...state.shown].filter((id) => !usual.shown.has(id)).sort().join(',') || null,
    off: [...usual.shown].filter((id) => !state.shown.has(id)).sort().join(',') || null,
    flavour: state.flavour === usual.flavour ? null : state.flavour,
    fade: [...state.fade].map(([id, share]) => `${id}:${Number(share.toFixed(2))}`).sort().join(',') || null,
    above: state.above.join(',') || null,
    at: selected && `${selected.dataset}:${selected.id}`,
    pin: marker && [marker.lng.toFixed(6), marker.lat.toFixed(6), ...(marker.title ? [marker.title] : [])].join(','),
    tool: state.tool,
    swipe: state.swipe,
    time: state.time,
    draw: state.drawing,
  };
}
