"""What mends a finding, for each kind of server: a piece of its configuration, or what to do where there is none.

nginx: inside ``server {}`` · Caddy: inside the site's block · Apache: in the virtual host or .htaccess · IIS: inside
``<system.webServer>`` of web.config · S3: commands, MinIO and others take ``--endpoint-url`` too. The tests start
nginx, Caddy and Apache with these very pieces.
"""

from __future__ import annotations

from pipeline.i18n import _
from pipeline.publish.subject import HASHED, ORIGIN
from pipeline.release.media import media_type

SUFFIXES = (
    *("atom", "css", "csv", "fgb", "geojson", "gpkg", "html", "ico", "jpg", "js", "json", "jsonld", "mbtiles"),
    *("parquet", "pbf", "pmtiles", "png", "py", "svg", "txt", "webmanifest", "webp", "woff2", "xml"),
)
EXPOSED = "ETag, Content-Range, Content-Length, Accept-Ranges"
ALLOWED = "Range, If-Match, If-None-Match, If-Range"
KEPT = "public, max-age=31536000, immutable"
PACKED = ("text/css", "text/javascript", "application/json", "application/ld+json", "application/xml", "image/svg+xml")


def fixes_of(remedy: str) -> dict[str, str]:
    """The fix for each of SERVERS, in their order; several lines of text each. Raises KeyError for no remedy."""
    found = _FIXES[remedy]()
    return dict(zip(("nginx", "caddy", "apache", "iis", "s3"), found, strict=True))


def _types() -> tuple[str, ...]:
    pairs = [(suffix, media_type("x." + suffix).partition(";")[0]) for suffix in SUFFIXES]
    nginx = ["types {", *(f"    {kind} {suffix};" for suffix, kind in pairs), "}"]
    caddy = [
        line
        for suffix, kind in pairs
        for line in (f"@{suffix} path *.{suffix}", f'header @{suffix} Content-Type "{kind}"')
    ]
    iis = ["<staticContent>"]
    for suffix, kind in pairs:
        iis.append(f'  <remove fileExtension=".{suffix}" />')
        iis.append(f'  <mimeMap fileExtension=".{suffix}" mimeType="{kind}" />')
    copy = "aws s3 cp s3://BUCKET/PREFIX/ s3://BUCKET/PREFIX/ --recursive --metadata-directive REPLACE"
    return (
        "\n".join(nginx),
        "\n".join(caddy),
        "\n".join(f"AddType {kind} .{suffix}" for suffix, kind in pairs),
        "\n".join([*iis, "</staticContent>"]),
        "\n".join(f'{copy} --exclude "*" --include "*.{suffix}" --content-type "{kind}"' for suffix, kind in pairs),
    )


def _keeping() -> tuple[str, ...]:
    copy = "aws s3 cp s3://BUCKET/PREFIX/ s3://BUCKET/PREFIX/ --recursive --metadata-directive REPLACE"
    note = _("(this replaces the media types too: set them again afterwards)")
    return (
        f'set $keeping "no-cache";\nif ($uri ~ "{HASHED}") {{\n    set $keeping "{KEPT}";\n}}\n'
        "add_header Cache-Control $keeping;",
        f'@hashed path_regexp "{HASHED}"\n@pointer not path_regexp "{HASHED}"\n'
        f'header @hashed Cache-Control "{KEPT}"\nheader @pointer Cache-Control "no-cache"\n'
        "handle_errors {\n    header Cache-Control no-store\n}",
        f'SetEnvIf Request_URI "{HASHED}" hashed\n'
        f'Header set Cache-Control "no-cache" env=!hashed\nHeader set Cache-Control "{KEPT}" env=hashed',
        '<httpProtocol>\n  <customHeaders>\n    <add name="Cache-Control" value="no-cache" />\n  </customHeaders>\n'
        "</httpProtocol>\n"
        + _("and in a web.config of its own in tiles/ and assets/, the same with {value}").format(value=KEPT),
        f'{copy} --cache-control no-cache --exclude "tiles/*" --exclude "assets/*"\n'
        f'{copy} --cache-control "{KEPT}" --exclude "*" --include "tiles/*" --include "assets/*" '
        f'--exclude "assets/glyphs/*"\n{note}',
    )


