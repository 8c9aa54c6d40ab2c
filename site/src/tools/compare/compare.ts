// Swipe: two maps of one view, told apart by a divider. The second exists only while this tool stands open.

import './compare.css';

import type { StyleSpecification } from 'maplibre-gl';

import { applyLook, markPlaces, type BaseState } from '../../core/base-map.ts';
import { readJson } from '../../core/catalog.ts';
import { foreignCredit } from '../../core/legal.ts';
import { readableStyle, resolveStyle } from '../../core/style.ts';
import { saying } from '../../messages/i18n.ts';
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
  const usual = city.flavour;
  const styles = async (id: string): Promise<StyleSpecification> => {
    const address = city.address(catalog.styles.find((style) => style.id === id)!.href);
    const read = id === usual ? city.style : resolveStyle(await readJson<StyleSpecification>(address), address);
    const style = readableStyle(read, new Set(city.faults.keys()), language);
    applyLook(style);
    return style;
  };
  let swipe: Swipe | null = null;
  let shown: { readonly side: string; readonly flavour: string; readonly map: SecondMap } | null = null;
  let turn = 0;
  let release: (() => void)[] = [];

  const bar = divider({
    label: say('divider'), text: (percent) => say('dividerAt', { percent }),
    onMove: (percent) => swipe && store.set({ swipe: written({ ...swipe, percent }) }),
  });
  const fault = element('p', { role: 'alert' });
  const credit = element('p', { class: 'hint' });
  const left = choice(sides.filter(({ flavour }) => flavour === null));
  const right = choice(sides);
  left.addEventListener('change', () => {
    const side = sides.find(({ id }) => id === left.value);
    if (side) store.set({ ground: grounded(side)});
  });
  right.addEventListener('change', () => swipe && store.set({ swipe: written({ ...swipe, side: right.value }) }));
  const swap = element('button', { type: 'button' }, say('swap'));
  swap.addEventListener('click', () => {
    const [mine, other] = [sides.find(({ id }) => id === right.value), left.value];
    if (!mine || !swipe) return;
    store.set({ ground: grounded(mine), swipe: written({ ...swipe, side: other }) });
  });

  function choice(among: readonly Side[]): HTMLSelectElement {
    return element('select', {}, ...among.map(({ id, title }) => element('option', { value: id }, title)));
  }

  /** The base map of a side, all else as it is on the left. */
  function grounded({ base, imagery, epoch }: Side): BaseState {
    const { ground } = store.now;
    const set = rasters.imagery.find(({ id }) => id === imagery);
    return set ? { ...ground, base, imagery: set, epoch } : { ...ground, base };
  }

  /** The side that stands on the left now. */
  function leftSide(): Side | undefined {
    const { ground: { base, imagery, epoch } } = store.now;
    const over = base === 'imagery' || base === 'hybrid';
    return sides.find((side) => side.base === base && side.flavour === null && (!over || (side.imagery === imagery?.id && side.epoch === epoch)));
  }

  function follow(): void {
    swipe = readSwipe(store.now.swipe);
    const side = sides.find(({ id }) => id === swipe?.side) ?? firstSide(sides, { ...store.now.ground, flavour: usual });
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
    const ground = grounded(side);
    const flavour = side.flavour ?? usual;
    if (shown?.flavour === flavour && shown.side === side.id) shown.map.update(store.now, ground);
    else if (shown?.flavour === flavour) {
      shown = { ...shown, side: side.id };
      shown.map.update(store.now, ground);
    } else void open(side, flavour);
  }

  async function open(side: Side, flavour: string): Promise<void> {
    const mine = ++turn;
    fault.textContent = '';
    try {
      const style = await styles(flavour);
      if (mine !== turn) return;
      markPlaces(style);
      shown?.map.remove();
      bar.beneath.className = 'compare-map';
      shown = { side: side.id, flavour, map: secondMap(portal, bar.beneath, style, store.now, grounded(side)) };
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
      release = [store.on(['swipe', 'ground', 'shown', 'fade', 'above'], follow)];
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
