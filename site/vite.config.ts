import { defineConfig } from 'vite';

import { privateFiles } from './build/private-files.ts';
import { sdk } from './build/sdk.ts';

// Every script ends in `.js`: some servers (nginx 1.22) do not know `.mjs` and browsers then refuse it.
const scripts = {
  entryFileNames: 'assets/[name]-[hash].js',
  chunkFileNames: 'assets/[name]-[hash].js',
  assetFileNames: 'assets/[name]-[hash][extname]',
};

export default defineConfig({
  base: './', // works under any path
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200, // MapLibre is one module
    // MapLibre apart: it changes seldom, so readers who come again have it already.
    rolldownOptions: { input: ['index.html', 'embed.html'], output: { ...scripts, codeSplitting: { groups: [{ name: 'maplibre', test: /node_modules[\\/]maplibre-gl[\\/]/ }] } } },
  },
  worker: { format: 'es', rolldownOptions: { output: scripts } },
  plugins: [sdk(), privateFiles()],
  test: { include: ['src/**/*.test.ts'] },
});
