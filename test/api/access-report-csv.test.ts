import { describe, expect, it } from 'vitest';
import { csvCell } from '../../api/access-report-csv.ts';

describe('A spreadsheet runs nothing of what people wrote', () => {
  it.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', '  =1', '\n=1'])('the cell %j is inert', (text) => {
    expect(csvCell(text)).toBe(`"'${text}"`);
  });

  it('quotes are doubled, nothing stays nothing', () => {
    expect(csvCell('say "hi", please')).toBe('"say ""hi"", please"');
    expect(csvCell(null)).toBe('');
  });
});
