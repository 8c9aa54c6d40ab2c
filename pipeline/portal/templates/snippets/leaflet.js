import L from 'leaflet';                                   // npm install leaflet protomaps-leaflet
import 'leaflet/dist/leaflet.css';
import { leafletLayer, LineSymbolizer, PolygonSymbolizer } from 'protomaps-leaflet';

const at = '@SITE@@TILEJSON@';                             // this address stays, the archive's name changes
const { tiles, attribution, maxzoom } = await (await fetch(at)).json();
const url = new URL(tiles[0].replace(/^pmtiles:\/\/|\/\{z\}.*$/g, ''), at).href;
const map = L.map('map').setView([@LAT@, @LNG@], @ZOOM@);
leafletLayer({
  url, attribution, maxDataZoom: maxzoom, labelRules: [],
  paintRules: [
    { dataLayer: 'HYDA', symbolizer: new PolygonSymbolizer({ fill: '#b3d7da' }) },
    { dataLayer: 'HYDL', symbolizer: new LineSymbolizer({ color: '#8fc0c6', width: 1.5 }) },
    { dataLayer: 'LRDL', symbolizer: new LineSymbolizer({ color: '#c4903f', width: 2 }) },
  ],
}).addTo(map);
