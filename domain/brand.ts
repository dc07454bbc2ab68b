/** A colour in sRGB, each part from 0 to 255. */
type Rgb = readonly [red: number, green: number, blue: number];

/** What a theme stands on. */
interface Ground {
  paper: string;
  ink: string;
  /** Where a colour moves to that does not stand out: away from the paper. */
  towards: string;
}

/** The console's own tokens (`api/console/assets/console.css`). */
const grounds = {
  light: { paper: '#f3f5f1', ink: '#141a17', towards: '#000000' },
  dark: { paper: '#0f1412', ink: '#ebefec', towards: '#ffffff' },
} as const satisfies Record<string, Ground>;

/** WCAG 2.2: text on it (1.4.3), and itself against the page (1.4.11). */
const leastForText = 4.5;
const leastForShape = 3;

/** A customer's colour as one theme shows it: filled, with text on it, and while it is pointed at. */
export interface BrandColors {
  brand: string;
  onBrand: string;
  hover: string;
}

/** A customer's colour in both themes. */
export interface Brand {
  light: BrandColors;
  dark: BrandColors;
}

const form = /^#[0-9a-f]{6}$/;

/** A colour in its one form, `#rrggbb` in small letters; null when it is none. Also `#rgb` and upper case are taken. */
export function brandColor(text: string): string | null {
  const typed = text.trim().toLowerCase();
  const short = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(typed);
  const color = short
    ? `#${short
        .slice(1)
        .map((one) => one + one)
        .join('')}`
    : typed.replace(/^(?!#)/, '#');
  return form.test(color) ? color : null;
}

/**
 * What pages make of a customer's colour: darkened on a light page and lightened on a dark one, no more than it takes to have 3:1
 * with the page and 4.5:1 with the text on it. The text is the page's own light or dark.
 * @param color `#rrggbb`
 */
export function brandOf(color: string): Brand {
  return { light: shown(color, grounds.light), dark: shown(color, grounds.dark) };
}

function shown(color: string, ground: Ground): BrandColors {
  const steps = 100;
  for (let step = 0; step <= steps; step++) {
    const brand = mixed(color, ground.towards, step / steps);
    const onBrand = textOn(brand, ground);
    if (onBrand !== null && contrast(brand, ground.paper) >= leastForShape)
      return { brand, onBrand, hover: hovered(brand, onBrand, ground) };
  }
  // Black and white are far enough from either paper.
  throw new RangeError(`${color} becomes nothing that can be read.`);
}

/** The page's own paper where it can be read, else its ink; null when neither can. */
function textOn(brand: string, { paper, ink }: Ground): string | null {
  return [paper, ink].find((text) => contrast(brand, text) >= leastForText) ?? null;
}

/** A little off, always further from the text on it. */
function hovered(brand: string, onBrand: string, ground: Ground): string {
  const away = luminance(onBrand) > luminance(brand) ? '#000000' : '#ffffff';
  const hover = mixed(brand, away, 0.15);
  return contrast(hover, ground.paper) >= leastForShape ? hover : brand;
}

/** The contrast of two colours by WCAG 2.2, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = partsOf(color);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(part: number): number {
  const share = part / 255;
  return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function mixed(color: string, other: string, share: number): string {
  const [from, to] = [partsOf(color), partsOf(other)];
  const parts = from.map((part, at) => Math.round(part + ((to[at] ?? 0) - part) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function partsOf(color: string): Rgb {
  const part = (at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}
