// Which items a reader wants to see, in which order, and what they come to in sum.

import type { Field } from '../../core/catalog.ts';
import type { Item } from './items.ts';

export type Condition =
  | { readonly kind: 'text'; readonly field: string; readonly contains: string }
  | { readonly kind: 'range'; readonly field: string; readonly least: number | null; readonly most: number | null }
  | { readonly kind: 'codes'; readonly field: string; readonly codes: ReadonlySet<string> };

export type Order = { readonly field: string; readonly down: boolean } | null;

/** Columns that are no fields. */
export const METRES = '\u0000metres';
export const SQUARE_METRES = '\u0000squareMetres';

/** What a field is asked for: a code of its list, a range of numbers, or a text. */
export function kindOf(field: Field): Condition['kind'] {
  if (field.domain || field.type === 'boolean') return 'codes';
  return field.type === 'integer' || field.type === 'number' ? 'range' : 'text';
}

export function valueOf(item: Item, field: string): unknown {
  return field === METRES ? item.metres : field === SQUARE_METRES ? item.squareMetres : item.properties[field];
}

/** The items that meet every condition; one that asks for nothing is met by all. */
export function filtered(items: readonly Item[], conditions: readonly Condition[]): readonly Item[] {
  const asked = conditions.filter((condition) => (condition.kind === 'text' ? condition.contains.trim() !== '' : condition.kind === 'range' ? condition.least !== null || condition.most !== null : condition.codes.size > 0));
  return asked.length === 0 ? items : items.filter((item) => asked.every((condition) => meets(item, condition)));
}

function meets(item: Item, condition: Condition): boolean {
  const value = valueOf(item, condition.field);
  if (condition.kind === 'codes') return condition.codes.has(codeOf(value));
  if (value === undefined || value === null || value === '') return false;
  if (condition.kind === 'text') return folded(value).includes(folded(condition.contains.trim()));
  const number = Number(value);
  return number >= (condition.least ?? -Infinity) && number <= (condition.most ?? Infinity);
}

/** A value as lists of codes name it; what is not there has the empty name. */
export function codeOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function folded(value: unknown): string {
  return String(value).normalize('NFKC').toLowerCase();
}

/** Items in the order of a field: numbers by size, texts as the language sorts them, what has no value last. */
export function ordered(items: readonly Item[], order: Order, language: string, value: (item: Item, field: string) => unknown = valueOf): readonly Item[] {
  if (!order) return items;
  const collator = new Intl.Collator(language === 'zh' ? 'zh-CN' : 'en', { numeric: true });
  const sign = order.down ? -1 : 1;
  const absent = (value: unknown): boolean => value === undefined || value === null || value === '';
  return [...items].sort((one, other) => {
    const [a, b] = [value(one, order.field), value(other, order.field)];
    if (absent(a) || absent(b)) return Number(absent(a)) - Number(absent(b));
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b)));
  });
}

export interface Statistics {
  readonly count: number; // of values that are there
  readonly sum: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** What the numbers of a field come to; null where there is none. */
export function statistics(items: readonly Item[], field: string): Statistics | null {
  const values = items.map((item) => valueOf(item, field)).filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (values.length === 0) return null;
  const sum = values.reduce((a, b) => a + b, 0);
  return { count: values.length, sum, mean: sum / values.length, least: values.reduce((a, b) => Math.min(a, b)), most: values.reduce((a, b) => Math.max(a, b)) };
}

/** How many items have which value of a field, the most frequent first. */
export function frequencies(items: readonly Item[], field: string): readonly (readonly [code: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const item of items) {
    const code = codeOf(valueOf(item, field));
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
