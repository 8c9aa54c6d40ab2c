// One visit to each server that offices have: Debian's, our own, Python's, below a path and on plain http.
//
// The released folder is all they get; a server that is not installed is left out, but for those that come with the project.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';

import { drawn, launch, visit } from './browser.ts';
import { dist } from './folder.ts';
import { HOST } from './server.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const python = process.env['LONGQUAN_PYTHON'] ?? 'python3';
const scratch = mkdtempSync(join(tmpdir(), 'longquan-servers-'));
const below = '地图/v1';
let browser: Browser;
beforeAll(async () => {
  mkdirSync(join(scratch, 'site', '地图'), { recursive: true });
  cpSync(dist, join(scratch, 'site', below), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', scratch]); // servers read it as users of their own
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  rmSync(scratch, { recursive: true });
});

/** Program and arguments, with the port of its own. */
type Setup = (port: number) => readonly string[];

const write = (name: string, text: string): string => {
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
};

/** As the packages come: no setting made for this site. */
const setups: Readonly<Record<string, Setup>> = {
  nginx: (port) => {
    const user = process.getuid?.() === 0 ? `user ${userInfo().username};` : '';
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${scratch}/${name};`).join('\n');
    const conf = write('nginx.conf', `${user} daemon off; master_process off; pid ${scratch}/nginx.pid; error_log ${scratch}/error.log;
events {} http { access_log off; default_type application/octet-stream; gzip on; ${paths}
types { text/html html; text/css css; application/javascript js; image/png png; image/svg+xml svg; application/json json; }
server { listen 127.0.0.1:${port}; root ${scratch}/site; } }`);
    return ['nginx', '-e', `${scratch}/error.log`, '-p', scratch, '-c', conf];
  },
  caddy: (port) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', write('Caddyfile',
    `{\n admin off\n auto_https off\n}\nhttp://:${port} {\n bind 127.0.0.1\n root * ${scratch}/site\n encode gzip\n file_server\n}\n`)],
  apache2: (port) => {
    const modules = process.env['APACHE_MODULES'] ?? '/usr/lib/apache2/modules';
    const load = ['mpm_event', 'authz_core', 'mime', 'dir', 'setenvif', 'filter', 'deflate'].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n');
    const types = write('mime.types', 'text/html html\ntext/css css\ntext/javascript js\nimage/svg+xml svg\napplication/json json\n');
    return ['apache2', '-D', 'FOREGROUND', '-f', write('apache.conf', `ServerRoot ${scratch}\nServerName 127.0.0.1\nListen 127.0.0.1:${port}
PidFile ${scratch}/apache.pid\nMutex file:${scratch}\nErrorLog ${scratch}/error.log\n${load}\nTypesConfig ${types}\nDocumentRoot ${scratch}/site\nStartServers 1
AddOutputFilterByType DEFLATE text/html text/css text/javascript application/json\nDirectoryIndex index.html\n<Directory ${scratch}/site>\n Require all granted\n</Directory>\n`)];
  },
  'longquan serve': (port) => [python, '-c', 'from pipeline.cli import main; main()', 'serve', join(scratch, 'site', below), '--port', String(port)],
  'python -m http.server': (port) => [python, '-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', join(scratch, 'site')],
};
const installed = (program: string): boolean => program === python || (process.env['PATH'] ?? '').split(':').concat('/usr/sbin').some((folder) => {
  try {
    execFileSync('test', ['-x', join(folder, program)]);
    return true;
  } catch {
    return false;
  }
});

const cases = Object.entries(setups).map(([name, setup]) => ({ name, setup, there: installed(name.includes(' ') ? python : name) }));

for (const { name, setup, there } of cases) {
  // CI brings no web servers of its own along (.ci/run): those are tried where they are installed.
  test.skipIf(!there)(`the map as ${name} serves it`, async () => {
    const port = await free();
    const [program, ...options] = setup(port);
    const env = { ...process.env, HOME: scratch, XDG_DATA_HOME: scratch, XDG_CONFIG_HOME: scratch, PATH: `${process.env['PATH']}:/usr/sbin` };
    const process_ = spawn(program!, options, { cwd: name.includes(' ') ? project : scratch, env, stdio: 'ignore' });
    try {
      const folder = name === 'longquan serve' ? '' : `${encodeURI(below)}/`;
      await answering(`http://127.0.0.1:${port}/${folder}`, process_);
      const { page, troubles, strangers, close } = await visit(browser, `http://${HOST}:${port}/${folder}`);
      await drawn(page);
      expect(await page.evaluate(() => isSecureContext)).toBe(false);
      expect(await page.evaluate(() => window.longquanMap.queryRenderedFeatures().length)).toBeGreaterThan(20);
      expect(await page.locator('[data-notice]').evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['notice']))).toEqual(name === 'python -m http.server' ? ['detour'] : []);
      expect([troubles, strangers]).toEqual([[], []]);
      await close();
    } finally {
      process_.kill();
    }
  });
}

/** A port that nobody listens on. */
function free(): Promise<number> {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}

async function answering(address: string, server: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && server.exitCode === null;) {
    if ((await fetch(address).catch(() => null))?.ok) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${server.spawnargs.join(' ')}: no answer from ${address}`);
}
