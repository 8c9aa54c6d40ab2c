// The features of one dataset that a query found: filter, figures, list and files.

import { display, nameOf } from '../../core/identify.ts';
import { inLanguage, isFree, type Field, type Language } from '../../core/catalog.ts';
import { toGeoJson } from '../../core/geojson-formats.ts';
import { translator } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { saveFile } from '../../ui/save-file.ts';
import { placeOf } from './by-town.ts';
import { filterForm } from './filter-form.ts';
import { filtered, METRES, ordered, SQUARE_METRES, statistics, valueOf, type Order } from './filter.ts';
import { fieldsOf, isQuantity, titleOf, type Found, type Item } from './items.ts';
import { figure, lengthText, sizeText } from './numbers.ts';
import { csv } from './table-file.ts';
import { table, type Column } from './table.ts';
import type { SayQuery } from './words.ts';

const NAME = '\u0000name';

export function detail(options: {
  readonly found: Found;
  readonly language: Language;
  readonly t: SayQuery;
  readonly areaName: string;
  readonly onShown: (items: readonly Item[]) => void;
  readonly onPick: (item: Item) => void;
}): HTMLElement {
  const { found, language, t, onShown, onPick } = options;
  const { dataset, items } = found;
  const frame = translator(language);
  const fields = fieldsOf(found);
  const [withLength, withArea] = [items.some(({ metres }) => metres > 0), items.some(({ squareMetres }) => squareMetres > 0)];
  const names = new Map(items.map((item) => [item, nameOf({ dataset, feature: { ...item, layer: {} } }, language)]));
  let shown = items;
  let order: Order = null;

  const read = (item: Item, field: Field): string => {
    const value = item.properties[field.name];
    return value === undefined || value === null || value === '' ? '' : display(value, field, language, frame);
  };
  const columns: Column<Item>[] = [
    { id: NAME, title: t('name'), number: false, text: (item) => names.get(item)! },
    ...(withLength ? [{ id: METRES, title: t('lengthColumn'), number: true, text: ({ metres }: Item) => figure(metres, language, 1) }] : []),
    ...(withArea ? [{ id: SQUARE_METRES, title: t('areaColumn'), number: true, text: ({ squareMetres }: Item) => figure(squareMetres, language, 1) }] : []),
    ...fields.filter(({ name }) => name !== (language === 'zh' ? 'NAME' : 'PINYIN')).map((field): Column<Item> => ({ id: field.name, title: titleOf(field, language), number: ['integer', 'number'].includes(field.type) && !field.domain, text: (item) => read(item, field) })),
  ];
  const list = table<Item>({
    label: `${t('table')}: ${inLanguage(dataset.title, language)}`, columns,
    pickLabel: (name) => t('pick', { name }), sortLabel: (field) => t('sortBy', { field }), onPick,
    onSort(id) {
      order = order?.field === id ? (order.down ? null : { field: id, down: true }) : { field: id, down: false };
      update();
    },
  });
  const sortable = (item: Item, field: string): unknown => (field === NAME ? names.get(item) : valueOf(item, field));
  const rows = element('p', { class: 'count', role: 'status' });
  const sums = element('dl', { class: 'sums' });
  const quantities = fields.filter(isQuantity);
  const statistic = element('select', { 'aria-label': t('statsOf') }, ...quantities.map((field) => element('option', { value: field.name }, titleOf(field, language))));
  const filters = filterForm({ items, fields, language, t, onChange: () => update() });

  const update = (): void => {
    shown = ordered(filtered(items, filters.conditions), order, language, sortable);
    rows.textContent = shown.length === items.length ? t('rows', { n: shown.length }) : t('rowsOf', { n: shown.length, all: items.length });
    const field = quantities.find(({ name }) => name === statistic.value);
    const figures = field && statistics(shown, field.name);
    const unit = field?.unit ? ` ${field.unit}` : '';
    const facts: (readonly [string, string])[] = [
      ...(withLength ? [[t('length'), lengthText(shown.reduce((sum, { metres }) => sum + metres, 0), language)] as const] : []),
      ...(withArea ? [[t('area'), sizeText(shown.reduce((sum, { squareMetres }) => sum + squareMetres, 0), language)] as const] : []),
      ...(figures ? [[t('sum'), `${figure(figures.sum, language)}${unit}`], [t('mean'), `${figure(figures.mean, language)}${unit}`], [t('range'), `${figure(figures.least, language)} – ${figure(figures.most, language)}${unit}`]] as const : []),
    ];
    sums.replaceChildren(...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
    list.show(shown, order);
    onShown(shown);
  };
  statistic.addEventListener('change', update);

  const readable = element('input', { type: 'checkbox', checked: true });
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const fileName = (suffix: string): string => `${inLanguage(dataset.title, language)}-${options.areaName}.${suffix}`;
  const asTable = (): string => {
    const plain = !readable.checked;
    const head = [...fields.map((field) => (plain ? field.name : titleOf(field, language) + (field.unit ? ` (${field.unit})` : ''))),
      ...(withLength ? [plain ? 'length_m' : t('lengthColumn')] : []), ...(withArea ? [plain ? 'area_m2' : t('areaColumn')] : []), plain ? 'lng' : t('lng'), plain ? 'lat' : t('lat')];
    const cell = (item: Item, field: Field): string | number | boolean | null => {
      const value = item.properties[field.name] as string | number | boolean | undefined;
      if (value === undefined) return null;
      const coded = field.domain?.[String(value)];
      return plain || (!coded && field.type !== 'boolean') ? value : display(value, field, language, frame);
    };
    return csv([head, ...shown.map((item) => {
      const [lng, lat] = placeOf(item);
      return [...fields.map((field) => cell(item, field)), ...(withLength ? [rounded(item.metres)] : []), ...(withArea ? [rounded(item.squareMetres)] : []), Number(lng.toFixed(7)), Number(lat.toFixed(7))];
    })]);
  };
  const files = element('div', { class: 'files' },
    isFree(dataset) && element('label', { class: 'option' }, readable, element('span', {}, t('readable'))),
    isFree(dataset) ? element('div', { class: 'actions' },
      button(t('saveCsv'), () => saveFile(fileName('csv'), asTable(), 'text/csv;charset=utf-8')),
      button(t('saveGeojson'), () => saveFile(fileName('geojson'), toGeoJson(shown.map(({ id, properties, geometry }) => ({ type: 'Feature', id, properties: { ...properties }, geometry })), { title: inLanguage(dataset.title, language) }), 'application/geo+json')))
      : element('p', { class: 'locked' }, t('conditional', { department: inLanguage(dataset.department.name, language) })),
    element('p', { class: 'origin' }, [inLanguage(dataset.department.name, language), dataset.currency, dataset.licence].filter(Boolean).join(' · ')));

  const wide = button(t('widen'), () => {
    const is = root.closest('.query')?.classList.toggle('wide') ?? false;
    wide.textContent = t(is ? 'narrow' : 'widen');
    wide.setAttribute('aria-expanded', String(is));
    update();
  });
  wide.className = 'widen';
  wide.setAttribute('aria-expanded', 'false');
  const root = element('section', { class: 'detail', 'data-dataset': dataset.id },
    element('div', { class: 'detail-head' }, element('h3', {}, inLanguage(dataset.title, language)), rows, wide),
    sums, quantities.length > 0 && element('label', { class: 'statistic' }, element('span', {}, t('statsOf')), statistic),
    element('details', { class: 'filters' }, element('summary', {}, t('filter')), filters.element), list.element, files);
  update();
  requestAnimationFrame(() => root.isConnected && update()); // now that its height is known
  return root;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
