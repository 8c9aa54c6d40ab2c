// Points, lines, areas, circles and texts by hand: drawn, edited, kept in the browser, carried by the link, saved as files.

import './draw.css';

import type { LineString, Point, Polygon } from 'geojson';

import { aim, type Aim } from '../../ui/aim.ts';
import { inLanguage } from '../../core/catalog.ts';
import { FORMATS, toGeoJson, written, type Format } from '../../core/geojson-formats.ts';
import type { Place } from '../../core/geodesy.ts';
import { saying } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { saveFile } from '../../ui/save-file.ts';
import type { Portal, Tool } from '../tool.ts';
import { board } from './board.ts';
import { editor, lookForm, measureText, type Changes, type Look } from './editor.ts';
import { history } from './history.ts';
import { keep, kept } from './kept.ts';
import { decoded, encoded, LONGEST } from './link-code.ts';
import { modeIcon, type Mode } from './mode-icons.ts';
import { circleGeometry, circleOf, clean, COLOURS, featureOf, KINDS, labelPlace, shapesFrom, type Kind, type Shape } from './shape.ts';
import { shapeList } from './shape-list.ts';
import { shown } from './shown.ts';
import { words } from './words.ts';

const MOST = 1000; // shapes: each can be dragged and is listed

export function draw(portal: Portal): Tool {
  const { map, language, store, city: { catalog } } = portal;
  const t = saying(words, language);
  const layer = shown(map);
  const steps = history<readonly Shape[]>([]);
  let look: Look = { colour: COLOURS[0], width: 3 };
  let selected: number | null = null;
  let moving: Shape | null = null; // as it is right now, not yet a step
  let foreign = false; // came with a link, and the reader has a drawing of their own
  let storing = true; // the browser keeps what it is given
  let inside = false; // the panel stands open
  let ending: (() => void)[] = [];
  let cross: Aim | null = null;

  const sketch = board({
    map, look: () => look,
    onDrawn(kind, geometry) {
      moving = null;
      const cleaned = clean(geometry);
      if (!cleaned) return show();
      const made = shapeOf(kind, cleaned, look, nextId());
      selected = made.id;
      commit([...steps.now, made]);
      portal.announce(t('drawn', { name: t(kind) }));
      root.querySelector<HTMLInputElement>('.editor .label')?.focus({ preventScroll: !matchMedia('(min-width: 720px)').matches });
    },
    onEdited(id, geometry, resized) {
      moving = null;
      commit(steps.now.map((shape) => (shape.id === id ? reshaped(shape, geometry, resized) : shape)));
    },
    onSelect(id) {
      if (selected === id) return;
      selected = id;
      show();
    },
    onMove(id, geometry) {
      const before = steps.now.find((shape) => shape.id === id);
      moving = before && geometry ? { ...before, geometry, ...(before.circle && geometry.type === 'Polygon' ? { circle: circleOf(geometry.coordinates[0]!) } : {}) } : null;
      const begun = id === null && geometry && sketch.mode !== 'select' ? shapeOf(sketch.mode, geometry, look, 0) : null;
      live.textContent = moving ? measureText(moving, language) : begun ? measureText(begun, language) : '';
      if (moving?.name) layer.show(steps.now.map((shape) => (shape.id === id ? moving! : shape)), true);
      corners();
    },
  });

  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const modes = (['select', ...KINDS] as const).map((mode) => {
    const node = button('', () => begin(mode));
    node.dataset['mode'] = mode;
    node.append(modeIcon(mode), element('span', {}, t(mode)));
    return [mode, node] as const;
  });
  const hint = element('p', { class: 'hint' });
  const keys = element('p', { class: 'hint keys' }, t('hintKeys'));
  const live = element('output', { class: 'live' });
  const undoCorner = button(t('undoCorner'), () => sketch.undoCorner());
  const finish = button(t('finish'), () => sketch.finish());
  const drawingActions = element('div', { class: 'actions' }, button(t('placeHere'), () => cross?.click()), undoCorner, finish);
  const message = element('p', { class: 'message', role: 'status' });
  const notice = element('div', {});
  const editing = element('div', {});
  const list = element('div', {});
  const undo = button(t('undo'), () => back());
  const redo = button(t('redo'), () => again());
  const clear = button(t('clear'), () => askClear());
  const asking = element('div', {});
  const saving = element('div', { class: 'actions saves' }, ...(Object.keys(FORMATS) as Format[]).map((format) => {
    const node = button(FORMATS[format].title, () => save(format));
    node.dataset['format'] = format;
    return node;
  }));
  const about = element('div', {});
  const file = element('input', { type: 'file', multiple: true, accept: '.geojson,.json,.kml,.kmz,.gpx,.csv,.txt,.zip', class: 'file', tabindex: -1, 'aria-hidden': 'true' });
  file.addEventListener('change', () => {
    void openFiles([...(file.files ?? [])]);
    file.value = '';
  });
  const root = element('div', { class: 'draw' },
    element('div', { class: 'modes', role: 'group', 'aria-label': t('modes') }, ...modes.map(([, node]) => node)),
    drawingActions, live, hint, keys, message, notice, editing, list,
    element('div', { class: 'actions' }, undo, redo, clear), asking,
    element('h3', {}, t('save')), saving, element('div', { class: 'actions' }, button(t('open'), () => file.click()), file), about);
  root.addEventListener('keydown', (event) => shortcut(event));

  const nextId = (): number => steps.now.reduce((most, { id }) => Math.max(most, id), 0) + 1;

  /** A step that can be taken back. */
  const commit = (shapes: readonly Shape[]): void => {
    steps.push(shapes);
    changed();
  };

  const back = (): void => {
    if (sketch.drawing) return sketch.undoCorner();
    if (!steps.canUndo) return;
    steps.undo();
    changed();
  };

  const again = (): void => {
    if (!steps.canRedo) return;
    steps.redo();
    changed();
  };

  /** The drawing is another one: keep it, tell the link, show it. */
  const changed = (): void => {
    if (!steps.now.some(({ id }) => id === selected)) selected = null;
    if (!foreign) storing = keep(steps.now.length > 0 ? toGeoJson(steps.now.map(featureOf)) : null);
    tellLink();
    show();
  };

  const tellLink = (): void => {
    const text = encoded(steps.now);
    told = text.length > 0 && text.length <= LONGEST ? text : null;
    store.set({ drawing: told });
  };

  const show = (): void => {
    const focused = focusWithin(root);
    if (inside) sketch.show(steps.now, sketch.mode === 'select' || selected !== null ? selected : null);
    layer.show(steps.now, inside);
    const shape = steps.now.find(({ id }) => id === selected);
    for (const [mode, node] of modes) node.setAttribute('aria-pressed', String(mode === sketch.mode));
    hint.textContent = t(`hint_${sketch.mode}`);
    root.classList.toggle('busy', sketch.mode !== 'select');
    drawingActions.hidden = keys.hidden = sketch.mode === 'select';
    live.textContent = '';
    corners();
    editing.replaceChildren(shape
      ? editor({ shape, language, t, onChange: (changes) => change(shape.id, changes), onRemove: () => remove(shape.id), onZoom: () => zoomTo(shape) })
      : sketch.mode === 'select' ? '' : lookForm(look, t, (changes) => {
        look = { ...look, ...changes };
      }));
    list.replaceChildren(shapeList({ shapes: steps.now, selected, language, t, onSelect: select }));
    undo.disabled = !steps.canUndo;
    redo.disabled = !steps.canRedo;
    clear.disabled = steps.now.length === 0;
    asking.replaceChildren();
    for (const node of saving.querySelectorAll('button')) node.disabled = steps.now.length === 0;
    showAbout();
    // What had the focus was built anew, or is no more.
    if (focused && !root.contains(document.activeElement)) (root.querySelector<HTMLElement>(focused) ?? modes[0]![1]).focus({ preventScroll: true });
  };

  const corners = (): void => {
    undoCorner.disabled = finish.disabled = !sketch.drawing;
  };

  const showAbout = (): void => {
    const length = encoded(steps.now).length;
    about.replaceChildren(...(steps.now.length === 0 ? [] : [
      element('p', { class: 'about link' }, length <= LONGEST ? t('linkIn') : t('linkOut', { n: length, most: LONGEST })),
      element('p', { class: 'about gpx' }, t('gpxLoss')),
    ]), element('p', { class: storing ? 'about kept' : 'about kept warning' }, t(storing ? 'kept' : 'notKept')));
    notice.replaceChildren(foreign
      ? element('div', { class: 'notice', role: 'status' }, element('p', {}, t('foreign')), element('div', { class: 'actions' },
        button(t('merge'), () => settle([...own(), ...steps.now])), button(t('mine'), () => settle(own())), button(t('take'), () => settle(steps.now))))
      : '');
  };

  /** A drawing of a link is the reader's own from now on. */
  const settle = (shapes: readonly Shape[]): void => {
    foreign = false;
    commit(shapes.map((shape, i) => ({ ...shape, id: i + 1 })));
  };

  const begin = (mode: Mode): void => {
    selected = null;
    moving = null;
    sketch.mode = mode;
    show();
    if (mode !== 'select') map.getCanvas().focus(); // for the keys that draw
  };

  const select = (id: number): void => {
    selected = id === selected ? null : id;
    sketch.mode = 'select';
    show();
  };

  const change = (id: number, changes: Changes): void => {
    const { radius, ...rest } = changes;
    if (changes.colour || changes.width) look = { colour: changes.colour ?? look.colour, width: changes.width ?? look.width };
    commit(steps.now.map((shape) => {
      if (shape.id !== id) return shape;
      const next = { ...shape, ...rest };
      if (!radius || !shape.circle) return next;
      const circle = { ...shape.circle, radius };
      return { ...next, circle, geometry: circleGeometry(circle) };
    }));
  };

  const remove = (id: number): void => {
    const shape = steps.now.find((one) => one.id === id);
    commit(steps.now.filter((one) => one.id !== id));
    if (shape) portal.announce(t('removed', { name: shape.name || t(shape.kind) }));
  };

  const askClear = (): void => {
    const yes = button(t('clearYes'), () => {
      commit([]);
      modes[0]![1].focus();
    });
    asking.replaceChildren(element('div', { class: 'notice', role: 'alertdialog', 'aria-label': t('clear') },
      element('p', {}, t('clearAsk', { n: steps.now.length })), element('div', { class: 'actions' }, yes, button(t('clearNo'), () => {
        asking.replaceChildren();
        clear.focus();
      }))));
    yes.focus();
  };

  const zoomTo = (shape: Shape): void => {
    const places = (shape.geometry.type === 'Polygon' ? shape.geometry.coordinates.flat() : shape.geometry.type === 'LineString' ? shape.geometry.coordinates : [shape.geometry.coordinates]) as unknown as Place[];
    const [lngs, lats] = [places.map(([lng]) => lng), places.map(([, lat]) => lat)];
    map.fitBounds([Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)], {
      padding: portal.padding(), maxZoom: 17, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    });
  };

  const save = (format: Format): void => {
    const { title, suffix, type } = { ...FORMATS[format], title: `${inLanguage(catalog.city.name, language)}${language === 'zh' ? '' : ' '}${t('file')}` };
    saveFile(title + suffix, written(format, steps.now.map(featureOf), { title }), type);
  };

  const openFiles = async (files: readonly File[]): Promise<void> => {
    const { readFiles, faultText } = await import('../../core/files/read-files.ts');
    const said: string[] = [];
    let shapes = [...steps.now];
    for (const { file: name, layers, fault } of await readFiles(files)) {
      if (fault) {
        said.push(faultText(fault, language));
        continue;
      }
      const features = layers.flatMap((one) => (one.kind === 'features' ? one.features : []));
      if (steps.now.length + features.length > MOST) {
        said.push(t('tooMany', { file: name, n: features.length, most: MOST }));
        continue;
      }
      const read = shapesFrom(features, shapes.reduce((most, { id }) => Math.max(most, id), 0) + 1);
      shapes = [...shapes, ...read.shapes];
      said.push(read.shapes.length > 0 ? t('opened', { file: name, n: read.shapes.length }) : t('nothing', { file: name }), ...(read.refused > 0 ? [t('refused', { n: read.refused })] : []));
    }
    const added = shapes.slice(steps.now.length);
    if (added.length > 0) {
      sketch.mode = 'select';
      commit(shapes);
      fit(added);
    }
    message.textContent = said.join('\n');
  };

  const fit = (shapes: readonly Shape[]): void => {
    const places = shapes.map(labelPlace);
    const [lngs, lats] = [places.map(([lng]) => lng), places.map(([, lat]) => lat)];
    map.fitBounds([Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)], { padding: portal.padding(), maxZoom: 15, animate: false });
  };

  const shortcut = (event: KeyboardEvent): void => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if ((event.ctrlKey || event.metaKey) && !typing && event.key.toLowerCase() === 'z') {
      event.preventDefault();
      if (event.shiftKey) again();
      else back();
    } else if (event.key === 'Delete' && !typing && selected !== null) remove(selected);
  };

  /** The reader's own drawing, as this browser keeps it. */
  const own = (): Shape[] => {
    try {
      return shapesFrom((JSON.parse(kept() ?? '{"features":[]}') as { features: Parameters<typeof shapesFrom>[0] }).features, 1).shapes;
    } catch {
      return []; // somebody else wrote there
    }
  };

  /** What the link carries, else what the browser keeps. */
  const load = (): void => {
    const linked = store.now.drawing ? decoded(store.now.drawing) : [];
    const mine = own();
    const same = encoded(mine) === (store.now.drawing ?? '');
    message.textContent = linked ? '' : t('badLink');
    foreign = Boolean(linked && linked.length > 0 && mine.length > 0 && !same);
    steps.reset(linked && linked.length > 0 && !same ? linked : mine);
    selected = null;
    tellLink();
    show();
  };

  let told: string | null = null; // to the link
  load();
  store.on(['drawing'], (now) => {
    if (now.drawing === told) return;
    if (now.drawing === null) tellLink(); // an address without one does not take it away
    else load(); // a link was followed
  });

  return {
    element: root,
    enter() {
      inside = true;
      cross = aim(map, portal.padding);
      const canvas = map.getCanvas();
      const quiet = map.on('dblclick', (event) => event.preventDefault()); // it ends a line, and is no zooming
      canvas.addEventListener('keydown', shortcut);
      ending = [portal.takeClicks(), () => quiet.unsubscribe(), () => cross?.end(), () => canvas.removeEventListener('keydown', shortcut)];
      show();
    },
    leave() {
      inside = false;
      selected = null;
      sketch.stop();
      for (const end of ending) end();
      show(); // the drawing stays on the map
    },
    take(files) {
      void openFiles(files);
      return true;
    },
  };
}

