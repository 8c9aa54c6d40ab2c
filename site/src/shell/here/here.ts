// "What is here": a click, a tap or Enter asks the map what it shows at a place; a link may name a feature to begin with.

import './here.css';

import { meridianOf } from '../../core/coordinates.ts';
import { nameOf, referenceOf, type Found, type Reference } from '../../core/identify.ts';
import { surroundings } from '../../core/surroundings.ts';
import { saying, type Translate } from '../../messages/i18n.ts';
import { TOOLS } from '../../tools/registry.ts';
import type { Portal } from '../../tools/tool.ts';
import { copy } from '../../ui/copy.ts';
import { panel } from '../../ui/panel.ts';
import { featurePanel } from './feature-panel.ts';
import { findIn, whatIsAt, type Shown } from '../../core/what-is-at.ts';
import { words } from './words.ts';

export interface Here {
  readonly element: HTMLElement;
  hide(): void;
  /** Leave clicks to somebody else until the function returned is called. */
  rest(): () => void;
  /** Ask another map about points that it covers until the function returned is called. */
  cover(find: Cover): () => void;
}

type Cover = Parameters<Portal['cover']>[0];

const DISTRICTS = 'BOUA';
const FEEDBACK = 'feedback';
const REACH = 4; // px around a click
const FINGER = 12; // px around a tap

export function here({ portal, t, onOpen }: { readonly portal: Portal; readonly t: Translate; readonly onOpen: () => void }): Here {
  const { map, city, language, selection, store, announce } = portal;
  const { catalog, heightAt } = city;
  const say = saying(words, language);
  const around = surroundings(city, language);
  const meridian = meridianOf(catalog.center[0]);
  let resting = 0;
  let covered: Cover | null = null;
  let current: Reference | null = null; // the feature that is marked on the map
  let seek: (() => void) | null = null; // looks for the one that a link names, whenever tiles came
  const root = panel({
    id: 'here', title: t('here'), closeLabel: t('close'),
    onClose: () => mark(null), returnFocus: () => map.getCanvas(),
  });

  function mark(found: Found<Shown> | null): void {
    selection.show(found?.feature ?? null);
    current = found && referenceOf(found);
    store.set({ selected: current });
  }

  function open(found: readonly Found<Shown>[], [lng, lat]: readonly [number, number]): void {
    onOpen();
    const district = found.find(({ feature }) => feature.sourceLayer === DISTRICTS);
    const town = district ? nameOf(district, language) : null;
    root.show(featurePanel({
      place: { lng, lat, town, found, elevation: heightAt?.(lng, lat) ?? null, around: around(lng, lat) },
      meridian, language, t, say, announce, onShow: mark,
      onLink: async () => ({ done: await copy(location.href), text: location.href }),
      onReport: TOOLS.some(({ id }) => id === FEEDBACK) ? () => void portal.openTool(FEEDBACK) : null,
    }));
    mark(found[0] ?? null);
  }

  const ask = (point: { x: number; y: number }, reach: number): void => {
    if (resting > 0) return;
    const { lng, lat } = map.unproject([point.x, point.y]);
    open(whatIsAt(covered?.(point) ?? map, catalog, point, reach), [lng, lat]);
  };

  /** Mark the feature the state names and tell about it, as soon as the map has it. */
  function follow(): void {
    const { selected } = store.now;
    if (selected?.dataset === current?.dataset && selected?.id === current?.id) return;
    if (seek) map.off('idle', seek);
    seek = null;
    const dataset = catalog.datasets.find(({ id }) => id === selected?.dataset);
    if (!selected || !dataset) {
      current = null;
      selection.show(null);
      return root.hide();
    }
    current = selected;
    const { shown } = store.now;
    if (!shown.has(dataset.id)) store.set({ shown: new Set([...shown, dataset.id]) }); // tiles come only for what is drawn
    const attempt = (): void => {
      const hit = findIn(map, dataset, selected.id);
      if (!hit) return;
      map.off('idle', attempt);
      seek = null;
      selection.show(hit.found.feature);
      announce(say('selected', { name: nameOf(hit.found, language) }));
      if (store.now.tool !== null) return; // its panel stands where this one would
      const others = whatIsAt(map, catalog, map.project([...hit.at]), REACH).filter((other) => referenceOf(other)?.id !== selected.id || other.dataset !== dataset);
      open([hit.found, ...others], hit.at);
    };
    seek = attempt;
    map.on('idle', attempt);
    attempt();
  }

  map.on('click', (event) => ask(event.point, matchMedia('(pointer: coarse)').matches ? FINGER : REACH));
  map.getCanvas().addEventListener('keydown', (event) => {
    if (event.key === 'Enter') ask(map.project(map.getCenter()), FINGER);
    if (event.key === 'Escape') root.hide();
  });
  store.on(['selected'], follow);
  follow();
  return {
    element: root.element,
    hide: root.hide,
    cover(find) {
      covered = find;
      return () => {
        if (covered === find) covered = null;
      };
    },
    rest() {
      let mine = 1;
      resting++;
      root.hide();
      return () => {
        resting -= mine;
        mine = 0;
      };
    },
  };
}
