import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync, readFileSync } from 'node:fs';
import { assert, property, string } from 'fast-check';
import { raw } from 'hono/html';
import { type Child, createContext, Fragment, useContext } from 'hono/jsx';
import { jsx } from 'hono/jsx/jsx-runtime';
import { describe, expect, it, vi } from 'vitest';
import { draw } from '../../api/console/draw.ts';

// Our own drawing of pages against Hono's, which it must not differ from in a byte.

const hostile = `<script>alert("1 & 2")</script> it's`;
const same = (drawing: ReturnType<typeof jsx>) => expect(draw(drawing)).toBe(drawing.toString());

const Twice = ({ children, word }: { children?: Child; word: string }) =>
  jsx(Fragment, { children: [word, children, jsx('b', { title: word, children })] });
const Level = createContext('none');
const Told = () => jsx('i', { children: useContext(Level) });

describe('What is drawn', () => {
  it('says text and attributes as text, whatever they hold', () => {
    expect(draw(jsx('p', { title: hostile, children: hostile }))).toBe(
      '<p title="&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt; it&#39;s">&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt; it&#39;s</p>',
    );
    assert(
      property(string({ unit: 'binary' }), string(), (one, other) => {
        same(jsx('p', { 'data-one': one, children: [other, jsx(Twice, { word: one, children: other })] }));
      }),
    );
  });

  it('is what Hono draws: elements with and without an end, attributes that are there or not, lists and nothing', () => {
    same(jsx('input', { type: 'checkbox', checked: true, disabled: false, value: 3, 'aria-invalid': false }));
    same(jsx('button', { type: 'submit', formaction: '/a?b=1&c=2', children: 'Go' }));
    same(jsx('form', { method: 'post', action: '/', children: [jsx('br', {}), jsx('div', {})] }));
    same(
      jsx('a', { href: undefined, 'aria-current': null, children: [0, null, undefined, true, false, ''] }),
    );
    same(jsx('ul', { children: [['a', 'b'].map((word) => jsx('li', { children: word })), [], '&'] }));
    same(jsx('svg', { viewBox: '0 0 1 1', children: jsx('rect', { width: '1' }) }));
    same(jsx('p', { children: [raw('<b>&amp;</b>'), jsx(Twice, { word: '<', children: jsx('hr', {}) })] }));
    const head = [
      jsx('title', { children: 'A & B' }),
      jsx('meta', { charset: 'utf-8' }),
      jsx('script', { src: '/a.js', type: 'module' }),
      jsx('link', { rel: 'stylesheet', href: '/a.css' }),
      jsx('style', { children: raw('a > b {}') }),
    ];
    same(jsx('html', { children: [jsx('head', { children: head }), jsx('body', {})] }));
  });

  it('finds what surrounds it, there and nowhere else, also when drawing fails', () => {
    const within = (value: string, children: Child) => jsx(Level.Provider, { value, children });
    const nested = within('out', [jsx(Told, {}), within('in', jsx(Told, {})), jsx(Told, {})]);
    expect(draw(jsx('p', { children: [jsx(Told, {}), nested, jsx(Told, {})] }))).toBe(
      '<p><i>none</i><i>out</i><i>in</i><i>out</i><i>none</i></p>',
    );
    expect(() => draw(within('lost', Promise.resolve('late')))).toThrow(TypeError);
    expect(draw(jsx(Told, {}))).toBe('<i>none</i>');
  });

  it('refuses what is no page: what has to be waited for, things without words, names that are none', () => {
    expect(() => draw(jsx(() => Promise.resolve('late'), {}))).toThrow('waited for');
    const forged = { tag: 'script', props: {}, children: ['1'], isEscaped: true, constructor: 'String' };
    expect(() => draw(jsx('p', { children: forged }))).toThrow(TypeError);
    expect(() => draw(jsx('p', { children: new Date(0) }))).toThrow(TypeError);
    expect(() => draw(jsx('p', { title: { toString: () => 'no' } }))).toThrow(TypeError);
    expect(() => draw(jsx('p', { onclick: () => undefined }))).toThrow(TypeError);
    expect(() => draw(jsx('p', { 'a="b" c': 'd' }))).toThrow(TypeError);
  });

  it('is every page of ours, so that no promise of the process is followed for it', () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, 'run');
    try {
      draw(jsx(Level.Provider, { value: 'one', children: jsx(Told, {}) }));
      expect(run).not.toHaveBeenCalled();
    } finally {
      run.mockRestore();
    }
    const sources = readdirSync('api', { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/.test(name),
    );
    const past = sources.filter((name) => /\.html\(\s*</.test(readFileSync(`api/${name}`, 'utf8')));
    expect(sources.length).toBeGreaterThan(100);
    expect(past).toEqual([]);
  });
});
