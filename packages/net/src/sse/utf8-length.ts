/** Octets that a text takes as UTF-8. Half a surrogate pair counts two. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    // Both halves of a surrogate pair are two of its four octets.
    length += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** Whether `text[start..end)` takes at most so many octets. Counts only what could be too long: a unit takes three at most. */
export function fitsUtf8(text: string, start: number, end: number, bytesMax: number): boolean {
  return (end - start) * 3 <= bytesMax || utf8Length(text.slice(start, end)) <= bytesMax;
}
