// Swipe: two maps of one view, told apart by a divider. The second exists only while this tool stands open.

import './compare.css';

import type { BaseState } from '../../core/base-map.ts';
import { mapFlavours } from '../../core/catalog.ts';
import { flavourOf, wardrobe } from '../../core/flavours.ts';
import { foreignCredit } from '../../core/legal.ts';
import { saying } from '../../messages/i18n.ts';
import type { State } from '../../state/state.ts';
import { element } from '../../ui/element.ts';
import type { Portal, Tool } from '../tool.ts';
import { divider } from './divider.ts';
import { secondMap, type SecondMap } from './second-map.ts';
import { firstSide, readSwipe, sidesOf, written, type Side, type Swipe } from './sides.ts';
import { words } from './words.ts';

export function compare(portal: Portal): Tool {
  const { map, city, language, store, announce } = portal;
  const { catalog, rasters } = city;
  const say = saying(words, language);
  const sides = sidesOf(catalog, rasters, language, say);
  const styles = wardrobe(city, language);
  let swipe: Swipe | null = null;
  let shown: { readonly flavour: string; readonly map: SecondMap } | null = null;
  let turn = 0;
  let release: (() => void)[] = [];

  const bar = divider({
    label: say('divider'), text: (percent) => say('dividerAt', { percent }),
    onMove: (percent) => swipe && store.set({ swipe: written({ ...swipe, percent }) }),
  });
  const fault = element('p', { role: 'alert' });
  const credit = element('p', { class: 'hint' });
  const left = choice();
  const right = choice();
  left.addEventListener('change', () => {
    const side = sides.find(({ id }) => id === left.value);
    if (side) store.set(taking(side));
  });
  right.addEventListener('change', () => swipe && store.set({ swipe: written({ ...swipe, side: right.value }) }));
  const swap = element('button', { type: 'button' }, say('swap'));
  swap.addEventListener('click', () => {
    const [mine, other] = [sides.find(({ id }) => id === right.value), left.value];
    if (!mine || !swipe) return;
    store.set({ ...taking(mine), swipe: written({ ...swipe, side: other }) });
  });

  function choice(): HTMLSelectElement {
    return element('select', {}, ...sides.map(({ id, title }) => element('option', { value: id }, title)));
  }

  /** The base map of a side, all else as it is on the left. */
  function grounded({ base, imagery, epoch }: Side): BaseState {
    const { ground } = store.now;
    const set = rasters.imagery.find(({ id }) => id === imagery);
    return set ? { ...ground, base, imagery: set, epoch } : { ...ground, base };
  }

  /** What brings a side to the left. */
  function taking(side: Side): { ground: BaseState; flavour?: string } {
    return { ground: grounded(side), ...(side.flavour ? { flavour: side.flavour } : {}) };
  }

  /** The side that stands on the left now. */
  function leftSide(): Side | undefined {
    const { ground: { base, imagery, epoch }, flavour } = store.now;
    const over = base === 'imagery' || base === 'hybrid';
    const look = base === 'map' && flavour !== mapFlavours(catalog)[0]?.id ? sides.find((side) => side.flavour === flavour) : undefined;
    return look ?? sides.find((side) => side.base === base && side.flavour === null && (!over || (side.imagery === imagery?.id && side.epoch === epoch)));
  }

  /** What the right map shows: the reader's state but for its base map and look. */
  function rightState(side: Side): State {
    return { ...store.now, ground: grounded(side), flavour: side.flavour ?? store.now.flavour };
  }

  function follow(): void {
    swipe = readSwipe(store.now.swipe);
    const side = sides.find(({ id }) => id === swipe?.side) ?? firstSide(sides, { ...store.now.ground, flavour: store.now.flavour });
    if (!side) return;
    if (side.id !== swipe?.side) return store.set({ swipe: written({ side: side.id, percent: swipe?.percent ?? 50 }) }); // and here again
    bar.set(swipe.percent);
    const name = foreignCredit(side.imagery === null ? null : grounded(side).imagery?.epochs[side.epoch]?.attribution ?? null, catalog);
    credit.textContent = name && say('credit', { name });
    credit.hidden = !name;
    const before = [left.value, right.value].join();
    left.value = leftSide()?.id ?? '';
    right.value = side.id;
    if (before !== [left.value, right.value].join()) announce(say('comparing', { left: leftSide()?.title ?? '', right: side.title }));
    const state = rightState(side);
    const flavour = flavourOf(catalog, state.ground, state.flavour);
    if (shown?.flavour === flavour) shown.map.show(state);
    else void open(side, flavour);
  }

  async function open(side: Side, flavour: string): Promise<void> {
    const mine = ++turn;
    fault.textContent = '';
    try {
      const style = structuredClone(await styles(flavour));
      if (mine !== turn) return;
      shown?.map.remove();
      bar.beneath.className = 'compare-map';
      shown = { flavour, map: secondMap(portal, bar.beneath, style, rightState(side)) };
    } catch (error) {
      console.error(error);
      fault.textContent = say('fault', { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    element: element('div', { class: 'compare-panel' },
      element('label', {}, element('span', {}, say('left')), left), element('label', {}, element('span', {}, say('right')), right),
      swap, fault, credit, element('p', { class: 'hint' }, say('hint'))),
    enter() {
      map.getContainer().querySelector('.maplibregl-control-container')!.before(bar.element);
      if (!store.now.swipe && swipe) store.set({ swipe: written(swipe) }); // as it was left
      release = [
        store.on(['swipe', 'ground', 'flavour', 'shown', 'fade', 'above'], follow),
        portal.cover(({ x }) => (x > bar.line() ? shown?.map.drawn() ?? null : null)),
      ];
      follow();
    },
    leave() {
      turn++;
      for (const end of release) end();
      shown?.map.remove();
      shown = null;
      bar.element.remove();
      const mine = swipe;
      store.set({ swipe: null });
      swipe = mine;
    },
  };
}
