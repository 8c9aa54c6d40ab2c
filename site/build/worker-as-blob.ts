// MapLibre's worker inside the module that starts it, for bundles that must be one file and work from another origin.

import type { Plugin } from 'vite';

const WORKER = 'maplibre-gl/dist/maplibre-gl-worker.mjs';
const INSIDE = '\0longquan-worker';

export function workerAsBlob(): Plugin {
  return {
    name: 'longquan-worker-as-blob',
    enforce: 'pre',
    resolveId: (id) => (id === `${WORKER}?worker&url` ? INSIDE : null),
    load(id) {
      if (id !== INSIDE) return null;
      return `import code from '${WORKER}?raw';\nexport default URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));\n`;
    },
  };
}
