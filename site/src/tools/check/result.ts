// What was found for an area: for readers, and as a file with the same words and numbers as the command line's.

import { inLanguage, type Catalog, type Language } from '../../core/catalog.ts';
import { element } from '../../ui/element.ts';
import { percent, type Match, type ThemeMatch, type Wanted } from './assess.ts';
import { area, count, union, type Cells } from './cells.ts';
import type { SayCheck } from './words.ts';

const FEW = 100; // cells, below which percentages are rough

interface Options {
  readonly cells: Cells;
  readonly themes: readonly ThemeMatch[];
  readonly theme: string | null; // whose parts are on the map
  readonly language: Language;
  readonly t: SayCheck;
  readonly onTheme: (id: string) => void;
  readonly onSave: () => void;
}

export function found(options: Options): HTMLElement {
  const { cells, themes, t } = options;
  const size = count(cells);
  const save = element('button', { type: 'button', class: 'save' }, t('checkSave'));
  save.addEventListener('click', options.onSave);
  return element('div', {},
    element('p', { class: 'size' }, t('checkSize', { km2: (area(cells) / 1e6).toFixed(2), cells: size.toLocaleString('en') })),
    size < FEW && element('p', { class: 'rough' }, t('checkRough')),
    element('p', { class: 'keys' }, ...(['right', 'unfit', 'gap'] as const).map((kind) => element('span', { class: kind }, t(`key_${kind}`)))),
    ...themes.map((theme) => section(theme, options)),
    save);
}

function section(theme: ThemeMatch, { cells, theme: shown, language, t, onTheme }: Options): HTMLElement {
  const title = inLanguage(theme.title, language);
  const radio = element('input', { type: 'radio', name: 'check-theme', value: theme.id, checked: theme.id === shown });
  const list = element('details', { name: 'check-datasets', open: theme.id === shown },
    element('summary', {}, t('datasetCount', { n: theme.matches.length })),
    element('ul', {}, ...theme.matches.map((match) => row(match, cells, language, t))));
  radio.addEventListener('change', () => {
    list.open = true;
    onTheme(theme.id);
  });
  const part = (kind: 'right' | 'unfit'): HTMLElement => {
    const bar = element('span', { class: kind });
    bar.style.width = `${percent(theme[kind], cells)}%`;
    return bar;
  };
  return element('section', { class: `match ${theme.conclusion}`, 'data-theme': theme.id },
    element('h3', {}, element('label', {}, radio, element('span', {}, title), element('b', {}, `${percent(theme.right, cells)}%`))),
    element('div', { class: 'bar', 'aria-hidden': 'true' }, part('right'), part('unfit')),
    element('p', {}, t(`conclusion_${theme.conclusion}`)),
    theme.matches.length > 0 && list);
}

function row({ dataset, coverage, cells, fit }: Match, whole: Cells, language: Language, t: SayCheck): HTMLElement {
  const facts = [
    dataset.scale ? `1:${dataset.scale.toLocaleString('en')}` : '',
    dataset.accuracy_m ? `±${dataset.accuracy_m} m` : '',
    dataset.currency ?? '',
    inLanguage(dataset.department.name, language),
    t(`how_${coverage.how}`, { n: coverage.reach }),
  ];
  return element('li', { class: fit, 'data-dataset': dataset.id, 'data-cells': count(cells) },
    element('span', { class: 'what' }, inLanguage(dataset.title, language)),
    element('span', { class: 'share' }, `${percent(cells, whole)}%`),
    element('span', { class: 'fit' }, t(`fit_${fit}`)),
    element('small', {}, facts.filter(Boolean).join(' · ')));
}

/** The result as a file. Its themes are those of `longquan duplicates --json`, but for outlines. */
export function selfCheck(of: {
  readonly catalog: Catalog; readonly wanted: Wanted; readonly cells: Cells; readonly area: unknown; readonly themes: readonly ThemeMatch[];
}): Record<string, unknown> {
  const { catalog, wanted, cells } = of;
  const share = (part: Cells): { cells: number; percent: number } => ({ cells: count(part), percent: Number(percent(part, cells)) });
  return {
    version: 1,
    standing: 'self-check',
    platform: catalog.platform, city: catalog.city, sample: catalog.sample, notice: catalog.notice, attribution: catalog.attribution, review: catalog.review,
    edition: catalog.edition,
    as_of: catalog.as_of,
    grid: 18,
    project: {
      themes: wanted.theme === null ? [] : [wanted.theme], scale: wanted.scale, current: wanted.current, accuracy_m: wanted.accuracy,
      cells: count(cells), square_metres: Math.round(area(cells)), area: of.area,
    },
    themes: of.themes.map((theme) => ({
      id: theme.id, title: theme.title, conclusion: theme.conclusion,
      right: share(theme.right), existing: share(union(theme.right, theme.unfit)), unfit: share(theme.unfit), gap: share(theme.gap),
      datasets: theme.matches.map(({ dataset, coverage, cells: part, fit }) => ({
        id: dataset.id, title: dataset.title, department: { id: dataset.department.id, name: dataset.department.name }, currency: dataset.currency,
        scale: dataset.scale ?? null, accuracy_m: dataset.accuracy_m ?? null, ...share(part), fit, coverage: { how: coverage.how, reach: coverage.reach },
      })),
    })),
  };
}
