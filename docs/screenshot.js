// Takes the picture of the README: node docs/screenshot.js FOLDER PICTURE. `just screenshot` calls it.
// FOLDER is a published edition; LONGQUAN_CHROMIUM names the browser. The picture is of the map as it opens.

const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { chromium } = require(join(__dirname, '..', 'site', 'node_modules', 'playwright-core'));

async function main(folder, picture) {
  const server = spawn('longquan', ['serve', folder, '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [address] = await new Promise((found, lost) => {
    server.on('error', lost);
    createInterface(server.stdout).once('line', (line) => found(line.split(' ')));
  });
  const browser = await chromium.launch({
    executablePath: process.env.LONGQUAN_CHROMIUM,
    args: ['--enable-unsafe-swiftshader', '--disable-gpu', '--no-sandbox'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', reducedMotion: 'reduce' });
    await page.goto(address);
    await page.waitForFunction(() => {
      const ready = document.getElementById('app')?.dataset.ready === 'true';
      return ready && window.longquanMap.loaded() && window.longquanMap.areTilesLoaded();
    }, null, { timeout: 120_000 });
    await page.screenshot({ path: picture });
  } finally {
    await browser.close();
    server.kill();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
