// Chinese and English; Chinese where nothing else is asked for.

import type { Language } from '../core/catalog.ts';
import { en } from './en.ts';
import { zh, type Messages } from './zh.ts';

/** The words of one part of the portal in every language. */
export type Words<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;

export type Say<Key extends string> = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

/** The words of the page's frame; tools bring their own. */
export type Translate = Say<keyof Messages>;

/** What says some words in a language; `{name}` in them is replaced by the value of that name. */
export function saying<Key extends string>(words: Words<Key>, language: Language): Say<Key> {
  return (key, values = {}) =>
    words[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The words of the page's frame in a language. */
export function translator(language: Language): Translate {
  return saying({ zh, en }, language);
}

/** The language to begin with: the address first, then the browser's list, then Chinese. */
export function chooseLanguage(asked: string | null, preferred: readonly string[]): Language {
  for (const tag of asked ? [asked, ...preferred] : preferred) {
    const language = tag.toLowerCase().slice(0, 2);
    if (language === 'zh' || language === 'en') return language;
  }
  return 'zh';
}

/** The tag for the page's `lang` attribute. */
export function languageTag(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}
