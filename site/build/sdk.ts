// The SDK, written into the built site with its types and its version in the address.

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const site = fileURLToPath(new URL('..', import.meta.url));

export function sdk(): Plugin {
  return {
    name: 'longquan-sdk',
    apply: 'build',
    async writeBundle() {
      await build({ configFile: join(site, 'vite.sdk.config.ts'), logLevel: 'warn' });
      await copyFile(join(site, 'src', 'sdk', 'api.ts'), join(site, 'dist', 'sdk', 'v1', 'longquan.d.ts'));
    },
  };
}
