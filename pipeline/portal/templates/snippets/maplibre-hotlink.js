import { addProtocol, Map, setWorkerUrl } from 'maplibre-gl';   // npm install maplibre-gl pmtiles
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';   // as Vite writes it
import { Protocol } from 'pmtiles';

setWorkerUrl(worker);
addProtocol('pmtiles', new Protocol().tile);
const map = new Map({ container: 'map', style: '@SITE@hotlink/@STYLE@' });
