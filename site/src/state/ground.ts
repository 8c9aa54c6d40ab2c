// The base map in use as a part of the state: how it begins, changes, and stands in the address.

import type { BaseState } from '../core/base-map.ts';
import { chooseBase, chooseEpoch, SHADES, type Rasters } from '../core/rasters.ts';
import type { Wishes } from './address.ts';

/** The state an address wishes, as far as the city has what it takes. */
export function beginWith(rasters: Rasters, wishes: Wishes, drawn: boolean): BaseState {
  const imagery = rasters.imagery.find((one) => one.id === wishes.image) ?? rasters.imagery[0] ?? null;
  const usual = rasters.shades.filter((shade) => shade === 'hillshade');
  return {
    base: chooseBase(rasters, wishes.base, drawn),
    imagery,
    epoch: imagery ? chooseEpoch(imagery, wishes.date) : 0,
    opacity: wishes.opacity ?? 1,
    shades: new Set(wishes.shade ? rasters.shades.filter((shade) => wishes.shade!.has(shade)) : usual),
    terrain: rasters.terrain ? wishes.terrain : null,
  };
}

/** The state with changes made to it: another imagery begins at its newest epoch. */
export function changed(state: BaseState, changes: Partial<BaseState>): BaseState {
  const next = { ...state, ...changes };
  return next.imagery === state.imagery ? next : { ...next, epoch: (next.imagery?.epochs.length ?? 1) - 1 };
}

/** What of a state the address has to say: whatever is not as usual. */
export function addressOf(state: BaseState, usual: BaseState): Record<string, string | null> {
  const over = state.base === 'imagery' || state.base === 'hybrid';
  const newest = (state.imagery?.epochs.length ?? 0) - 1;
  const same = SHADES.every((shade) => state.shades.has(shade) === usual.shades.has(shade));
  return {
    base: state.base === usual.base ? null : state.base,
    image: over && state.imagery && state.imagery.id !== usual.imagery?.id ? state.imagery.id : null,
    date: over && state.epoch !== newest ? state.imagery?.epochs[state.epoch]?.date ?? null : null,
    opacity: over && state.opacity !== 1 ? state.opacity.toFixed(2) : null,
    shade: same ? null : [...state.shades].sort().join(',') || 'none',
    terrain: state.terrain === null ? null : String(state.terrain),
  };
}
