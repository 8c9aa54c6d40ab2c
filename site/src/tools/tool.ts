// What a tool is: a panel beside the map, loaded when a reader opens it.

import type { Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import type { Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import type { Selection } from '../core/selection.ts';
import type { Messages } from '../messages/zh.ts';
import type { State } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import type { IconName } from '../ui/icons.ts';

/** All that a tool works with. */
export interface Portal {
  readonly app: HTMLElement; // in which dialogs and bars are laid
  readonly map: MapLibre; // loaded
  readonly city: City;
  readonly language: Language;
  readonly store: Store<State>;
  readonly selection: Selection;
  /** The style that the map wears now, texts in the reader's language. */
  worn(): StyleSpecification;
  /** Ask another map what is at places of the screen that it covers, until the function returned is called. */
  cover(find: (point: { readonly x: number; readonly y: number }) => MapLibre | null): () => void;
  /** Take the clicks on the map from "what is here" until the function returned is called. */
  takeClicks(): () => void;
  /** Say something to those who cannot see the map. */
  announce(text: string): void;
  /** How much of the map panels cover on each side, in pixels, and a margin. */
  padding(): { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** Open a tool, as its button does; null closes the one that stands open. */
  openTool(id: string | null): Promise<Tool | null>;
}

export interface Tool {
  readonly element: HTMLElement;
  /** The panel was opened: show on the map what the tool has there. */
  enter(): void;
  /** The panel was closed: leave the map as it was found, keep what the reader made. */
  leave(): void;
  /** A file was dropped on the page; whether the tool takes it. */
  take?(files: readonly File[]): boolean;
}

/** A tool as the rail knows it before its code is there. */
export interface ToolEntry {
  readonly id: string; // in the address
  readonly title: keyof Messages;
  readonly icon: IconName;
  readonly load: () => Promise<(portal: Portal) => Tool>;
  /** Whether the city has what the tool works on; absent: always. */
  readonly fits?: (city: City) => boolean;
  /** Whether there is something to show on the map before the panel is opened: what a link carries, what this browser keeps. */
  readonly waits?: (state: State) => boolean;
}
