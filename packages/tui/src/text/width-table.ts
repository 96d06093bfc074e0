/**
 * How many cells a code point takes: the ranges, from the Unicode Character Database 17.0 (EastAsianWidth.txt,
 * emoji-variation-sequences.txt, general categories).
 *
 * A table of our own, because the ICU inside Node knows no East Asian Width and differs from version to version. Each range is
 * `gap+length` in base 36: the distance from the end of the range before to the start of this one, then how far it goes on
 * (nothing where it is a single code point).
 */

export interface RangeTable {
  has(codePoint: number): boolean;
}

function tableOf(encoded: string): RangeTable {
  let starts: Int32Array | undefined;
  let ends = new Int32Array(0);
  const decode = (): Int32Array => {
    const ranges = encoded.split(' ');
    const decoded = new Int32Array(ranges.length);
    ends = new Int32Array(ranges.length);
    let last = 0;
    for (const [index, range] of ranges.entries()) {
      const [gap = '0', length = '0'] = range.split('+');
      decoded[index] = last + Number.parseInt(gap, 36);
      last = (decoded[index] ?? 0) + Number.parseInt(length, 36);
      ends[index] = last;
    }
    return decoded;
  };
  return {
    has(codePoint) {
      starts ??= decode();
      let low = 0;
      let high = starts.length - 1;
      while (low <= high) {
        const middle = (low + high) >> 1;
        if (codePoint < (starts[middle] ?? 0)) high = middle - 1;
        else if (codePoint > (ends[middle] ?? 0)) low = middle + 1;
        else return true;
      }
      return false;
    },
  };
}

/** East Asian Width W and F, and emoji with emoji presentation: two cells. */
export const WIDE: RangeTable = tableOf(
  '3cw+2n 3i3+1 e+1 5b+3 4 3 ei+1 m+1 r+7 h+b 18 b+5 4 e 9+1 i+1 6+1 9 6 m 8+1 2 5 3 8 5+1 t 10 2 5+2 2 1q+2 p f nw+1 1g 5 ' +
  'mj+p 2+2g d+5x r+1l 7+e 3+2d 5+2s 6+16 2+1e 2+15 2+2d a+1b 2+13 9+mkc 4+1i wq+s hw+8mb 6l9+e7 lt+9 n+y 2+i 2+3 46+2n ' +
  '3k+6 m4a+3 f+4 a+5p1 16+v 2q+36 6pq+3 2+6 2+1 2+82 g u+2 3 f+3 9+az 6bp+2e a+m 5n2 5n 5b 3+9 24+s e+17 5+8 8+1 f+5 4b+w ' +
  'd+8 2+1x 2+l d+16 5+4 d+g 4 4+1y 2 2+56 3+1q e+3 2+n j r+1 e 2f+2c 1d+1x 7 4+2 3+3 4+3 c+1 8+8 6c+b 5 7w+1a 2+9 2+54 ' +
  '35+c 4+a 4+1k 2 5+f 3+b 5+9 zs+1ekd 3+1ekd',
);

