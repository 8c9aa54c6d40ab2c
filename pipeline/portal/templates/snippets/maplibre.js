import { addProtocol, Map, setWorkerUrl } from 'maplibre-gl';   // npm install maplibre-gl pmtiles
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';   // as Vite writes it
import { Protocol } from 'pmtiles';

setWorkerUrl(worker);
addProtocol('pmtiles', new Protocol().tile);
const site = '@SITE@';
const text = await (await fetch(site + '@STYLE@')).text();
const style = JSON.parse(text.replaceAll('"../', `"${site}`).replaceAll('pmtiles://../', `pmtiles://${site}`));
const map = new Map({ container: 'map', style });
