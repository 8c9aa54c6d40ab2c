// Pictures of a published edition in a browser; LONGQUAN_CHROMIUM names it. docs/screenshot.js and docs/help-pictures.js use it.

const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { chromium } = require(join(__dirname, '..', 'site', 'node_modules', 'playwright-core'));

/**
 * Open the folder once for each shot, `{ hash, act }`, and call `keep(shot, page)` when the map has drawn all it has.
 * `act(page)` comes before that: what a reader would do.
 */
async function shoot(folder, size, shots, keep) {
  const server = spawn('longquan', ['serve', folder, '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [address] = await new Promise((found, lost) => {
    server.on('error', lost);
    createInterface(server.stdout).once('line', (line) => found(line.split(' ')));
  });
  const browser = await chromium.launch({
    executablePath: process.env.LONGQUAN_CHROMIUM,
    args: ['--enable-unsafe-swiftshader', '--disable-gpu', '--no-sandbox'],
  });
  const drawn = (page) => page.waitForFunction(() => {
    const ready = document.getElementById('app')?.dataset.ready === 'true';
    return ready && window.longquanMap.loaded() && window.longquanMap.areTilesLoaded();
  }, null, { timeout: 120_000 });
  try {
    for (const shot of shots) {
      const page = await browser.newPage({ viewport: size, locale: 'zh-CN', reducedMotion: 'reduce' });
      page.setDefaultTimeout(120_000);
      await page.goto(address + (shot.hash ?? ''));
      await drawn(page);
      await shot.act?.(page);
      await drawn(page);
      await keep(shot, page);
      await page.close();
    }
  } finally {
    await browser.close();
    server.kill();
  }
}

function run(main) {
  main(...process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}

module.exports = { shoot, run };
