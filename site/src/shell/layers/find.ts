// Finding a dataset by what it, its theme or its department is called.

import type { Dataset, Text } from '../../core/catalog.ts';

/** Words as they are compared: full width like half width, without case. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Whether all words of a question occur in what a dataset says of itself, in whichever language. */
export function answers(dataset: Dataset, theme: Text, question: string): boolean {
  const texts = [dataset.title, dataset.description, theme, dataset.department.name];
  const said = folded([dataset.id, ...dataset.layers.map(({ layer }) => layer ?? ''), ...texts.flatMap((text) => [text?.zh ?? '', text?.en ?? ''])].join('\n'));
  return folded(question).split(/\s+/).every((word) => said.includes(word));
}
