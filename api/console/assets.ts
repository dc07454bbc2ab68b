import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { type Brand, type BrandColors, brandOf } from '../../domain/brand.ts';

/** What pages need beside themselves. A file's address changes with its content, so that a browser may keep it for ever. */
export interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  /** Compressed, where that is worth anything. */
  gzip: Uint8Array<ArrayBuffer> | null;
  type: string;
}

const require = createRequire(import.meta.url);
const font = (name: string) => require.resolve(`@fontsource-variable/archivo/files/${name}`);
const own = (name: string) => new URL(`assets/${name}`, import.meta.url);

const sources: Record<string, { from: string | URL; type: string }> = {
  'archivo-latin.woff2': { from: font('archivo-latin-wght-normal.woff2'), type: 'font/woff2' },
  'archivo-latin-ext.woff2': { from: font('archivo-latin-ext-wght-normal.woff2'), type: 'font/woff2' },
  'mark.svg': { from: own('mark.svg'), type: 'image/svg+xml' },
  'ask.js': { from: own('ask.js'), type: 'text/javascript; charset=utf-8' },
  'catalog.js': { from: own('catalog.js'), type: 'text/javascript; charset=utf-8' },
  'credential.js': { from: own('credential.js'), type: 'text/javascript; charset=utf-8' },
  'live.js': { from: own('live.js'), type: 'text/javascript; charset=utf-8' },
  'undo.js': { from: own('undo.js'), type: 'text/javascript; charset=utf-8' },
  'passkey.js': { from: own('passkey.js'), type: 'text/javascript; charset=utf-8' },
  'console.js': { from: own('console.js'), type: 'text/javascript; charset=utf-8' },
  'console.css': { from: own('console.css'), type: 'text/css; charset=utf-8' },
};

const addresses = new Map<string, string>();
const assets = new Map<string, Asset>();

// In this order, because the style sheet names the fonts.
for (const [name, { from, type }] of Object.entries(sources)) {
  const isText = !type.startsWith('font/');
  const bytes = isText ? Buffer.from(withAddresses(readFileSync(from, 'utf8'))) : readFileSync(from);
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 12);
  const file = name.replace('.', `-${hash}.`);
  addresses.set(name, `/assets/${file}`);
  assets.set(file, {
    bytes: new Uint8Array(bytes),
    gzip: isText ? new Uint8Array(gzipSync(bytes, { level: 9 })) : null,
    type,
  });
}

/** A style sheet names its neighbours as they are called in the folder. */
function withAddresses(text: string): string {
  return text.replaceAll(/url\(([\w-]+\.woff2)\)/g, (whole, name: string) => {
    const address = addresses.get(name);
    return address ? `url(${address})` : whole;
  });
}

/**
 * The address of a file that pages need.
 * @throws TypeError when there is none of that name
 */
export function asset(name: string): string {
  const address = addresses.get(name);
  if (!address) throw new TypeError(`There is no asset ${name}.`);
  return address;
}

/** The address of the style sheet that gives a customer's panel its colour, `#rrggbb`. It says all that is in it. */
export function brandSheet(color: string): string {
  return `/assets/brand-${color.slice(1)}.css`;
}

/** The file at an address under `/assets/`; null when there is none. */
export function findAsset(file: string): Asset | null {
  return assets.get(file) ?? brandAsset(file);
}

function brandAsset(file: string): Asset | null {
  const color = /^brand-([0-9a-f]{6})\.css$/.exec(file)?.[1];
  if (color === undefined) return null;
  const bytes = new TextEncoder().encode(brandStyles(brandOf(`#${color}`)));
  return { bytes, gzip: null, type: 'text/css; charset=utf-8' };
}

/** The three properties that a colour replaces, by theme as the console's own sheet has it. */
function brandStyles({ light, dark }: Brand): string {
  const rule = ({ brand, onBrand, hover }: BrandColors) =>
    `{--brand:${brand};--on-brand:${onBrand};--brand-hover:${hover}}`;
  return `:root${rule(light)}@media (prefers-color-scheme:dark){:root:not([data-theme=light])${rule(dark)}}:root[data-theme=dark]${rule(dark)}`;
}
