import { beforeEach, describe, expect, it } from 'vitest';
import { instantInWords, parseInstant, remaining } from '../../bin/cli/instants.ts';
import { listInWords, neutralise, shorten, wrap } from '../../bin/cli/text.ts';

const nowMs = Date.parse('2026-11-22T14:02:00.000Z');

describe('times and texts', () => {
  beforeEach(() => {
    process.env.TZ = 'Europe/Berlin';
  });

  it.each([
    ['2026-11-22T16:02:00.000Z', '17:02 (16:02Z)'],
    ['2026-11-22T14:02:30.000Z', '15:02:30 (14:02:30Z)'],
    ['2026-11-22T23:30:00.000Z', '23 Nov 00:30 (22 Nov 23:30Z)'],
    ['2026-11-24T10:00:00.000Z', '24 Nov 11:00 (10:00Z)'],
    ['2027-01-01T10:00:00.000Z', '1 Jan 2027 11:00 (10:00Z)'],
    ['not an instant', 'not an instant'],
  ])('%s reads %s', (iso, words) => expect(instantInWords(iso, nowMs)).toBe(words));

  it('has one time where the local zone is UTC', () => {
    process.env.TZ = 'UTC';
    expect(instantInWords('2026-11-22T16:02:00.000Z', nowMs)).toBe('16:02Z');
    expect(instantInWords('2026-11-23T16:02:00.000Z', nowMs)).toBe('23 Nov 16:02Z');
  });

  it.each([
    ['2026-11-22T14:02Z', '2026-11-22T14:02:00.000Z'],
    ['2026-11-22T14:02:03.5+02:00', '2026-11-22T12:02:03.500Z'],
    ['2026-11-22T15:02', '2026-11-22T14:02:00.000Z'],
    ['2026-11-22 15:02', '2026-11-22T14:02:00.000Z'],
    ['2026-11-22', '2026-11-21T23:00:00.000Z'],
    ['18:00', '2026-11-22T17:00:00.000Z'],
    ['2026-02-31T10:00Z', null],
    ['2026-13-01', null],
    ['2026-11-22T24:30Z', null],
    ['2026-11-22Z', null],
    ['14:02Z', null],
    ['Z', null],
    ['', null],
    ['T', null],
    ['tomorrow', null],
  ])('%j is taken as %j', (typed, iso) => expect(parseInstant(typed, nowMs)).toBe(iso));

  it('never shows less than no time left', () => {
    expect(remaining('2026-11-22T14:01:00.000Z', nowMs)).toBe('0 s');
    expect(remaining('2026-11-22T16:00:00.000Z', nowMs)).toBe('1 h 58 min');
  });

  it('keeps the writing of the world and shows what would be obeyed', () => {
    expect(neutralise('Zoë 山田 🙂 می‌خواهم')).toBe('Zoë 山田 🙂 می‌خواهم');
    expect(neutralise('a\u001b[31m\u009b\u202e\ufeff\u2028\ud800')).toBe(
      'a\\u{1b}[31m\\u{9b}\\u{202e}\\u{feff}\\u{2028}\\u{d800}',
    );
    expect(neutralise('one\r\n\ttwo')).toBe('one two');
  });

  it('cuts by what a reader counts, and lists as people do', () => {
    expect(shorten('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 2)).toBe('👩‍👩‍👧…');
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(listInWords(['a', 'b', 'c', 'd', 'e'], 'or')).toBe('a, b, c or 2 others');
    expect(listInWords(['a'], 'or')).toBe('a');
  });
});
