// Part of an archive as a file of the reader's own: an area, some datasets, some zooms, as PMTiles or GeoJSON.

import './download.css';

import { areaChoice } from '../../ui/area-choice.ts';
import { inLanguage, type Archive } from '../../core/catalog.ts';
import { extract, sizeOf, type Size } from '../../core/extract.ts';
import { featuresIn } from '../../core/tiles.ts';
import { townsOf } from '../../core/towns.ts';
import { saying } from '../../messages/i18n.ts';
import { bytesText } from '../../ui/bytes.ts';
import { element } from '../../ui/element.ts';
import { progress } from '../../ui/progress.ts';
import { fileName, saveFile } from '../../ui/save-file.ts';
import type { Portal, Tool } from '../tool.ts';
import { choicesOf, layersFor, mayCut, originOf, type Choice } from './cutout.ts';
import { words } from './words.ts';

const LIMIT = 400e6; // bytes: a browser holds the file in memory before it is saved

type Format = 'pmtiles' | 'geojson';

export function download(portal: Portal): Tool {
  const { map, city, language } = portal;
  const { catalog } = city;
  const t = saying(words, language);
  let release: (() => void) | null = null;
  let work: AbortController | null = null;
  let sizing: AbortController | null = null;
  let boxes: readonly (readonly [Choice, HTMLInputElement])[] = [];

  const area = areaChoice({
    map, language, towns: townsOf(city, language), prefix: 'longquan-download', room: portal.padding, announce: portal.announce, onArea: () => void measure(),
  });
  const select = (label: string, options: readonly (readonly [string, string])[]): HTMLSelectElement =>
    element('select', { 'aria-label': label }, ...options.map(([value, text]) => element('option', { value }, text)));
  const row = (label: string, ...fields: HTMLElement[]): HTMLElement => element('div', { class: 'choose' }, element('span', {}, label), ...fields);
  const archives = select(t('archive'), catalog.archives.map(({ id, title, type }) => [id, `${inLanguage(title, language)} · ${t(type === 'raster' ? 'raster' : 'vector')}`] as const));
  const datasets = element('fieldset', { class: 'layers' });
  const closed = element('p', { class: 'closed', hidden: true }, t('closed'));
  const [from, to] = [select(`${t('zooms')} ${t('from')}`, []), select(`${t('zooms')} ${t('to')}`, [])];
  const formats = (['pmtiles', 'geojson'] as const).map((format) => {
    const radio = element('input', { type: 'radio', name: 'download-format', value: format, checked: format === 'pmtiles' });
    radio.addEventListener('change', () => void measure());
    return [format, radio, element('label', {}, radio, element('span', {}, t(format)))] as const;
  });
  const zoomRow = row(t('zooms'), from, element('span', { class: 'dash' }, '–'), to);
  const size = element('p', { class: 'size', role: 'status' });
  const save = element('button', { type: 'button', class: 'save' }, t('save'));
  const bar = progress(t('cancel'), () => work?.abort());
  const message = element('p', { class: 'message', role: 'status' });
  const origin = element('p', { class: 'origin' });
  const root = element('div', { class: 'download' }, element('p', { class: 'hint' }, t('hint')), area.element,
    element('label', { class: 'choose' }, element('span', {}, t('archive')), archives), closed, datasets, zoomRow,
    element('fieldset', { class: 'formats' }, element('legend', {}, t('format')), ...formats.map(([, , label]) => label)), size, save, bar.element, message,
    element('details', { class: 'licence' }, element('summary', {}, t('licence')), origin));

  const archive = (): Archive => catalog.archives.find(({ id }) => id === archives.value)!;
  const chosen = (): readonly Choice[] => boxes.filter(([, box]) => box.checked).map(([choice]) => choice);
  const format = (): Format => (formats.find(([, radio]) => radio.checked && !radio.disabled)?.[0] ?? 'pmtiles');

  /** The datasets and zooms of the archive chosen. */
  const offer = (): void => {
    const one = archive();
    const raster = one.type === 'raster';
    const choices = choicesOf(catalog, one);
    boxes = choices.map((choice) => {
      const box = element('input', { type: 'checkbox', value: choice.dataset.id, checked: choice.free, disabled: !choice.free || raster });
      box.addEventListener('change', () => void measure());
      return [choice, box] as const;
    });
    const set = (checked: boolean) => (): void => {
      for (const [, box] of boxes) if (!box.disabled) box.checked = checked;
      void measure();
    };
    const button = (text: string, act: () => void): HTMLButtonElement => {
      const node = element('button', { type: 'button' }, text);
      node.addEventListener('click', act);
      return node;
    };
    datasets.replaceChildren(element('legend', {}, t('datasets')),
      ...boxes.map(([{ dataset, free }, box]) => element('label', { class: free ? null : 'locked' }, box, element('span', {}, inLanguage(dataset.title, language),
        !free && element('small', {}, t('conditional', { department: inLanguage(dataset.department.name, language) }))))),
      ...(!raster && boxes.length > 2 ? [element('span', { class: 'both' }, button(t('all'), set(true)), button(t('none'), set(false)))] : []));
    closed.hidden = mayCut(one, choices);
    const [low, high] = [one.min_zoom ?? 0, one.max_zoom ?? 15];
    const zooms = Array.from({ length: high - low + 1 }, (_, i) => String(low + i));
    for (const [node, value] of [[from, low], [to, high]] as const) {
      node.replaceChildren(...zooms.map((zoom) => element('option', { value: zoom }, zoom)));
      node.value = String(value);
    }
    const [, geojson] = formats[1]!;
    geojson.disabled = raster;
    if (raster) formats[0]![1].checked = true;
    void measure();
  };

  const measure = async (): Promise<void> => {
    sizing?.abort();
    const mine = (sizing = new AbortController());
    message.textContent = '';
    zoomRow.hidden = format() === 'geojson';
    save.disabled = true;
    const licences = [...new Set(chosen().flatMap(({ dataset }) => dataset.licence ?? []))];
    origin.textContent = [archive().attribution ?? inLanguage(catalog.attribution, language), ...licences].join(' · ');
    const refusal = !mayCut(archive(), boxes.map(([choice]) => choice)) ? '' : !area.chosen ? t('chooseArea') : chosen().length === 0 ? t('nothingChosen') : null;
    if (refusal !== null) return void (size.textContent = refusal);
    size.textContent = t('sizing');
    try {
      const told = await sizeOf(city.archive(archive()), part(), mine.signal);
      if (mine.signal.aborted) return;
      size.textContent = sizeText(told);
      save.disabled = told.tiles === 0 || told.bytes > LIMIT || work !== null;
    } catch (error) {
      if (mine.signal.aborted) return;
      console.error(error);
      size.textContent = t('fault', { reason: reasonOf(error) });
    }
  };

  const sizeText = ({ tiles, bytes }: Size): string => {
    if (tiles === 0) return t('noTiles');
    if (bytes > LIMIT) return t('tooLarge', { limit: bytesText(LIMIT, language) });
    const all = archive().type === 'raster' || chosen().length === boxes.length;
    return t(format() === 'geojson' ? 'readSize' : all ? 'exactSize' : 'mostSize', { size: bytesText(bytes, language), tiles });
  };

  const part = (): { area: NonNullable<typeof area.chosen>['area']; minZoom: number; maxZoom: number; layers: null } => {
    const high = archive().max_zoom ?? 15;
    const [a, b] = format() === 'geojson' ? [high, high] : [Number(from.value), Number(to.value)].sort((x, y) => x - y);
    return { area: area.chosen!.area, minZoom: a!, maxZoom: b!, layers: null };
  };

  const cut = async (): Promise<void> => {
    if (!area.chosen || work) return;
    const mine = (work = new AbortController());
    const [one, wanted] = [archive(), chosen()];
    const name = `${inLanguage(one.title, language)}-${area.chosen.name}-${t('file')}`;
    const onProgress = (done: number, total: number): void => bar.show(t('cutting', { done, total }), done, total);
    save.disabled = true;
    message.textContent = '';
    onProgress(0, 1);
    try {
      const reader = city.archive(one);
      const more = originOf(catalog, one, wanted, area.chosen.area.bounds);
      if (format() === 'pmtiles') {
        const layers = one.type === 'raster' ? null : layersFor(wanted, (await reader.getMetadata()) as Record<string, unknown>);
        const made = await extract(reader, { ...part(), layers }, more, { signal: mine.signal, onProgress });
        if (!made) message.textContent = t('noTiles');
        else {
          saveFile(`${name}.pmtiles`, made.archive);
          message.textContent = t('done', { file: fileName(`${name}.pmtiles`), size: bytesText(made.archive.size, language), tiles: made.tiles });
        }
      } else {
        const parts: BlobPart[] = [];
        let n = 0;
        const byLayer = new Map(wanted.map((choice) => [choice.layer ?? '', choice]));
        for (const { layer, id, properties, geometry } of await featuresIn(reader, [...byLayer.keys()], area.chosen.area, { part: 'inside', signal: mine.signal, onProgress })) {
          parts.push(`${n++ > 0 ? ',\n' : ''}${JSON.stringify({ type: 'Feature', id, properties: { ...properties, dataset: byLayer.get(layer)!.dataset.id }, geometry })}`);
        }
        if (n === 0) message.textContent = t('noTiles');
        else {
          const head = `{"type":"FeatureCollection","name":${JSON.stringify(name)},${JSON.stringify(more).slice(1, -1)},"features":[\n`;
          const file = new Blob([head, ...parts, '\n]}\n'], { type: 'application/geo+json' });
          saveFile(`${name}.geojson`, file);
          message.textContent = t('doneFeatures', { file: fileName(`${name}.geojson`), size: bytesText(file.size, language), n });
        }
      }
    } catch (error) {
      if (mine.signal.aborted) message.textContent = t('cancelled');
      else {
        console.error(error);
        message.textContent = t('fault', { reason: reasonOf(error) });
      }
    } finally {
      work = null;
      bar.hide();
      save.disabled = false;
    }
  };

  archives.addEventListener('change', offer);
  for (const zoom of [from, to]) zoom.addEventListener('change', () => void measure());
  save.addEventListener('click', () => void cut());
  offer();

  return {
    element: root,
    enter() {
      release = portal.takeClicks();
      area.enter();
    },
    leave() {
      work?.abort();
      sizing?.abort();
      area.leave();
      release?.();
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
