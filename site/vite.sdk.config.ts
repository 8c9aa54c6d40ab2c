// sdk/v1/: one module for other people's pages, and its types. Built by build/sdk.ts together with the site.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

import { workerAsBlob } from './build/worker-as-blob.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: {
    target: 'es2022',
    outDir: 'dist/sdk/v1',
    emptyOutDir: true,
    copyPublicDir: false,
    chunkSizeWarningLimit: 2500,
    lib: { entry: 'src/sdk/longquan.ts', formats: ['es'], fileName: () => 'longquan.js' },
    rolldownOptions: { output: { codeSplitting: false, minify: true } },
    minify: true,
  },
  plugins: [workerAsBlob()],
});
