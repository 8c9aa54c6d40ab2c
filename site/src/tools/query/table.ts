// A long list as a table: only the rows in sight are in the page.

import { element } from '../../ui/element.ts';
import type { Order } from './filter.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly number: boolean; // set to the right
  readonly text: (row: Row) => string;
}

export interface Table<Row> {
  readonly element: HTMLElement;
  show(rows: readonly Row[], order: Order): void;
}

const FINGER = 45; // px of a row and its line
const MOUSE = 33;
const SPARE = 6; // rows beyond what is in sight

/** A table whose first column picks a row and whose headings sort. */
export function table<Row>(options: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly pickLabel: (name: string) => string;
  readonly sortLabel: (column: string) => string;
  readonly onPick: (row: Row) => void;
  readonly onSort: (column: string) => void;
}): Table<Row> {
  const { columns } = options;
  const height = matchMedia('(pointer: coarse), (max-width: 719px)').matches ? FINGER : MOUSE;
  let rows: readonly Row[] = [];
  let picked: Row | null = null;
  let drawn = '';
  const heads = columns.map((column) => {
    const sort = element('button', { type: 'button', 'aria-label': options.sortLabel(column.title) }, column.title);
    sort.addEventListener('click', () => options.onSort(column.id));
    return element('th', { scope: 'col', class: column.number ? 'number' : null }, sort);
  });
  const before = element('tr', { class: 'spacer', 'aria-hidden': 'true' }, element('td', { colspan: columns.length }));
  const after = before.cloneNode(true) as HTMLTableRowElement;
  const body = element('tbody', {});
  const grid = element('table', { 'aria-label': options.label, 'aria-rowcount': 0 }, element('thead', {}, element('tr', { 'aria-rowindex': 1 }, ...heads)), body);
  const root = element('div', { class: 'rows', tabindex: 0, role: 'region', 'aria-label': options.label }, grid);
  root.style.setProperty('--row', `${height}px`);

  const line = (row: Row, i: number): HTMLTableRowElement => {
    const cells = columns.map((column, k) => {
      const text = column.text(row);
      if (k > 0) return element('td', { class: column.number ? 'number' : null, title: text.length > 18 ? text : null }, text);
      const pick = element('button', { type: 'button', 'aria-label': options.pickLabel(text) }, text);
      pick.addEventListener('click', () => {
        picked = row;
        options.onPick(row);
        for (const other of body.querySelectorAll('.picked')) other.classList.remove('picked');
        pick.closest('tr')?.classList.add('picked');
      });
      return element('th', { scope: 'row' }, pick);
    });
    return element('tr', { 'aria-rowindex': i + 2, 'data-row': i, class: row === picked ? 'picked' : null }, ...cells);
  };

  const draw = (): void => {
    const room = Math.ceil((root.clientHeight || 320) / height);
    const first = Math.max(0, Math.min(Math.floor(root.scrollTop / height) - SPARE, rows.length - room));
    const last = Math.min(rows.length, first + room + 2 * SPARE);
    if (drawn === `${first} ${last}`) return;
    drawn = `${first} ${last}`;
    const focused = document.activeElement?.closest<HTMLElement>('tr[data-row]')?.dataset['row'];
    (before.firstElementChild as HTMLElement).style.height = `${first * height}px`;
    (after.firstElementChild as HTMLElement).style.height = `${(rows.length - last) * height}px`;
    before.hidden = first === 0;
    after.hidden = last === rows.length;
    body.replaceChildren(before, ...rows.slice(first, last).map((row, i) => line(row, first + i)), after);
    if (focused !== undefined) body.querySelector<HTMLElement>(`tr[data-row="${focused}"] button`)?.focus({ preventScroll: true });
  };
  root.addEventListener('scroll', draw, { passive: true });

  return {
    element: root,
    show(next, order) {
      rows = next;
      drawn = '';
      grid.setAttribute('aria-rowcount', String(rows.length + 1));
      columns.forEach(({ id }, i) => heads[i]!.setAttribute('aria-sort', order?.field !== id ? 'none' : order.down ? 'descending' : 'ascending'));
      root.scrollTop = 0;
      draw();
    },
  };
}
