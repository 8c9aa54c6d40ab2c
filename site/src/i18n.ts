// Chinese and English; Chinese where nothing else is asked for.

import type { Language } from './catalog.ts';
import { en } from './messages/en.ts';
import { zh, type Messages } from './messages/zh.ts';

const messages: Readonly<Record<Language, Messages>> = { zh, en };

export type Translate = (key: keyof Messages, values?: Readonly<Record<string, string | number>>) => string;

/** The messages of a language; `{name}` in a message is replaced by the value of that name. */
export function translator(language: Language): Translate {
  return (key, values = {}) =>
    messages[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
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
