import { type Child, createElement, type JSXNode } from 'hono/jsx';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { HtmlEscapedString } from 'hono/utils/html';

type Props = Readonly<Record<string, unknown>>;

/**
 * A page, or a part of one, as HTML: byte for byte what Hono makes of it, in a third of the time. Hono can wait for a part of a
 * page, and so keeps what surrounds it in an `AsyncLocalStorage`, which once it was used makes every promise of the process cost
 * more. Ours are drawn in one go, from what was read before. Attributes have the names that they have in HTML, and what belongs
 * into the head stands there: nothing is moved.
 * @throws TypeError for what has to be waited for, and for what is no text
 */
export function draw(drawing: JSX.Element | Child): string {
  return wordsOf(drawing);
}

function wordsOf(child: unknown): string {
  if (typeof child === 'string') return escaped(child);
  if (typeof child === 'number') return String(child);
  if (child === null || child === undefined || typeof child === 'boolean') return '';
  if (Array.isArray(child)) return allOf(child);
  if (isElement(child)) return elementOf(child.tag, child.props, child.children);
  if (isDrawn(child)) return child.toString();
  throw new TypeError('What is drawn is text, elements, or lists of both, and cannot be waited for.');
}

function allOf(children: readonly unknown[]): string {
  let words = '';
  for (const child of children) words += wordsOf(child);
  return words;
}

const Element = createElement('p', {}).constructor;

/** An element that our source names. Something that only looks like one may be anybody's, and is none. */
function isElement(child: unknown): child is JSXNode {
  return child instanceof Element;
}

/** What `raw` has made of text that is HTML already: no text from anywhere else is of that kind. */
function isDrawn(child: unknown): child is HtmlEscapedString {
  return (
    typeof child === 'object' && child?.constructor === String && Reflect.get(child, 'isEscaped') === true
  );
}

function elementOf(tag: unknown, props: Props, children: readonly unknown[]): string {
  if (tag === '') return allOf(children);
  if (typeof tag === 'string') return tagged(tag, props, children);
  if (!isComponent(tag)) throw new TypeError('An element is named, or drawn by a function.');
  const named = byHono.get(tag);
  if (named !== undefined) return tagged(named, props, children);
  if (isContext(tag)) return surrounded(tag, props, children);
  // A single child comes as itself, and not as a list.
  const given = children.length === 1 ? { ...props, children: children[0] } : props;
  return wordsOf(tag(given));
}

type Component = (props: Props) => unknown;

function isComponent(tag: unknown): tag is Component {
  return typeof tag === 'function';
}

/** The elements that Hono draws by a function, to move them into the head or to look for actions: we do neither. */
const byHono: ReadonlyMap<unknown, string> = new Map(
  ['title', 'meta', 'link', 'script', 'style', 'form', 'input', 'button'].map((name) => [
    createElement(name, {}).tag,
    name,
  ]),
);

interface Surroundings {
  values: unknown[];
}

function isContext(tag: object): tag is Surroundings {
  return 'Provider' in tag && 'values' in tag && Array.isArray(tag.values);
}

/** Draws what stands within a context, where `useContext` finds the value. */
function surrounded({ values }: Surroundings, { value }: Props, children: readonly unknown[]): string {
  values.push(value);
  try {
    return allOf(children);
  } finally {
    values.pop();
  }
}

const empty = new Set(
  'area base br col embed hr img input keygen link meta param source track wbr'.split(' '),
);

function tagged(tag: string, props: Props, children: readonly unknown[]): string {
  let words = `<${tag}`;
  for (const name in props) {
    if (name !== 'children') words += attribute(name, props[name]);
  }
  if (children.length === 0) return empty.has(tag) ? `${words}/>` : `${words}></${tag}>`;
  return `${words}>${allOf(children)}</${tag}>`;
}

/** Those that are there or not, and say nothing. */
const switches = new Set(
  `allowfullscreen async autofocus autoplay checked controls default defer disabled download formnovalidate hidden inert ismap
  itemscope loop multiple muted nomodule novalidate open playsinline readonly required reversed selected shadowrootclonable
  shadowrootdelegatesfocus shadowrootserializable`.split(/\s+/),
);

function attribute(name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (!isName(name)) throw new TypeError(`No attribute has the name ${name}.`);
  if (typeof value === 'string') return ` ${name}="${escaped(value)}"`;
  if (typeof value === 'boolean' && switches.has(name)) return value ? ` ${name}=""` : '';
  if (typeof value === 'number' || typeof value === 'boolean') return ` ${name}="${String(value)}"`;
  throw new TypeError(`What the attribute ${name} says is no text.`);
}

/** They come from our own source, so that there are few. */
const namesKept = 1_000;
const names = new Set<string>();

function isName(name: string): boolean {
  if (names.has(name)) return true;
  const isOne = /^[a-z][\w:.-]*$/i.test(name);
  if (isOne && names.size < namesKept) names.add(name);
  return isOne;
}

const special = /[&<>'"]/;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&quot;',
};

function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text.replaceAll(/[&<>'"]/g, (sign) => escapes[sign] ?? '');
}