/** Marks, Hangul vowels and finals, joiners, format characters: no cell of their own. */
export const ZERO: RangeTable = tableOf(
  '0 lc+33 7o+6 7c+18 2 2+1 2+1 2 21+a 2 1b+k h 2u+6 3+5 3+1 2+3 10 v+q 2k+a 1n+8 a p+3 2+8 2+2 2+4 18+2 1o+8 17+n 2+w ' +
  '1j+2 2+h 2+6 b+1 u+2 1l 2+6 3+1 3+2 a b+1 r 3+2 1l 2+4 5+1 3+2 4 v+1 4 c+2 1l 2+7 2+2 2+2 l+1 n+5 2+2 1l 2+6 3+1 3+2 ' +
  '8+2 b+1 v 1o+4 4+2 2+3 a 15+4 1k 2+6 2+2 2+3 8+1 c+1 u+2 1l 2+6 2+2 2+3 8+1 c+1 g d+3 1k+1 2+6 2+2 2+3 a b+1 u+2 1z 5+5 ' +
  '2 2+7 j+1 1q 3+6 d+7 2r 3+8 c+6 22+1 s 2 2 5+1 1e+j 2+1 6+a 2+z a 2t+j o+3 5+2 2+2 3+6 4+3 e+b 2 b+3 5f+4f 9q+2 qb+3 ' +
  't+2 u+1 v+1 1t+v a 1a+4 3a+1 z 3b+b 5+b 64+4 1m+9 2+s 3 1d+19 3+b l+4 1c+g 13+8 d+2 v+c 1l+d 1d+j 49+2 2+k 5 7 3+2 ' +
  '5j+1r ek+4 p+6 1e+f 2p+w 2db+2 3y 2p+v ff+5 2y+1 5m n4b+3 2+9 x+1 29+1 7l 4 5 o+4 5 2c+1 1f+h r+h e 13+7 q+c 19+3 1c+d ' +
  '11 1w+d d 9+1 1a+2 1f 2+2 3+1 6+1 2 16+4 6+1 6l+7 2+1 8n7+27 6xr ki+f h+f 5s 4h 28+b ea 6b 46+4 1af+2 2+1 6+3 15+2 5 ' +
  '4m+1 fy+3 1u+4 8u+1 26+5 1z+a 1e+3 3f+2 1i+e 16 3+1 b+3 1a+a 8 1q+2 11+d h+1 19 d+2 1d+d 9+3 2+1 2l+b 7 3 4e+b m+3 1k+1 ' +
  '2+6 3+1 3+2 a b+1 3+6 4+4 1w+8 2 3 2+3 2+4 2 f+1 2b+h o 2a+j 6k+6 3+8 s+1 2b+g 2z+c 2u+e 75+e 6u+5 2+1 3+3 2 2+1 3y+6 ' +
  '3+6 4 t+9 15+6 2+3 9 a+a 1b+f 5j+7 5k+7 2+7 2b+l 2+d 3f+5 4 2+1 2+6 2 1v+4 2+1 2+4 9o+3 a+1 2 1d+6 4+4 o 446+g 7+e ' +
  '8uh+h 1xd+4 1o+6 t5 2+1i 8+3 2a c+1 f58+1 2+3 3ml+19 3+m f3+4 4+l 3+6 v+3 45+2 1j0+1i 5+1d 9 f n+4 2+e 11t+6 2+g 3+6 ' +
  '2+1 2+4 2t 4h+6 ag 1q+3 e5+3 73+1 6s 3 8+1 6 d7+6 32+6 gzau+35r',
);

/** East Asian Width A: one cell, or two where the reader says so. Private use is left out: one. */
export const AMBIGUOUS: RangeTable = tableOf(
  '4h 3 3+1 2 3+1 2+4 2+4 2+3 7 a 7+1 6+3 5 2+2 2+1 3 2+1 4+3 2 2 3 g 2 8 b+1 4 6+2 5 7+3 2 4+3 2 5+1 j+1 4 2r 2 2 2 2 2 2 ' +
  '2 39 g 2r 3 2+2 2 3 8+3 2 2 4y+g 2+6 8+g 2+6 1k f+1r 2 5hb 3+3 2+1 3+1 3+2 2+3 9 2+1 2 6 3 1i b 2+3 14 2f 2 4 a 3 b+1 4 ' +
  '5 14+1 7+3 2+b 5+9 g 7+9 v+1 p 2 j p 2+1 4+1 3 4 2 4 5 3+3 3 2 2+5 2 6+3 5+1 b 4 6 e+1 3+3 3+1 3+1 j+1 3+1 e 4 c q 2b ' +
  '9a+3t 2+2o 5+z d+f 3+3 b+1 2+6 9+1 3+1 5+1 3+1 5+2 3 3+3 h+3 a m+1 3 5+1 d 2 y 2 u+1 2+2 2+3 2+1 2 1b+1 w 7+7 2+4 2+c 2 ' +
  '5+1 2+6 3 2+3 2+1 2+1 1q 1l+9 rb+3 1db+7 14mm 1blv+a 6+t 3+1l 7+t 2+1 b+h',
);

/** Narrow emoji that U+FE0F turns into wide ones. */
export const VS16: RangeTable = tableOf(
  'z 7 6+9 34 5 68e d 61 n 2j+5 g+1 am 4n u+2 2+1 6+2 5k 6g+1 b a 1n+1 4+4 a 3 7 5 3 2+1 3 4 4+1 9+2 6 2 t+1 3 2+1 2 j 3 k ' +
  '2+3 2 2+1 4 7 9+1 n 7 2 2 m 7+1 3 3+2 9 6+1 3+1 2 3 2 2 7 4 i+1 g 3 s+1 1p b7+1 cw+2 2hrd+1 d+1 bm 3+8 a 1z p+1 2+2 3+1 ' +
  '18+3 6+b k 2 2 20 2 58 24+1 11+1 3+6 e 3+3 3 l 3 9+1 a 6+2 d+2 9+2 3 2 5 7 4 7 5t 2+2 h+5 4 7 3',
);
