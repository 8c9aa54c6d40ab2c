import { expect, test } from 'vitest';

import { store } from './store.ts';

test('listeners hear of what they asked for, once a change, and of nothing else', () => {
  const state = store({ a: 1, b: 1 });
  const heard: string[] = [];
  state.on(['a'], (now, before) => heard.push(`a ${before.a} → ${now.a}`));
  state.on(['a', 'b'], () => heard.push('either'));
  state.set({ b: 2 });
  state.set({ a: 2, b: 3 });
  state.set({ a: 2 });
  expect(heard).toEqual(['either', 'a 1 → 2', 'either']);
  expect(state.now).toEqual({ a: 2, b: 3 });
});

test('what a listener sets is told after everybody heard of the first change', () => {
  const state = store({ a: 0, b: 0 });
  const heard: string[] = [];
  state.on(['a'], ({ a }) => state.set({ b: a * 10 }));
  state.on(['a', 'b'], ({ a, b }) => heard.push(`${a} ${b}`));
  state.set({ a: 1 });
  expect(heard).toEqual(['1 0', '1 10']);
});

test('who has left hears nothing', () => {
  const state = store({ a: 0 });
  let heard = 0;
  const leave = state.on(['a'], () => heard++);
  state.set({ a: 1 });
  leave();
  state.set({ a: 2 });
  expect(heard).toBe(1);
});

test('a listener that throws does not make the store deaf', () => {
  const state = store({ a: 0 });
  const leave = state.on(['a'], () => {
    throw new Error('broken');
  });
  expect(() => state.set({ a: 1 })).toThrow('broken');
  leave();
  let heard = 0;
  state.on(['a'], () => heard++);
  state.set({ a: 2 });
  expect(heard).toBe(1);
});
