import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The tests lie in tests/e2e, outside this folder, but use its packages.
const modules = fileURLToPath(new URL('node_modules/', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('../tests/e2e/', import.meta.url)),
  resolve: {
    alias: [{ find: /^(playwright-core|axe-core|@maplibre\/maplibre-gl-style-spec|jsqr|fflate|geographiclib-geodesic)$/, replacement: `${modules}$1` }],
  },
  cacheDir: `${modules}.vite-e2e`,
  server: { fs: { strict: false } },
  test: {
    globals: true,
    include: ['*.test.ts'],
    maxWorkers: 2, // browsers at a time: what one waits for the other computes; software rendering takes whole cores
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