def _origin() -> tuple[str, ...]:
    pairs = (
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
        ("Access-Control-Allow-Headers", ALLOWED),
        ("Access-Control-Expose-Headers", EXPOSED),
    )
    rules = (
        '{"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": '
        '["Range", "If-Match", "If-None-Match", "If-Range"], "ExposeHeaders": '
        '["ETag", "Content-Range", "Content-Length", "Accept-Ranges"], "MaxAgeSeconds": 86400}]}'
    )
    iis = "\n".join(f'    <add name="{name}" value="{value}" />' for name, value in pairs)
    return (
        "\n".join(f'add_header {name} "{value}" always;' for name, value in pairs)
        + "\nif ($request_method = OPTIONS) {\n    return 204;\n}",
        "\n".join(f'header {name} "{value}"' for name, value in pairs)
        + "\n@preflight method OPTIONS\nrespond @preflight 204",
        "\n".join(f'Header always set {name} "{value}"' for name, value in pairs)
        + "\nRewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,L]",
        f"<httpProtocol>\n  <customHeaders>\n{iis}\n  </customHeaders>\n</httpProtocol>\n"
        + _("and the IIS CORS Module, which answers preflights with 204"),
        f"aws s3api put-bucket-cors --bucket BUCKET --cors-configuration '{rules}'\n"
        + _("MinIO allows every origin unless MINIO_API_CORS_ALLOW_ORIGIN says otherwise"),
    )


def _packing() -> tuple[str, ...]:
    types = " ".join(PACKED)
    match = "\n".join(f"        header Content-Type {kind}*" for kind in ("text/html", *PACKED))
    return (
        f"gzip_types {types};",
        f"encode gzip {{\n    match {{\n{match}\n    }}\n}}",
        r'SetEnvIfNoCase Request_URI "\.pmtiles$" no-gzip=1 no-brotli=1',
        '<urlCompression doStaticCompression="false" doDynamicCompression="false" />',
        _("upload archives without Content-Encoding; a CDN in front must not compress *.pmtiles"),
    )


def _range() -> tuple[str, ...]:
    proxy = _("behind a proxy or CDN: let Range, If-Range and Content-Range through")
    return (
        f"max_ranges 10;\n{proxy} (proxy_force_ranges on;)",
        f"file_server\n{proxy}",
        f"MaxRanges 10\n{proxy}",
        _("serve the files as static ones (StaticFileModule), not through a program; {proxy}").format(proxy=proxy),
        _("S3 and MinIO send parts by themselves; {proxy}").format(proxy=proxy),
    )


def _etag() -> tuple[str, ...]:
    no_packing = _("and do not compress archives on the way: that weakens or changes the ETag")
    return (
        f"etag on;\n{no_packing}",
        f"file_server\n{no_packing}",
        f"FileETag MTime Size\n{no_packing}",
        _("do not remove ETag in <customHeaders>; on several servers give the files the same dates")
        + f"\n{no_packing}",
        _("let the CDN in front pass ETag on; {more}").format(more=no_packing),
    )


def _password() -> tuple[str, ...]:
    return (
        "if ($request_method = OPTIONS) {\n    return 204;\n}",
        "@asked not method OPTIONS\nbasicauth @asked {\n    USER HASH\n}",
        "<If \"%{REQUEST_METHOD} != 'OPTIONS'\">\n    Require valid-user\n</If>",
        _("the IIS CORS Module, which answers preflights before anyone is asked for a password"),
        _("a preflight needs no signature: set the CORS rules of the bucket"),
    )


def _named() -> tuple[str, ...]:
    allowed = f"Authorization, {ALLOWED}"
    pairs = (("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"), ("Access-Control-Expose-Headers", EXPOSED))
    headers = (*pairs, ("Access-Control-Allow-Headers", allowed))
    return (
        _("before server {}:")
        + "\nmap $http_origin $longquan_origin {\n"
        + f'    default "";\n    "{ORIGIN}" $http_origin;\n}}\n'
        + _("in it:")
        + "\nadd_header Access-Control-Allow-Origin $longquan_origin always;\n"
        "add_header Access-Control-Allow-Credentials true always;\nadd_header Vary Origin always;\n"
        + "\n".join(f'add_header {name} "{value}" always;' for name, value in headers),
        f"@department header Origin {ORIGIN}\n"
        'header @department Access-Control-Allow-Origin "{header.Origin}"\n'
        "header @department Access-Control-Allow-Credentials true\nheader +Vary Origin\n"
        + "\n".join(f'header {name} "{value}"' for name, value in headers),
        'SetEnvIf Origin "^({origin})$" longquan_origin=$1\n'.format(origin=ORIGIN.replace(".", r"\."))
        + 'Header always set Access-Control-Allow-Origin "%{longquan_origin}e" env=longquan_origin\n'
        "Header always set Access-Control-Allow-Credentials true env=longquan_origin\nHeader always merge Vary Origin\n"
        + "\n".join(f'Header always set {name} "{value}"' for name, value in headers),
        _("with the IIS CORS Module, one element for each origin:")
        + f'\n<add origin="{ORIGIN}" allowCredentials="true" />',
        _("buckets know no names and passwords: put nginx, Caddy or Apache in front of a bucket that is not public"),
    )


