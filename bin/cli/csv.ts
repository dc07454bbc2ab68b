/** One cell with where it begins: lines and columns are counted from 1, columns in characters. */
export interface CsvCell {
  text: string;
  line: number;
  column: number;
}

/** Something that keeps a text from being a table, where it stands. */
export interface CsvMistake {
  line: number;
  column: number;
  detail: string;
}

export interface CsvTable {
  /** Records that have at least one cell; the first is the header, if there is one. */
  records: CsvCell[][];
  mistakes: CsvMistake[];
}

/**
 * Reads comma-separated values as RFC 4180 says: cells with commas, quotes or line ends stand in double quotes, and a quote
 * inside is doubled. Stricter than most readers where a file was cut or edited by hand: a quote in the middle of a cell, text
 * after a closing quote and a quote that is never closed are mistakes. Lines may end in CR LF or LF; empty lines are passed
 * over, and so is a byte order mark.
 */
export function readCsv(text: string): CsvTable {
  const reader = new CsvReader(text.replace(/^\uFEFF/, ''));
  return reader.read();
}

/** Where the reader is. One pass over the text, a cell at a time. */
class CsvReader {
  private at = 0;
  private line = 1;
  private lineStart = 0;
  private readonly mistakes: CsvMistake[] = [];

  constructor(private readonly text: string) {}

  read(): CsvTable {
    const records: CsvCell[][] = [];
    while (this.at < this.text.length) {
      const record = this.record();
      const [only] = record;
      if (record.length > 1 || only?.text !== '') records.push(record);
    }
    return { records, mistakes: this.mistakes };
  }

  private record(): CsvCell[] {
    const cells = [this.cell()];
    while (this.text[this.at] === ',') {
      this.at += 1;
      cells.push(this.cell());
    }
    this.endLine();
    return cells;
  }

  private cell(): CsvCell {
    const begins = { line: this.line, column: this.at - this.lineStart + 1 };
    return { text: this.text[this.at] === '"' ? this.quoted(begins) : this.plain(), ...begins };
  }

  private plain(): string {
    const from = this.at;
    this.at = this.nextOf(/[,\r\n]/g);
    const text = this.text.slice(from, this.at);
    const quote = text.indexOf('"');
    if (quote >= 0)
      this.mistake('A quote inside a cell: put the whole cell in quotes, and double this one.', from + quote);
    return text;
  }

  private quoted(begins: Omit<CsvCell, 'text'>): string {
    const from = this.at + 1;
    let end = this.text.indexOf('"', from);
    // A doubled quote is one of the text's own.
    while (end >= 0 && this.text[end + 1] === '"') end = this.text.indexOf('"', end + 2);
    if (end < 0) {
      this.mistakes.push({ line: begins.line, column: begins.column, detail: 'This quote is never closed.' });
      this.at = this.text.length;
      return '';
    }
    const inside = this.text.slice(from, end);
    this.passLines(from, end);
    this.at = end + 1;
    const after = this.nextOf(/[,\r\n]/g);
    if (after > this.at)
      this.mistake('Nothing may stand between a closing quote and the next comma.', this.at);
    this.at = after;
    return inside.replaceAll('""', '"');
  }

  private nextOf(pattern: RegExp): number {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.index ?? this.text.length;
  }

  /** Line ends inside a quoted cell. */
  private passLines(from: number, to: number): void {
    for (
      let end = this.text.indexOf('\n', from);
      end >= 0 && end < to;
      end = this.text.indexOf('\n', end + 1)
    )
      this.beginLine(end + 1);
  }

  private endLine(): void {
    if (this.text[this.at] === '\r') {
      if (this.text[this.at + 1] !== '\n')
        this.mistake('A line ends in CR LF or LF, not in CR alone.', this.at);
      else this.at += 1;
    }
    this.at += 1;
    this.beginLine(this.at);
  }

  private beginLine(at: number): void {
    this.line += 1;
    this.lineStart = at;
  }

  private mistake(detail: string, at: number): void {
    this.mistakes.push({ line: this.line, column: at - this.lineStart + 1, detail });
  }
}
