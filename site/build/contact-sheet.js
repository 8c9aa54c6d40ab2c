// One picture of every flavour of the map at fixed places and zooms:
//   node site/build/contact-sheet.js FOLDER PLAN PICTURE [FLAVOUR…]
// FOLDER is a published edition, PLAN a JSON file (tests/contact_sheet/plan.json), LONGQUAN_CHROMIUM names the browser.
// Writes the picture and prints what drew it, as JSON: browser and fonts decide about every pixel of a letter.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [folder, planFile, picture, ...wanted] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, 'utf8'));
const { width, height, columns } = plan;

async function serve() {
  const python = process.env.LONGQUAN_PYTHON ?? join(root, '.venv', 'bin', 'python');
  const server = spawn(python, ['-m', 'pipeline', 'serve', folder, '--port', '0'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [address] = await new Promise((found, lost) => {
    server.on('error', lost);
    createInterface(server.stdout).once('line', (line) => found(line.split(' ')));
  });
  return { server, address };
}

/** The pictures of one flavour, in the order of the plan. */
async function draw(browser, address, style) {
  const page = await browser.newPage({ viewport: { width, height }, locale: 'zh-CN', reducedMotion: 'reduce' });
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  const base = style.base ?? 'map';
  await page.goto(`${address}#${base === 'map' ? `flavour=${style.id}` : `base=${base}`}&lang=${plan.language ?? 'zh'}${plan.hash ?? ''}`);
  await page.waitForFunction(() => document.getElementById('app')?.dataset.ready === 'true', null, { timeout: 120_000 });
  await page.addStyleTag({ content: '#app > :not(main) { display: none !important } #map { position: fixed !important; inset: 0 !important; width: 100vw !important; height: 100vh !important } .maplibregl-control-container { display: none }' });
  const pictures = [];
  for (const { center, zoom, pitch = 0, bearing = 0 } of plan.views) {
    await page.evaluate(
      async (view) => {
        const map = window.longquanMap;
        map.resize();
        const still = new Promise((done) => map.once('idle', done));
        map.setMaxPitch(78);
        map.jumpTo(view);
        map.triggerRepaint();
        await still;
      },
      { center, zoom, pitch, bearing },
    );
    pictures.push((await page.screenshot({ type: 'png' })).toString('base64'));
  }
  await page.close();
  if (faults.length > 0) throw new Error(`${style.id}: ${faults.join('; ')}`);
  return pictures;
}

function sheet(drawn) {
  const cells = drawn.map(({ style, pictures }) => `<h2>${style.title.zh} ${style.title.en}</h2><div class="row">${pictures
    .map((data, i) => `<figure><img src="data:image/png;base64,${data}"><figcaption>${plan.views[i].title ?? ''} z${plan.views[i].zoom}</figcaption></figure>`)
    .join('')}</div>`);
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 12px; width: ${columns * (width + 6)}px; font: 13px sans-serif; background: #fff; color: #222 }
    h2 { margin: 10px 0 6px; font-size: 18px }
    .row { display: grid; grid-template-columns: repeat(${columns}, ${width}px); gap: 6px }
    figure { margin: 0 } img { display: block; width: ${width}px; height: ${height}px } figcaption { padding: 2px 0 }
  </style>${cells.join('')}`;
}

/** What decides about the pixels besides styles and data: the browser and the font whose pieces the folder brings. */
function drawnBy(browser) {
  const font = JSON.parse(readFileSync(join(root, 'site', 'node_modules', '@fontsource', 'noto-sans-sc', 'package.json'), 'utf8'));
  return { browser: `Chromium ${browser.version()}`, fonts: `${font.name} ${font.version}` };
}

const { server, address } = await serve();
const browser = await chromium.launch({
  executablePath: process.env.LONGQUAN_CHROMIUM,
  args: ['--enable-unsafe-swiftshader', '--disable-gpu', '--no-sandbox', '--force-color-profile=srgb'],
});
try {
  const { styles } = JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'));
  const chosen = styles.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const drawn = [];
  for (const style of chosen) drawn.push({ style, pictures: await draw(browser, address, style) });
  const page = await browser.newPage({ viewport: { width: columns * (width + 6) + 24, height: 400 } });
  await page.setContent(sheet(drawn));
  await page.screenshot({ path: picture, fullPage: true });
  console.log(JSON.stringify(drawnBy(browser)));
} finally {
  await browser.close();
  server.kill();
}
