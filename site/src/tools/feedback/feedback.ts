// Word to those who look after the data: a file with what is said, where, and a picture; a mail to go with it.

import './feedback.css';

import type { GeoJSONSource, MapMouseEvent } from 'maplibre-gl';

import { inLanguage } from '../../core/catalog.ts';
import { degrees } from '../../core/coordinates.ts';
import { freeMiddle } from '../../core/free-middle.ts';
import { standing } from '../../core/legal.ts';
import { saying, translator } from '../../messages/i18n.ts';
import { linkWith, viewText } from '../../state/link.ts';
import { element } from '../../ui/element.ts';
import { saveFile } from '../../ui/save-file.ts';
import type { Portal, Tool } from '../tool.ts';
import { reportPicture } from './picture.ts';
import { addressee, KINDS, mailDraft, reportFile, type Kind, type Report } from './report.ts';
import { words } from './words.ts';

const LAYER = 'longquan-feedback';

export function feedback(portal: Portal): Tool {
  const { map, city: { catalog }, language, store, announce } = portal;
  const t = saying(words, language);
  const frame = translator(language);
  let place: Report['place'] = map.getCenter();
  let asking: (() => void) | null = null; // ends the choice of a place

  const kind = element('select', {}, ...KINDS.map((id) => element('option', { value: id }, t(`kind_${id}`))));
  const dataset = element('select', {}, element('option', { value: '' }, t('dataset_any')),
    ...catalog.datasets.map(({ id, title }) => element('option', { value: id }, inLanguage(title, language))));
  const where = element('output', { class: 'where' });
  const pick = element('button', { type: 'button', class: 'pick' }, t('pick'));
  const text = element('textarea', { rows: 5, maxlength: 4000, placeholder: t('textHint'), required: true });
  const contact = element('input', { type: 'text', maxlength: 120, autocomplete: 'email' });
  const picture = element('input', { type: 'checkbox', checked: true });
  const message = element('p', { class: 'message', role: 'status' });
  const save = element('button', { type: 'button' }, t('save'));
  const mail = element('button', { type: 'button' }, t('mail'));
  const root = element('div', { class: 'feedback' },
    element('p', { class: 'hint' }, t('hint')),
    field(t('kind'), kind), field(t('dataset'), dataset),
    element('div', { class: 'place' }, element('span', {}, t('place')), where, pick),
    field(t('text'), text), field(t('contact'), contact),
    element('label', { class: 'box' }, picture, t('picture')),
    element('div', { class: 'actions' }, save, mail), message);

  const concerned = (): Report['dataset'] => catalog.datasets.find(({ id }) => id === dataset.value) ?? null;
  const report = (): Report | null => {
    if (!text.value.trim()) {
      message.textContent = t('needText');
      text.focus();
      return null;
    }
    const { selected } = store.now;
    return {
      kind: kind.value as Kind, text: text.value.trim(), contact: contact.value.trim(), place, dataset: concerned(),
      feature: selected?.dataset === dataset.value ? selected : null,
      link: linkWith({ map: viewText(map.getZoom(), map.getCenter(), map.getBearing(), map.getPitch()) }), made: new Date(),
    };
  };

  save.addEventListener('click', async () => {
    const now = report();
    if (!now) return;
    const said = [inLanguage(catalog.attribution, language), ...standing(catalog).map(([key, values]) => frame(key, values)), inLanguage(catalog.notice, language)];
    mark(false); // the ring of the picture marks the place
    const pixels = picture.checked ? await reportPicture(map, place, said.filter(Boolean).join(' · ')) : null;
    mark(true);
    const name = `${t('fileName')}-${now.made.toISOString().slice(0, 16).replace(/[:T]/g, '-')}.zip`;
    saveFile(name, new Blob([reportFile(now, catalog, pixels as Uint8Array<ArrayBuffer> | null)]), 'application/zip');
    const to = addressee(now.dataset, catalog, language, t('platform'));
    message.textContent = t('saved', { name, department: to.name, address: to.mail ? (language === 'zh' ? `（${to.mail}）` : ` (${to.mail})`) : '' });
  });
  mail.addEventListener('click', () => {
    const now = report();
    if (!now) return;
    const to = addressee(now.dataset, catalog, language, t('platform'));
    const link = element('a', {
      href: mailDraft(to.mail, t('subject', { kind: t(`kind_${now.kind}`) }), [
        now.text, '', t('mailPlace', { place: degrees(now.place) }),
        ...(now.dataset ? [t('mailDataset', { name: inLanguage(now.dataset.title, language) })] : []),
        t('mailLink', { link: now.link }), ...(now.contact ? [now.contact] : []),
      ]),
    });
    link.click();
    message.textContent = t('mailNote');
  });

  const show = (): void => {
    where.textContent = degrees(place);
    map.getSource<GeoJSONSource>(LAYER)?.setData(point());
  };
  const point = (): GeoJSON.Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [place.lng, place.lat] } });
  const mark = (on: boolean): void => {
    if (map.getLayer(LAYER)) map.setLayoutProperty(LAYER, 'visibility', on ? 'visible' : 'none');
  };
  pick.addEventListener('click', () => {
    if (asking) return asking();
    message.textContent = t('picking');
    announce(t('picking'));
    const choose = ({ lngLat }: MapMouseEvent): void => {
      place = lngLat;
      asking?.();
      show();
    };
    const release = portal.takeClicks();
    const cancel = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      asking?.();
    };
    map.once('click', choose);
    addEventListener('keydown', cancel, true);
    map.getCanvas().style.cursor = 'crosshair';
    pick.setAttribute('aria-pressed', 'true');
    asking = () => {
      asking = null;
      map.off('click', choose);
      removeEventListener('keydown', cancel, true);
      map.getCanvas().style.cursor = '';
      pick.setAttribute('aria-pressed', 'false');
      message.textContent = '';
      setTimeout(release); // this very click is not a question about the place
    };
  });

  return {
    element: root,
    enter() {
      const { selected, marker } = store.now;
      if (!text.value) { // nothing begun yet: about what the reader looks at
        place = marker ?? freeMiddle(map, portal.padding());
        dataset.value = selected?.dataset ?? '';
      }
      map.addSource(LAYER, { type: 'geojson', data: point() });
      map.addLayer({ id: LAYER, type: 'circle', source: LAYER, paint: { 'circle-radius': 10, 'circle-color': '#d3342b', 'circle-opacity': 0.25, 'circle-stroke-color': '#d3342b', 'circle-stroke-width': 2.5 } });
      show();
    },
    leave() {
      asking?.();
      if (map.getLayer(LAYER)) map.removeLayer(LAYER);
      if (map.getSource(LAYER)) map.removeSource(LAYER);
    },
  };
}

function field(name: string, control: HTMLElement): HTMLElement {
  return element('label', {}, element('span', {}, name), control);
}
