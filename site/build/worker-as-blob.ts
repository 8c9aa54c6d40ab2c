// MapLibre's worker inside the module that starts it, for bundles that must be one file and work from another origin.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const WORKER = 'maplibre-gl/dist/maplibre-gl-worker.mjs';
const INSIDE = '\0longquan-worker';

export function workerAsBlob(): Plugin {
  return {
    name: 'longquan-worker-as-blob',
    enforce: 'pre',
    resolveId: (id) => (id === `${WORKER}?worker&url` ? INSIDE : null),
    async load(id) {
      if (id !== INSIDE) return null;
      const file = fileURLToPath(import.meta.resolve(WORKER));
      const code = (await readFile(file, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'); // its map is not published
      return `export default URL.createObjectURL(new Blob([${JSON.stringify(code)}], { type: 'text/javascript' }));\n`;
    },
  };
}
