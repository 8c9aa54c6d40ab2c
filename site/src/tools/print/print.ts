// A sheet of paper from the map: true to scale, with all that belongs around it; through the browser's print, or as a picture.

import './print.css';

import { imageryIn } from '../../core/base-map.ts';
import { inLanguage } from '../../core/catalog.ts';
import { freeMiddle } from '../../core/free-middle.ts';
import { foreignCredit, standing } from '../../core/legal.ts';
import { qrCode } from '../../core/qr.ts';
import { saying, translator } from '../../messages/i18n.ts';
import { linkWith, viewText } from '../../state/link.ts';
import { element } from '../../ui/element.ts';
import { saveFile } from '../../ui/save-file.ts';
import type { Portal, Tool } from '../tool.ts';
import { frame } from './frame.ts';
import { gridNote, GRIDS, type GridKind } from './grid.ts';
import { drawing, loadLetters, paint, ruler, type Ink } from './ink.ts';
import { layoutOf, type Layout } from './layout.ts';
import { legendGroups, legendIcons } from './legend-inks.ts';
import { drawPicture } from './picture.ts';
import { withResolution } from './png.ts';
import { cutOf, DPIS, metresText, MM_PER_INCH, PAPERS, scaleFor, SCALES, scaleText, sheetSize, TURNS, zoomOf, type Cut, type Paper, type Place, type Turn } from './scale.ts';
import { sheetInks, type Sheet } from './sheet.ts';
import { pictureSize } from './tiling.ts';
import { words } from './words.ts';

const onServer = location.protocol !== 'file:'; // what was opened from a disk has no address for others

interface Made {
  readonly inks: readonly Ink[];
  readonly size: readonly [width: number, height: number]; // mm
  readonly dpi: number;
}

