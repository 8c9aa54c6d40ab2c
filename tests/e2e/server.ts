// A static server that can be as wrong as servers in offices are.

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How the server treats archives. */
export type Manner = 'good' | 'no-range' | 'gzip' | 'missing' | 'short' | 'login-page';

export interface Server {
  /** The address of the folder, below a path with a space and Chinese in it, on plain http under a name. */
  readonly origin: string;
  readonly address: string;
  manner: Manner;
  stop(): Promise<void>;
}

export const HOST = 'intranet.test'; // mapped to loopback by the browser: an insecure context, unlike localhost
const PREFIX = '/政务 网/地图/';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css',
  '.json': 'application/json', '.png': 'image/png', '.svg': 'image/svg+xml', '.woff2': 'font/woff2',
};

/** Serve `folders` (path prefix → folder) on a port the system chooses. */
export async function serve(folders: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, folders, self.manner).catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const self: Server = {
    origin,
    address: origin + encodeURI(PREFIX),
    manner: 'good',
    stop: () => new Promise((done) => {
      server.closeAllConnections();
      server.close(() => done());
    }),
  };
  return self;
}

/** Serve one published folder. */
export function servePortal(dist: string, more: Readonly<Record<string, string>> = {}): Promise<Server> {
  return serve({ ...more, [PREFIX]: dist });
}

async function answer(request: IncomingMessage, response: ServerResponse, folders: Readonly<Record<string, string>>, manner: Manner): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
  const prefix = Object.keys(folders).find((start) => path.startsWith(start));
  if (prefix === undefined) throw new Error(`no folder for ${path}`);
  const rest = normalize(path.slice(prefix.length));
  if (rest.startsWith('..')) throw new Error(`outside: ${path}`);
  const file = join(folders[prefix]!, rest === '.' || rest.endsWith('/') ? join(rest, 'index.html') : rest);
  const { size } = await stat(file);
  const headers = {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'Range', 'Access-Control-Expose-Headers': 'ETag, Content-Range',
  };
  const archive = extname(file) === '.pmtiles';
  if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
  if (archive && manner === 'missing') return void response.writeHead(404, { Server: 'Microsoft-IIS/10.0' }).end();
  if (archive && manner === 'gzip') {
    return void response.writeHead(200, { ...headers, 'Content-Encoding': 'gzip', Server: 'nginx/1.22.1' }).end(gzipSync(await readFile(file)));
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range || (archive && manner === 'no-range')) {
    response.writeHead(200, { ...headers, 'Content-Length': size, ...(archive ? { Server: 'SimpleHTTP/0.6 Python/3.11.2' } : {}) });
    return void createReadStream(file).pipe(response);
  }
  const first = Number(range[1]);
  const last = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
  const total = archive && manner === 'short' ? size - 1 : size;
  response.writeHead(206, { ...headers, 'Content-Range': `bytes ${first}-${last}/${total}`, 'Content-Length': last - first + 1, 'Accept-Ranges': 'bytes' });
  if (archive && manner === 'login-page') return void response.end('<!doctype html>'.padEnd(last - first + 1));
  createReadStream(file, { start: first, end: last }).pipe(response);
}
