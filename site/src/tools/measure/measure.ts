// Distances, areas and bearings by hand, live while drawing, and the heights along a line.

import './measure.css';

import { aim, type Aim } from '../../ui/aim.ts';
import type { Place } from '../../core/geodesy.ts';
import { sketch } from '../../core/sketch.ts';
import { saying } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { saveFile } from '../../ui/save-file.ts';
import type { Portal, Tool } from '../tool.ts';
import { figures, legsOf, mainFigure, type Kind } from './figures.ts';
import { labels } from './labels.ts';
import { factsOf, profileCsv, profileOf, type Profile } from './profile.ts';
import { profileChart } from './profile-chart.ts';
import { heightText, lengthText } from '../../core/units.ts';
import { words } from './words.ts';

const COLOUR = '#b3372b';
const MODES = { distance: 'linestring', area: 'polygon' } as const;

export function measure(portal: Portal): Tool {
  const { map, language, city: { heightAt } } = portal;
  const t = saying(words, language);
  const drawing = sketch(map, { prefix: 'longquan-measure', look: () => ({ colour: COLOUR, width: 3 }), keepSelected: true });
  const texts = labels(map, language);
  let kind: Kind = 'distance';
  let line: readonly Place[] = []; // what is measured now; of an area the ring
  let finished = false;
  let unfolded = false;
  let withProfile = false;
  let turn = 0;
  let ending: (() => void)[] = [];
  let cross: Aim | null = null;

  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const kinds = (['distance', 'area'] as const).map((one) => [one, button(t(one), () => begin(one, true))] as const);
  const hint = element('p', { class: 'hint', role: 'status' });
  const keys = element('p', { class: 'hint keys' }, t('hintKeys'));
  const place = button(t('placeHere'), () => cross?.click());
  const undo = button(t('undo'), () => drawing.undo());
  const finish = button(t('finish'), () => map.getCanvas().dispatchEvent(new KeyboardEvent('keyup', { key: 'Enter' })));
  const again = button(t('again'), () => begin(kind, true));
  const result = element('div', { class: 'result' });
  const profileButton = button(t('profile'), () => {
    withProfile = !withProfile;
    void showProfile();
  });
  profileButton.setAttribute('aria-expanded', 'false');
  const profile = element('div', { class: 'profile' });
  const root = element('div', { class: 'measure' },
    element('div', { class: 'kinds', role: 'group', 'aria-label': t('kind') }, ...kinds.map(([, node]) => node)),
    element('div', { class: 'actions' }, place, undo, finish, again), result, hint, keys,
    element('div', { class: 'actions' }, profileButton), profile, element('p', { class: 'method' }, t('method')));

  /** Forget what was measured and let the reader measure anew. */
  const begin = (next: Kind, focus: boolean): void => {
    kind = next;
    line = [];
    finished = false;
    turn++;
    drawing.clear();
    drawing.setMode(MODES[kind]);
    if (focus) map.getCanvas().focus(); // for the keys that draw
    show();
    void showProfile();
    portal.announce(t('started'));
  };

  const show = (): void => {
    for (const [one, node] of kinds) node.setAttribute('aria-pressed', String(one === kind));
    hint.textContent = finished ? t('hintEdit') : t(kind === 'area' ? 'hintArea' : 'hintDistance');
    const legs = legsOf(line);
    root.classList.toggle('busy', !finished);
    keys.hidden = place.hidden = undo.hidden = finish.hidden = finished;
    undo.disabled = legs.length === 0;
    finish.disabled = legs.length < (kind === 'area' ? 3 : 1);
    again.hidden = line.length === 0;
    unfolded = result.querySelector('details')?.open ?? unfolded;
    result.replaceChildren(figures(kind, line, language, t, unfolded) ?? '');
    texts.show(kind, line);
    profileButton.hidden = !finished || kind !== 'distance' || heightAt === null;
  };

  /** What the sketch holds now, as it is being drawn or edited. */
  const read = (): void => {
    const feature = drawing.getSnapshot().find(({ properties }) => properties['mode'] === MODES[kind] && !properties['closingPoint'] && !properties['coordinatePoint']);
    const { geometry } = feature ?? {};
    line = geometry?.type === 'Polygon' ? (geometry.coordinates[0] as unknown as Place[]) : geometry?.type === 'LineString' ? (geometry.coordinates as unknown as Place[]) : [];
    show();
  };

  const showProfile = async (): Promise<void> => {
    const mine = ++turn;
    const wanted = withProfile && finished && kind === 'distance' && heightAt;
    profileButton.textContent = t(withProfile ? 'profileOff' : 'profile');
    profileButton.setAttribute('aria-expanded', String(withProfile));
    texts.mark(null);
    if (!wanted) return profile.replaceChildren();
    if (profile.childElementCount === 0) profile.replaceChildren(element('p', { role: 'status' }, t('profileWait')));
    try {
      const found = await profileOf(line, heightAt, () => mine !== turn);
      if (found && mine === turn) profile.replaceChildren(...profileParts(found));
    } catch (error) {
      console.error(error);
      if (mine === turn) profile.replaceChildren(element('p', { role: 'alert' }, t('profileFault', { reason: error instanceof Error ? error.message : String(error) })));
    }
  };

  const profileParts = (found: Profile): HTMLElement[] => {
    const facts = factsOf(found);
    if (!facts) return [element('p', { role: 'status' }, t('profileNone'))];
    const rows = (['lowest', 'highest', 'ascent', 'descent'] as const).map((name) => [t(name), heightText(facts[name], language), ''] as const);
    const wide = [[t('surface'), lengthText(facts.surface, language), 'wide'] as const, ...(facts.unknown > 0 ? [[t('unknown'), `${facts.unknown} / ${found.points.length}`, 'wide'] as const] : [])];
    const list = element('dl', {}, ...[...rows, ...wide].flatMap(([name, value, wideness]) => [element('dt', {}, name), element('dd', { class: wideness || null }, value)]));
    const save = button(t('save'), () => saveFile(`${t('file')}.csv`, profileCsv(found), 'text/csv;charset=utf-8'));
    save.classList.add('save');
    return [
      profileChart({ profile: found, language, t, onPoint: (point) => texts.mark(point?.at ?? null) }),
      list, element('div', { class: 'actions' }, save), element('p', {}, t('sampled', { step: lengthText(found.step, language) })),
    ];
  };

  drawing.on('change', () => read());
  drawing.on('finish', (id, { action }) => {
    if (action !== 'draw') return void showProfile(); // a corner was moved
    finished = true;
    drawing.setMode('select');
    drawing.selectFeature(id);
    read();
    portal.announce(t('finished', { text: mainFigure(kind, line, language) ?? '' }));
    void showProfile();
  });

  return {
    element: root,
    enter() {
      const before = line;
      drawing.start();
      texts.add();
      cross = aim(map, portal.padding);
      const quiet = map.on('dblclick', (event) => event.preventDefault()); // it ends the line, and is no zooming
      ending = [portal.takeClicks(), () => quiet.unsubscribe(), () => cross?.end()];
      if (!finished) return begin(kind, false);
      const geometry = kind === 'area' ? { type: 'Polygon' as const, coordinates: [before.map(([lng, lat]) => [lng, lat])] } : { type: 'LineString' as const, coordinates: before.map(([lng, lat]) => [lng, lat]) };
      const [added] = drawing.addFeatures([{ type: 'Feature', geometry, properties: { mode: MODES[kind] } }]);
      drawing.setMode('select');
      if (added?.id !== undefined) drawing.selectFeature(added.id);
      read();
      void showProfile();
    },
    leave() {
      const kept = line;
      turn++;
      drawing.stop();
      texts.remove();
      for (const end of ending) end();
      line = kept; // stopping the sketch empties it
    },
  };
}
