// Which part of the site may know which: the twin of Python's import contracts. docs/portal.md draws it.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What each room may import besides itself; rooms that are not named here may not exist. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  messages: ['core'], // what a language is
  core: ['messages'], // names of fields and units are words
  ui: ['core', 'messages'],
  state: ['core'],
  tools: ['core', 'state', 'ui', 'messages'],
  plain: ['core', 'ui', 'messages'],
  shell: ['core', 'state', 'ui', 'messages', 'tools'],
  sdk: ['core', 'state', 'ui', 'messages'],
  embed: ['core', 'state', 'ui', 'messages', 'shell', 'tools'],
  offline: ['core', 'state', 'ui', 'messages', 'shell', 'main'],
  main: ['core', 'state', 'ui', 'messages', 'shell', 'plain'],
};
/** Tools know the registry's types, no tool knows another. */
const SHARED = new Set(['tools/tool.ts', 'tools/registry.ts']);

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('.d.ts'));
const room = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, ''));
const tool = (file: string): string | null => (/^tools\/[^/]+\//.test(file) ? file.split('/')[1]! : null);

const imports = files.flatMap((file) => {
  const code = readFileSync(join(root, file), 'utf8');
  return [...code.matchAll(/(?:from |import |import\()'(\.[^'?]*)/g)].map((match) => ({ file, to: relative(root, join(root, dirname(file), match[1]!)) }));
});

test('every file lies in a room that is known', () => {
  expect([...new Set(files.map(room))].filter((name) => !(name in MAY))).toEqual([]);
});

test('no room knows one that it should not', () => {
  const wrong = imports.filter(({ file, to }) => to.endsWith('.ts') && room(file) !== room(to) && !MAY[room(file)]?.includes(room(to)));
  expect(wrong.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test('no tool knows another', () => {
  const wrong = imports.filter(({ file, to }) => tool(file) !== null && room(to) === 'tools' && tool(to) !== tool(file) && !SHARED.has(to));
  expect(wrong.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});
