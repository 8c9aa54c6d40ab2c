// Takes the pictures of help.html: node docs/help-pictures.js FOLDER TARGET. `just help-pictures` calls it.
// FOLDER is the sample city's public edition; each picture is called as its chapter in templates/help.html.

const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { run, shoot } = require('./pictures.js');

const SIZE = { width: 1120, height: 700 };
const SHOWN = { width: 640, height: 400 }; // as the page shows them
const QUALITY = 0.72; // of WebP

const AREA = { type: 'Feature', properties: { 名称: '规划范围', 面积: '2.1 km²' }, geometry: { type: 'Polygon', coordinates: [[[119.112, 28.052], [119.142, 28.049], [119.145, 28.071], [119.118, 28.075], [119.112, 28.052]]] } };
// Panels cover the right third, so the town lies left of the middle.
const TOWN = (zoom) => `map=${zoom}/28.062/${(119.127 + 230 * 360 / 512 / 2 ** zoom).toFixed(4)}`;
const click = async (page, ...places) => {
  for (const [x, y] of places) await page.mouse.click(x, y, { delay: 30 });
};
const press = (page, name) => page.locator('#tool').getByRole('button', { name, exact: true }).click();
const close = (page) => page.locator('#layers .close').click();
const opened = async (page) => {
  await close(page);
  await page.locator('#tool button').first().waitFor();
};

const SHOTS = [
  { name: 'search', act: async (page) => {
    await page.locator('input[role=combobox]').pressSequentially('jian', { delay: 30 });
    await page.locator('[role=option]').first().waitFor();
  } },
  { name: 'here', hash: `#${TOWN(14.5)}`, act: async (page) => {
    await close(page);
    await click(page, [330, 350]);
    await page.locator('#here details').first().waitFor();
  } },
  { name: 'layers', hash: '#on=schools,clinics&map=12.6/28.062/119.1', act: async (page) => page.locator('#layers .disclose').first().click() },
  { name: 'measure', hash: `#tool=measure&${TOWN(13)}`, act: async (page) => {
    await opened(page);
    await click(page, [140, 430], [300, 330], [460, 400], [540, 260]);
    await press(page, '完成');
  } },
  { name: 'draw', hash: `#tool=draw&${TOWN(13)}`, act: async (page) => {
    await opened(page);
    await press(page, '面');
    await click(page, [190, 300], [440, 270], [480, 430], [230, 470]);
    await page.keyboard.press('Enter');
  } },
  { name: 'open', hash: `#tool=open&${TOWN(12.6)}`, act: async (page) => {
    await close(page);
    await page.locator('#tool input[type=file]').setInputFiles({ name: '规划范围.geojson', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(AREA)) });
  } },
  { name: 'query', hash: `#tool=query&${TOWN(14)}`, act: async (page) => {
    await opened(page);
    await press(page, '当前视野');
    await press(page, '查询');
    await page.locator('.query .count').first().waitFor();
  } },
  { name: 'compare', hash: '#tool=compare&map=14.3/28.0625/119.127', act: close },
  { name: 'check', hash: '#tool=check&map=12.5/28.062/119.17', act: async (page) => {
    await opened(page);
    await page.locator('.check .actions button').nth(2).click();
    await page.locator('.result .size').waitFor();
  } },
  { name: 'print', hash: '#tool=print&map=12.5/28.062/119.127', act: close },
  { name: 'share', hash: `#tool=share&${TOWN(12)}`, act: close },
];

/** The pixels of a WebP file alone: the browser adds a colour profile, and published pictures tell of nothing but what they show. */
function bare(file) {
  for (let at = 12; at + 8 <= file.length;) {
    const end = at + 8 + file.readUInt32LE(at + 4);
    if (/^VP8[ L]/.test(file.toString('latin1', at, at + 4))) {
      const chunk = file.subarray(at, end + (end % 2));
      const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
      head.writeUInt32LE(4 + chunk.length, 4);
      return Buffer.concat([head, chunk]);
    }
    at = end + (end % 2);
  }
  throw new Error('The browser made no WebP picture.');
}

/** A screenshot scaled down and encoded by the browser itself: no other program is needed. */
async function webp(page) {
  const picture = (await page.screenshot()).toString('base64');
  return bare(Buffer.from(await page.evaluate(async ([base64, size, quality]) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob(), { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'high' });
    const canvas = new OffscreenCanvas(size.width, size.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality })).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
  }, [picture, SHOWN, QUALITY]), 'base64'));
}

run(async (folder, target, only) => {
  mkdirSync(target, { recursive: true });
  const shots = SHOTS.filter(({ name }) => !only || name === only);
  await shoot(folder, SIZE, shots, async ({ name }, page) => {
    await page.mouse.move(5, 5);
    writeFileSync(join(target, `${name}.webp`), await webp(page));
  });
});
