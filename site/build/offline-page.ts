// The page that opens from a disk: the whole portal as one classic script, its worker and styles inside one HTML file.
// `longquan build` puts a city's files into it (pipeline/portal/offline_page.py).

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const site = fileURLToPath(new URL('..', import.meta.url));

/** The page, made from the built `index.html` and worker in site/dist. */
export async function offlinePage(): Promise<string> {
  const assets = join(site, 'dist', 'assets');
  const workerName = (await readdir(assets)).find((name) => /^maplibre-gl-worker-.*\.js$/.test(name));
  if (!workerName) throw new Error('the worker of MapLibre was not built');
  const [index, worker, { script, style }] = await Promise.all([
    readFile(join(site, 'dist', 'index.html'), 'utf8'), readFile(join(assets, workerName), 'utf8'), bundle(),
  ]);
  const page = index
    .replace(/\s*<script type="module"[^>]*><\/script>/g, '')
    .replace(/\s*<link rel="(?:modulepreload|stylesheet)"[^>]*>/g, '')
    .replace('<script>', () => '<script>window.longquanFile = true;</script>\n    <script>')
    .replace('</head>', () => `<style>${style}</style>\n  </head>`)
    .replace('</body>', () => [
      `<script type="text/plain" id="longquan-worker">${inert(worker)}</script>`, '<!--longquan:files-->', `<script>${inert(script)}</script>`, '</body>',
    ].join('\n    '));
  for (const marker of ['longquanFile', '<!--longquan:head-->', '<!--longquan:notice-->', '<!--longquan:files-->']) {
    if (page.split(marker).length < 2) throw new Error(`the page for files lacks ${marker}`);
  }
  return page;
}

/** The portal as one script and one style sheet. */
async function bundle(): Promise<{ script: string; style: string }> {
  const result = await build({
    configFile: false,
    root: site,
    logLevel: 'error',
    build: {
      target: 'es2022', write: false, cssCodeSplit: false, assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      rolldownOptions: { input: join(site, 'src', 'offline', 'main.ts'), output: { format: 'iife', codeSplitting: false } },
    },
    plugins: [workerFromPage()],
  });
  const files = [result].flat().flatMap((one) => ('output' in one ? one.output : []));
  const scripts = files.filter((file) => file.type === 'chunk');
  const styles = files.filter((file) => file.type === 'asset' && file.fileName.endsWith('.css'));
  if (scripts.length !== 1 || styles.length !== 1 || files.length !== 2) throw new Error(`the page for files fell apart: ${files.map((file) => file.fileName).join(', ')}`);
  return { script: scripts[0]!.type === 'chunk' ? scripts[0]!.code : '', style: styles[0]!.type === 'asset' ? String(styles[0]!.source) : '' };
}

/** A page from a disk may load no worker from there: its script lies in the page, as text. */
function workerFromPage(): Plugin {
  const name = '\0worker-from-page';
  return {
    name: 'longquan-worker-from-page',
    enforce: 'pre',
    resolveId: (id) => (id.endsWith('?worker&url') ? name : null),
    load: (id) => (id === name
      ? `export default URL.createObjectURL(new Blob([document.getElementById('longquan-worker').textContent], { type: 'text/javascript' }));`
      : null),
  };
}

/** A script that HTML does not take for its own end. */
function inert(script: string): string {
  return script.replace(/<(?=\/script|!--)/gi, '\\x3C');
}
