import { describe, expect, it } from 'vitest';
import { readCsv } from '../../bin/cli/csv.ts';

const texts = (text: string) => readCsv(text).records.map((record) => record.map((cell) => cell.text));

describe('A table of comma-separated values (RFC 4180)', () => {
  it.each<[string, string, string[][]]>([
    [
      'lines end in CR LF or LF, the last one or not',
      'a,b\r\nc,d\ne,f',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    [
      'quotes keep commas, quotes and line ends',
      '"a,b","say ""hi""","x\r\ny"\n',
      [['a,b', 'say "hi"', 'x\r\ny']],
    ],
    [
      'cells may be empty',
      ',\n"",x,\n',
      [
        ['', ''],
        ['', 'x', ''],
      ],
    ],
    [
      'empty lines are passed over',
      'a,b\n\n\r\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a byte order mark is no part of it', '\uFEFFa,b\n', [['a', 'b']]],
    ['spaces are part of a cell', ' a , b\n', [[' a ', ' b']]],
    ['nothing is nothing', '', []],
  ])('%s', (_, text, records) => {
    expect(texts(text)).toEqual(records);
    expect(readCsv(text).mistakes).toEqual([]);
  });

  it('says where every cell begins, also after a cell of several lines', () => {
    const { records } = readCsv('a,"b\nb",c\nd,e,f\n');
    expect(records[0]?.[2]).toEqual({ text: 'c', line: 2, column: 4 });
    expect(records[1]?.[1]).toEqual({ text: 'e', line: 3, column: 3 });
  });

  it.each([
    ['a,b"c\n', 1, 4, 'A quote inside a cell'],
    ['a,"b"c\n', 1, 6, 'Nothing may stand between'],
    ['a\nb,"c\nd', 2, 3, 'never closed'],
    ['a,b\rc,d\n', 1, 4, 'not in CR alone'],
  ])('refuses %j at line %i, column %i', (text, line, column, detail) => {
    expect(readCsv(text).mistakes).toEqual([{ line, column, detail: expect.stringContaining(detail) }]);
  });

  it('gives back what was written, whatever it is', () => {
    const nasty = ['', 'a', '"', '""', ',', '\n', '\r\n', ' ', 'é,"x"\n', '=1+1', '\uFEFF', '；'];
    const rows = nasty.flatMap((one) => nasty.map((other) => [one, other]));
    const written = rows
      .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
      .join('\r\n');
    expect(texts(written)).toEqual(rows);
  });
});