function shapeOf(kind: Kind, geometry: Point | LineString | Polygon, { colour, width }: Look, id: number): Shape {
  const shape = { id, kind, geometry, name: '', note: '', colour, width };
  if (kind !== 'circle' || geometry.type !== 'Polygon') return shape;
  const circle = circleOf(geometry.coordinates[0]!);
  return { ...shape, circle, geometry: circleGeometry(circle) };
}

/** A shape after a corner or all of it was moved: a circle stays one, as large as before unless it was resized. */
function reshaped(shape: Shape, geometry: Point | LineString | Polygon, resized: boolean): Shape {
  const cleaned = clean(geometry);
  if (!cleaned) return shape;
  if (!shape.circle || cleaned.type !== 'Polygon') return { ...shape, geometry: cleaned };
  const now = circleOf(cleaned.coordinates[0]!);
  const circle = resized ? { centre: shape.circle.centre, radius: now.radius } : { centre: now.centre, radius: shape.circle.radius };
  return { ...shape, circle, geometry: circleGeometry(circle) };
}

/** A selector that finds the element with the focus again after its part of the panel was built anew; null: the focus is elsewhere. */
function focusWithin(root: HTMLElement): string | null {
  const node = document.activeElement;
  if (!(node instanceof HTMLElement) || !root.contains(node)) return null;
  if (node.dataset['shape']) return `[data-shape="${node.dataset['shape']}"]`;
  if (node instanceof HTMLInputElement && node.type === 'radio') return `input[value="${node.value}"]`;
  const tag = node.tagName.toLowerCase();
  return node.className ? `${tag}.${node.className}` : tag === 'button' ? '.modes button' : tag;
}
