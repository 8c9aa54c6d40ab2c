import { open } from '@SITE@sdk/v1/longquan.js';

const city = await open();
const map = await city.map('map');       // a <div id="map"> with a height
