// A map in colours: a dataset summed up by town.

import type { GeoJSONSource } from 'maplibre-gl';

import { areaOf, boxArea } from '../../core/area.ts';
import { inLanguage, type Dataset } from '../../core/catalog.ts';
import type { Towns } from '../../core/towns.ts';
import { element } from '../../ui/element.ts';
import { progress } from '../../ui/progress.ts';
import { saveFile } from '../../ui/save-file.ts';
import type { Portal } from '../tool.ts';
import { byTown, measuresFor, type Measure, type TownValue } from './by-town.ts';
import { breaksOf, classOf, coloursOf, RAMP_NAMES, type Method, type Ramp } from './classes.ts';
import { isQuantity, readItems, titleOf, vectorLayer, type Item } from './items.ts';
import { figure } from './numbers.ts';
import { csv } from './table-file.ts';
import { table } from './table.ts';
import type { SayQuery } from './words.ts';

export interface TownPart {
  readonly element: HTMLElement;
  enter(): void;
  leave(): void;
}

const SOURCE = 'longquan-query-towns';

export function townPart(options: { readonly portal: Portal; readonly towns: Towns; readonly datasets: readonly Dataset[]; readonly t: SayQuery }): TownPart {
  const { portal: { map, city, language }, towns, t } = options;
  const datasets = options.datasets.filter(({ id }) => id !== towns.dataset.id);
  let work: AbortController | null = null;
  let read: { readonly dataset: Dataset; readonly items: readonly Item[] } | null = null;
  let values: readonly TownValue[] = [];
  let inside = true;

  const choose = <T extends string>(label: string, choices: readonly (readonly [T, string])[]): HTMLSelectElement =>
    element('select', { 'aria-label': label }, ...choices.map(([value, text]) => element('option', { value }, text)));
  const row = (label: string, field: HTMLElement): HTMLElement => element('label', { class: 'choose' }, element('span', {}, label), field);
  const dataset = choose(t('dataset'), datasets.map(({ id, title }) => [id, inLanguage(title, language)] as const));
  const measure = element('select', { 'aria-label': t('measure') });
  const field = element('select', { 'aria-label': t('field') });
  const method = choose<Method>(t('method'), (['natural', 'quantile', 'equal'] as const).map((one) => [one, t(`method_${one}`)] as const));
  const classes = choose(t('classes'), ['3', '4', '5', '6', '7'].map((n) => [n, n] as const));
  classes.value = '5';
  const ramp = choose<Ramp>(t('colours'), RAMP_NAMES.map((name) => [name, t(`ramp_${name}`)] as const));
  const fieldRow = row(t('field'), field);
  const run = element('button', { type: 'button', class: 'run' }, t('draw'));
  const bar = progress(t('cancel'), () => work?.abort());
  const message = element('p', { class: 'message', role: 'status' });
  const result = element('div', { class: 'town-result' });
  const root = element('div', { class: 'towns' }, element('p', { class: 'hint' }, t('townsHint')), row(t('dataset'), dataset), row(t('measure'), measure), fieldRow,
    element('div', { class: 'three' }, row(t('method'), method), row(t('classes'), classes), row(t('colours'), ramp)), run, bar.element, message, result);

  const chosen = (): Dataset => datasets.find(({ id }) => id === dataset.value) ?? datasets[0]!;
  const offer = (): void => {
    const quantities = chosen().fields.filter(isQuantity);
    const measures = measuresFor(vectorLayer(chosen())!.geometry, quantities.length > 0);
    const before = measure.value;
    measure.replaceChildren(...measures.map((one) => element('option', { value: one }, t(`measure_${one}`))));
    if ((measures as readonly string[]).includes(before)) measure.value = before;
    field.replaceChildren(...quantities.map((one) => element('option', { value: one.name }, titleOf(one, language))));
    offerField();
  };
  const withField = (): boolean => ['sum', 'mean', 'sumDensity'].includes(measure.value);
  const offerField = (): void => void (fieldRow.hidden = !withField());
  const again = (): void => {
    offerField();
    if (values.length > 0 && read?.dataset === chosen()) void find();
  };
  dataset.addEventListener('change', offer);
  for (const select of [measure, field]) select.addEventListener('change', again);
  for (const select of [method, classes, ramp]) select.addEventListener('change', () => values.length > 0 && tell());
  run.addEventListener('click', () => void find());

  const find = async (): Promise<void> => {
    work?.abort();
    const mine = (work = new AbortController());
    const what = chosen();
    message.textContent = '';
    bar.show(t('reading', { done: 0, total: '…' }), 0, 1);
    const onProgress = (done: number, total: number): void => bar.show(t('reading', { done, total }), done, total);
    try {
      const areas = await towns.all({ signal: mine.signal, onProgress });
      if (read?.dataset !== what) {
        const file = city.catalog.archives.find(({ id }) => id === vectorLayer(what)!.archive);
        const [found] = await readItems(city, [what], boxArea(file?.bounds ?? city.catalog.bounds), { part: 'whole', signal: mine.signal, onProgress });
        read = { dataset: what, items: found?.items ?? [] };
      }
      const [west, south, east, north] = areaOf(areas.flatMap(({ area }) => area.polygons)).bounds;
      map.fitBounds([west, south, east, north], { padding: options.portal.padding(), animate: !matchMedia('(prefers-reduced-motion: reduce)').matches });
      values = await byTown(areas, read.items, measure.value as Measure, withField() ? field.value : null, mine.signal);
      tell();
    } catch (error) {
      if (!mine.signal.aborted) {
        console.error(error);
        message.textContent = t('fault', { reason: error instanceof Error ? error.message : String(error) });
      }
    } finally {
      if (work === mine) {
        work = null;
        bar.hide();
      }
    }
  };

  const measured = (): string => {
    const what = t(`measure_${measure.value as Measure}`);
    const one = chosen().fields.find(({ name }) => name === field.value);
    return withField() && one ? `${what} · ${titleOf(one, language)}${one.unit ? ` (${one.unit})` : ''}` : what;
  };

  const tell = (): void => {
    const numbers = values.flatMap(({ value }) => (value === null ? [] : [value]));
    message.textContent = t('summary', { n: values.reduce((sum, { count }) => sum + count, 0), towns: values.filter(({ count }) => count > 0).length });
    const breaks = numbers.length > 0 ? breaksOf(numbers, Number(classes.value), method.value as Method) : [];
    const colours = coloursOf(ramp.value as Ramp, breaks.length);
    draw(breaks, colours);
    const least = numbers.reduce((a, b) => Math.min(a, b), Infinity);
    const legend = element('ul', { class: 'legend', 'aria-label': t('legend') }, ...breaks.map((bound, i) => {
      const from = i === 0 ? least : breaks[i - 1]!;
      const swatch = element('span', { class: 'patch' });
      swatch.style.background = colours[i]!;
      return element('li', {}, swatch, from === bound ? figure(bound, language) : `${i === 0 ? '' : '> '}${figure(from, language)} – ${figure(bound, language)}`);
    }), values.some(({ value }) => value === null) && element('li', {}, element('span', { class: 'patch none' }), t('noValues')));
    let order = { field: 'value', down: true };
    const list = table<TownValue>({
      label: t('tabTowns'),
      columns: [
        { id: 'name', title: t('town'), number: false, text: ({ town }) => town.name },
        { id: 'value', title: t('value'), number: true, text: ({ value }) => (value === null ? '–' : figure(value, language)) },
        { id: 'count', title: t('count'), number: true, text: ({ count }) => String(count) },
        { id: 'area', title: t('townArea'), number: true, text: ({ squareKilometres }) => figure(squareKilometres, language) },
      ],
      pickLabel: (name) => t('pick', { name }), sortLabel: (name) => t('sortBy', { field: name }),
      onPick({ town }) {
        const [west, south, east, north] = areaOf(town.area.polygons).bounds;
        map.fitBounds([west, south, east, north], { padding: options.portal.padding(), animate: !matchMedia('(prefers-reduced-motion: reduce)').matches });
      },
      onSort(id) {
        order = { field: id, down: order.field === id ? !order.down : id !== 'name' };
        list.show(sorted(), order);
      },
    });
    const sorted = (): TownValue[] => {
      const key = ({ town, value, count, squareKilometres }: TownValue): number | string => ({ name: town.name, value: value ?? -Infinity, count, area: squareKilometres })[order.field as 'name'];
      const sign = order.down ? -1 : 1;
      return [...values].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        return sign * (typeof x === 'string' ? x.localeCompare(String(y), 'zh-CN') : x - (y as number));
      });
    };
    const save = element('button', { type: 'button' }, t('saveCsv'));
    save.addEventListener('click', () => saveFile(`${t('townsFile')}-${inLanguage(chosen().title, language)}.csv`, csv([
      [t('town'), 'PAC', measured(), t('count'), t('townArea')],
      ...sorted().map(({ town, value, count, squareKilometres }) => [town.name, (town.properties['PAC'] as string | number | undefined) ?? null, value, count, Number(squareKilometres.toFixed(4))]),
    ]), 'text/csv;charset=utf-8'));
    const clear = element('button', { type: 'button' }, t('clear'));
    clear.addEventListener('click', () => {
      values = [];
      result.replaceChildren();
      message.textContent = '';
      remove();
    });
    result.replaceChildren(element('h3', {}, `${inLanguage(chosen().title, language)} · ${measured()}`), legend, list.element, element('div', { class: 'actions' }, save, clear));
    list.show(sorted(), order);
    requestAnimationFrame(() => result.isConnected && list.show(sorted(), order));
  };

  /** The towns in their colours, below the names of the map. */
  const draw = (breaks: readonly number[], colours: readonly string[]): void => {
    if (!inside) return;
    const data = {
      type: 'FeatureCollection' as const,
      features: values.map(({ town, value }) => ({ type: 'Feature' as const, geometry: town.geometry, properties: { name: town.name, value, colour: value === null ? '#d5d8d6' : colours[classOf(value, breaks)]! } })),
    };
    const known = map.getSource<GeoJSONSource>(SOURCE);
    if (known) return void known.setData(data);
    const names = map.getStyle().layers.find(({ type }) => type === 'symbol')?.id;
    map.addSource(SOURCE, { type: 'geojson', data, tolerance: 0.2 });
    map.addLayer({ id: `${SOURCE}-fill`, type: 'fill', source: SOURCE, paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': 0.78 } }, names);
    map.addLayer({ id: `${SOURCE}-line`, type: 'line', source: SOURCE, paint: { 'line-color': '#ffffff', 'line-width': 1.4 } }, names);
  };
  const remove = (): void => {
    for (const layer of ['fill', 'line']) if (map.getLayer(`${SOURCE}-${layer}`)) map.removeLayer(`${SOURCE}-${layer}`);
    if (map.getSource(SOURCE)) map.removeSource(SOURCE);
  };

  offer();
  return {
    element: root,
    enter() {
      inside = true;
      if (values.length > 0) tell();
    },
    leave() {
      inside = false;
      work?.abort();
      remove();
    },
  };
}
