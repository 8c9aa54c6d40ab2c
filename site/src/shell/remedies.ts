// What to change in a server that cannot serve archives, as its administrator would type it.

export interface Remedy {
  readonly server: string;
  readonly matches: RegExp; // against the Server header
  readonly snippet: string;
}

export const remedies: readonly Remedy[] = [
  {
    server: 'python -m http.server',
    matches: /SimpleHTTP|Python/i,
    snippet: 'longquan serve . --port 8080',
  },
  {
    server: 'nginx',
    matches: /nginx|openresty|tengine/i,
    snippet: `location ~ \\.pmtiles$ {
    types { }  default_type application/octet-stream;
    gzip off;
    proxy_force_ranges on;   # 反向代理时 / behind a proxy
}`,
  },
  {
    server: 'Caddy',
    matches: /caddy/i,
    snippet: `@plain not path *.pmtiles
encode @plain gzip zstd
file_server`,
  },
  {
    server: 'Apache',
    matches: /apache/i,
    snippet: `<FilesMatch "\\.pmtiles$">
    SetEnv no-gzip 1
    Header set Accept-Ranges bytes
</FilesMatch>
AddType application/octet-stream .pmtiles`,
  },
  {
    server: 'IIS (web.config)',
    matches: /IIS|Microsoft/i,
    snippet: `<configuration><system.webServer>
  <staticContent>
    <mimeMap fileExtension=".pmtiles" mimeType="application/octet-stream" />
    <mimeMap fileExtension=".pbf" mimeType="application/x-protobuf" />
  </staticContent>
  <urlCompression doStaticCompression="false" doDynamicCompression="false" />
</system.webServer></configuration>`,
  },
];

/** The remedies, those for the server that answered first. */
export function remediesFor(server: string): readonly Remedy[] {
  return [...remedies].sort((a, b) => Number(b.matches.test(server)) - Number(a.matches.test(server)));
}