def _closed() -> tuple[str, ...]:
    return (
        'auth_basic "longquan";\nauth_basic_user_file /etc/nginx/longquan.htpasswd;\n'
        + _("in server {}, so that no location is left out"),
        "@asked not method OPTIONS\nbasicauth @asked {\n    USER HASH\n}",
        "<Location />\n    AuthType Basic\n    AuthName longquan\n    AuthUserFile /etc/apache2/longquan.htpasswd\n"
        "    <If \"%{REQUEST_METHOD} != 'OPTIONS'\">\n        Require valid-user\n    </If>\n</Location>",
        '<anonymousAuthentication enabled="false" />\n<windowsAuthentication enabled="true" />',
        "aws s3api delete-bucket-policy --bucket BUCKET\n" + _("and let a server in front ask who reads"),
    )


def _gone() -> tuple[str, ...]:
    return (
        _("add_header Cache-Control without “always”"),
        "handle_errors {\n    header Cache-Control no-store\n}",
        _("Header set Cache-Control without “always”"),
        _("set cacheControlCustom in clientCache of the folders only, no Cache-Control in customHeaders"),
        _("let the CDN in front keep a 404 for a minute at most"),
    )


def _same(text: str, *, iis: str | None = None, s3: str | None = None) -> tuple[str, ...]:
    return (text, text, text, text if iis is None else iis, text if s3 is None else s3)


def _head() -> tuple[str, ...]:
    return _same(_("let HEAD through to the static files, as GET; no script or filter may answer it"))


def _modified() -> tuple[str, ...]:
    return _same(
        _("serve the files as static ones; set dates that are to come back with touch"),
        s3=_("S3 and MinIO send the time of the upload; let the CDN in front pass Last-Modified on"),
    )


def _http() -> tuple[str, ...]:
    return (
        "listen 443 ssl http2;",
        _("Caddy speaks HTTP/2 on https by itself; a proxy in front must too"),
        "Protocols h2 http/1.1\n" + _("with mod_http2 and the event MPM"),
        _("IIS 10 speaks HTTP/2 on https by itself; a proxy in front must too"),
        _("S3 and MinIO speak HTTP/1.1: put a CDN or proxy with HTTP/2 in front"),
    )


def _clock() -> tuple[str, ...]:
    return _same(
        "timedatectl set-ntp true",
        iis="w32tm /resync",
        s3=_("on MinIO's machine timedatectl set-ntp true; or set the clock of the machine that asks"),
    )


def _tls() -> tuple[str, ...]:
    return (
        "listen 443 ssl;\nssl_certificate FULLCHAIN.pem;\nssl_certificate_key KEY.pem;\nssl_protocols TLSv1.2 TLSv1.3;",
        "tls FULLCHAIN.pem KEY.pem",
        "SSLEngine on\nSSLCertificateFile FULLCHAIN.pem\nSSLCertificateKeyFile KEY.pem\n"
        "SSLProtocol -all +TLSv1.2 +TLSv1.3",
        _("bind an https certificate to the site, with its chain; switch TLS 1.0 and 1.1 off in SCHANNEL"),
        _("use the https address; MinIO reads public.crt (with its chain) and private.key from ~/.minio/certs"),
    )


def _redirect() -> tuple[str, ...]:
    return (
        "absolute_redirect off;",
        _("remove redir and rewrite for the release's folder"),
        _("remove Redirect and RewriteRule for the release's folder"),
        _("remove <httpRedirect> and rewrite rules for the release's folder"),
        _("use the address of the bucket's own region, not the one that redirects to it"),
    )


def _absent() -> tuple[str, ...]:
    return (
        "location / {\n    try_files $uri $uri/ =404;\n}",
        _("remove try_files with index.html"),
        _("remove FallbackResource and rewrite rules to index.html"),
        _("remove rewrite rules and <httpErrors> that lead to index.html"),
        _("remove the error document that answers with status 200; grant s3:ListBucket for 404 instead of 403"),
    )


def _missing() -> tuple[str, ...]:
    return _same(_("give the address of the folder that holds release.json; upload all files and let them be read"))


def _content() -> tuple[str, ...]:
    return _same(_("upload this release anew, in binary mode, contents first and release.json last; purge the CDN"))


_FIXES = {
    "absent": _absent,
    "clock": _clock,
    "closed": _closed,
    "content": _content,
    "etag": _etag,
    "gone": _gone,
    "head": _head,
    "http": _http,
    "keeping": _keeping,
    "missing": _missing,
    "modified": _modified,
    "named": _named,
    "origin": _origin,
    "packing": _packing,
    "password": _password,
    "range": _range,
    "redirect": _redirect,
    "tls": _tls,
    "types": _types,
}
REMEDIES = tuple(sorted(_FIXES))
