import { describe, expect, it } from 'vitest';
import { brandColor, brandOf, contrast } from '../../domain/brand.ts';

const paper = { light: '#f3f5f1', dark: '#0f1412' } as const;

/** Every fifteenth shade of each part: 5,832 colours, black and white among them. */
function* colours(): Generator<string> {
  const parts = Array.from({ length: 18 }, (_, at) => (at * 15).toString(16).padStart(2, '0'));
  for (const red of parts)
    for (const green of parts) for (const blue of parts) yield `#${red}${green}${blue}`;
}

describe('A customer’s colour', () => {
  it('can be read and stands out in both themes, whatever it is', () => {
    const wrong: string[] = [];
    for (const colour of colours()) {
      const brand = brandOf(colour);
      for (const theme of ['light', 'dark'] as const) {
        const { brand: fill, onBrand, hover } = brand[theme];
        const isGood =
          contrast(fill, onBrand) >= 4.5 &&
          contrast(fill, paper[theme]) >= 3 &&
          contrast(hover, onBrand) >= 4.5 &&
          contrast(hover, paper[theme]) >= 3;
        if (!isGood) wrong.push(`${colour} ${theme}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('stays as it is where it can, and moves no further than it must', () => {
    expect(brandOf('#6b2246').light.brand).toBe('#6b2246');
    expect(brandOf('#6b2246').dark.brand).not.toBe('#6b2246');
    const { light, dark } = brandOf('#ffd400');
    expect(dark.brand).toBe('#ffd400');
    expect(contrast(light.brand, paper.light)).toBeLessThan(3.2);
    expect(light.onBrand).toBe('#141a17');
  });

  it('is written in one form, and anything else is none', () => {
    expect(['#6B2246', ' 6b2246', '#abc', '6B2246 '].map(brandColor)).toEqual([
      '#6b2246',
      '#6b2246',
      '#aabbcc',
      '#6b2246',
    ]);
    for (const text of ['', 'red', '#12345', '#1234567', '#12345g', '#fff;}body{display:none'])
      expect(brandColor(text)).toBeNull();
  });

  it('the measure is WCAG’s', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
});