export function print(portal: Portal): Tool {
  const { map, city: { catalog }, language, store } = portal;
  const t = saying(words, language);
  const frameWords = translator(language);
  let centre: Place | null = null;
  let working: AbortController | null = null;

  const title = element('input', { type: 'text', maxlength: 60, value: inLanguage(catalog.platform, language) });
  const paper = choice<Paper>(Object.keys(PAPERS) as Paper[], (id) => id);
  const turn = choice<Turn>(TURNS, (id) => t(id));
  const scale = choice(SCALES.map(String), (value) => scaleText(Number(value)));
  const dpi = choice(DPIS.map(String), (value) => `${value} dpi`);
  const grid = choice<GridKind>(GRIDS, (id) => t(`grid_${id}`));
  const legend = element('input', { type: 'checkbox', checked: true });
  const code = element('input', { type: 'checkbox', checked: true });
  const covers = element('p', { class: 'covers' });
  const message = element('p', { class: 'message', role: 'status' });
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const toPaper = button(t('print'), () => void make(present));
  const toFile = button(t('save'), () => void make(save));
  const stop = button(t('stop'), () => working?.abort());
  stop.hidden = true;
  const form = element('div', { class: 'fields' },
    field(t('title'), title, 'wide'), field(t('paper'), paper), field(t('turn'), turn), field(t('scale'), scale), field(t('dpi'), dpi), field(t('grid'), grid, 'wide'),
    element('label', { class: 'box' }, legend, t('legend')), element('label', { class: 'box' }, code, t('code')));
  const root = element('div', { class: 'print' }, form, covers,
    element('div', { class: 'actions' }, toPaper, toFile, stop, button(t('move'), () => moveTo(middleOfView()))), message);

  const layout = (): Layout => layoutOf(sheetSize(valueOf(paper), valueOf(turn)), { legend: legend.checked, grid: valueOf(grid) !== 'none', code: code.checked });
  const cut = (): Cut => {
    const { map: { width, height } } = layout();
    return cutOf(centre!, Number(scale.value), width, height);
  };
  const marker = frame(map, (to) => moveTo(to));
  const show = (): void => {
    const now = cut();
    const metres = (mm: number): string => metresText(Number(((mm * now.scale) / 1000).toPrecision(3)));
    covers.textContent = t('covers', { width: metres(now.width), height: metres(now.height) });
    marker.show(now);
  };
  const moveTo = (to: Place): void => {
    centre = { lng: Math.min(180, Math.max(-180, to.lng)), lat: Math.min(84, Math.max(-84, to.lat)) };
    show();
  };
  form.addEventListener('change', show);

  const middleOfView = (): Place => freeMiddle(map, portal.padding());

  /** The scale at which a sheet shows about what the reader sees. */
  function scaleOfView(): number {
    const { left, right, top, bottom } = portal.padding();
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const perPixel = (Math.cos((map.getCenter().lat * Math.PI) / 180) * 40_075_017) / (512 * 2 ** map.getZoom());
    const box = layout().map;
    return scaleFor((width - left - right) * perPixel, (height - top - bottom) * perPixel, box.width, box.height);
  }

  async function make(use: (made: Made) => Promise<void>): Promise<void> {
    working = new AbortController();
    const busy = (on: boolean): void => {
      stop.hidden = !on;
      toPaper.disabled = toFile.disabled = on;
    };
    busy(true);
    message.textContent = t('drawing', { done: 0, all: 1 });
    try {
      await use(await compose(working.signal));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof DOMException && error.name === 'AbortError') message.textContent = '';
      else if (reason === 'canvas') message.textContent = t('tooLarge');
      else message.textContent = t('fault', { reason: reason === 'timeout' ? t('timeout') : reason });
    } finally {
      working = null;
      busy(false);
    }
  }

  async function compose(signal: AbortSignal): Promise<Made> {
    const [now, place, resolution] = [cut(), layout(), Number(dpi.value)];
    const { layers } = portal.worn();
    const known = legend.checked ? legendGroups(layers, catalog, (id) => store.now.shown.has(id), language) : [];
    const picture = await drawPicture({
      map, cut: now, dpi: resolution, icons: legendIcons(known), signal,
      onPiece: (done, all) => void (message.textContent = t('drawing', { done, all })),
    });
    const link = linkWith({ map: viewText(zoomOf(now.world), now.centre), ...(location.hash.length > 600 ? { draw: null } : {}) });
    const sheet: Sheet = {
      layout: place, cut: now, picture: picture.canvas, icons: picture.icons,
      title: title.value.trim() || inLanguage(catalog.platform, language),
      notes: notesOf(now), standing: stampText(),
      pin: store.now.marker && { place: store.now.marker, title: store.now.marker.title },
      grid: valueOf(grid),
      legend: legend.checked ? legendGroups(layers, catalog, (id) => store.now.shown.has(id) && picture.datasets.has(id), language) : [],
      legendTitle: t('legendTitle'), scaleNote: t('scaleNote'),
      code: code.checked && onServer ? await qrCode(link) : null,
      measure: ruler(), more: (count) => t('more', { count }),
    };
    await loadLetters(sheetInks(sheet)); // the second time letters are measured with their own widths
    return { inks: sheetInks(sheet), size: sheetSize(valueOf(paper), valueOf(turn)), dpi: resolution };
  }

  /** What stands on every sheet, whatever the reader chooses. */
  function notesOf(now: Cut): Sheet['notes'] {
    const owner = inLanguage(catalog.attribution, language);
    const image = imageryIn(store.now.ground)?.attribution ?? null;
    const credit = foreignCredit(image, catalog);
    const date = new Date();
    const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
    const notice = inLanguage(catalog.notice, language);
    return [
      ...standing(catalog).map(([key, values]) => ({ text: frameWords(key, values), stress: !values })),
      ...(notice ? [{ text: notice, stress: true }] : []),
      { text: t('source', { owner }) + (credit ? ` · ${frameWords('imageSource', { name: credit })}` : '') },
      { text: [catalog.as_of && frameWords('asOf', { date: catalog.as_of }), t('made', { date: day })].filter(Boolean).join(' · ') },
      ...(valueOf(grid) !== 'none' ? [{ text: t('coordinates', { name: gridNote(now, valueOf(grid), language) }) }] : []),
      ...(onServer ? [{ text: t('online', { address: decodeURI(location.origin + location.pathname) }) }] : []),
    ];
  }

  function stampText(): string | null {
    const said = [...standing(catalog).filter(([, values]) => !values).map(([key]) => frameWords(key)), inLanguage(catalog.notice, language)];
    return said.filter(Boolean).join(' · ') || null;
  }

  async function save({ inks, size, dpi: resolution }: Made): Promise<void> {
    const canvas = element('canvas');
    const [width, height] = pictureSize(...size, resolution);
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    paint(context, inks, resolution / MM_PER_INCH);
    const png = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    if (!png) throw new Error('canvas');
    const name = `${title.value.trim() || t('fileName')} ${scaleText(Number(scale.value)).replace(/\s/g, '').replace(':', '-')}.png`;
    saveFile(name, await withResolution(png, resolution), 'image/png');
    message.textContent = t('saved', { name });
  }

  let sheet: HTMLElement | null = null;
  let addresses: string[] = [];
  async function present({ inks, size: [width, height] }: Made): Promise<void> {
    dismiss();
    const known = new Map<HTMLCanvasElement, string>();
    for (const ink of inks) {
      if (ink.kind !== 'image' || known.has(ink.picture)) continue;
      const blob = await new Promise<Blob | null>((done) => ink.picture.toBlob(done, 'image/png'));
      if (!blob) throw new Error('canvas');
      known.set(ink.picture, URL.createObjectURL(blob));
    }
    addresses = [...known.values()];
    sheet = element('div', { class: 'print-sheet', 'aria-hidden': 'true' },
      element('style', {}, `@page { size: ${width}mm ${height}mm; margin: 0 } .print-sheet { width: ${width}mm; height: ${height - 0.2}mm }`),
      drawing(inks, width, height, (picture) => known.get(picture)!) as unknown as HTMLElement);
    document.body.append(sheet);
    await Promise.all(addresses.map((address) => Object.assign(new Image(), { src: address }).decode()));
    message.textContent = t('ready');
    window.print();
  }

  function dismiss(): void {
    sheet?.remove();
    sheet = null;
    addresses.forEach((address) => URL.revokeObjectURL(address));
    addresses = [];
  }

  return {
    element: root,
    enter() {
      if (!centre) {
        scale.value = String(scaleOfView());
        centre = middleOfView();
      }
      if (!map.getBounds().contains(centre)) centre = middleOfView();
      show();
    },
    leave() {
      working?.abort();
      marker.hide();
      dismiss();
    },
  };
}

/** A list to choose from that remembers, for the compiler alone, what its values are. */
type Choice<Id extends string> = HTMLSelectElement & { readonly ids?: readonly Id[] };

function choice<Id extends string>(ids: readonly Id[], name: (id: Id) => string): Choice<Id> {
  return element('select', {}, ...ids.map((id) => element('option', { value: id }, name(id))));
}

function valueOf<Id extends string>(select: Choice<Id>): Id {
  return select.value as Id;
}

function field(name: string, control: HTMLElement, look = ''): HTMLElement {
  return element('label', { class: look }, element('span', {}, name), control);
}
