// `npm run e2e -- DIST`: the browser tests of tests/e2e on a published folder; without DIST on the invented valley.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = dirname(dirname(fileURLToPath(import.meta.url)));
const python = process.env.LONGQUAN_PYTHON ?? join(site, '..', '.venv', 'bin', 'python');
const [asked, ...rest] = process.argv.slice(2);

const scratch = mkdtempSync(join(tmpdir(), 'longquan-e2e-'));
const run = (command, args, options = {}) => spawnSync(command, args, { stdio: 'inherit', ...options }).status ?? 1;

let status = 0;
let dist = asked && resolve(process.env.INIT_CWD ?? '.', asked);
if (!dist) {
  dist = join(scratch, 'public');
  status = run(python, ['-m', 'tests.e2e.fixture.make', dist], { cwd: join(site, '..') });
}
if (status === 0) {
  const vitest = join(site, 'node_modules', 'vitest', 'vitest.mjs');
  status = run(process.execPath, [vitest, 'run', '--config', join(site, 'vitest.e2e.config.ts'), ...rest], {
    cwd: site,
    env: { ...process.env, LONGQUAN_DIST: dist, LONGQUAN_PYTHON: python },
  });
}
rmSync(scratch, { recursive: true, force: true });
process.exit(status);
