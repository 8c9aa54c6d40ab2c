import Map from 'ol/Map.js';                               // npm install ol ol-pmtiles
import View from 'ol/View.js';
import 'ol/ol.css';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import { fromLonLat } from 'ol/proj.js';
import { PMTilesVectorSource } from 'ol-pmtiles';

const at = '@SITE@@TILEJSON@';                             // this address stays, the archive's name changes
const { tiles, attribution } = await (await fetch(at)).json();
const url = new URL(tiles[0].replace(/^pmtiles:\/\/|\/\{z\}.*$/g, ''), at).href;
const layer = new VectorTileLayer({
  source: new PMTilesVectorSource({ url, attributions: [attribution] }),
  style: [
    { filter: ['==', ['get', 'layer'], 'HYDA'], style: { 'fill-color': '#b3d7da' } },
    { filter: ['==', ['get', 'layer'], 'HYDL'], style: { 'stroke-color': '#8fc0c6', 'stroke-width': 1.5 } },
    { filter: ['==', ['get', 'layer'], 'LRDL'], style: { 'stroke-color': '#c4903f', 'stroke-width': 2 } },
  ],
});
const map = new Map({ target: 'map', layers: [layer], view: new View({ center: fromLonLat([@LNG@, @LAT@]), zoom: @ZOOM@ }) });
