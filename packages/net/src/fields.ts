/**
 * Field lines of a head, as an ordered list of pairs (RFC 9110, section 5).
 *
 * Names keep the case they were received or written in; comparisons ignore it. Values are octets read as latin1.
 */
export type Field = readonly [name: string, value: string];
/** Field lines in the order in which they were sent. One name may stand more than once. */
export type Fields = readonly Field[];

/** The combined value of a field: all lines joined with `, ` (RFC 9110, section 5.3), or undefined where there is none. */
export function fieldValue(fields: Fields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  let combined: string | undefined;
  for (const field of fields) {
    // Nearly every field is another one, and most have another length. No destructuring: that iterates, and heads are read cold.
    if (field[0].length !== wanted.length || field[0].toLowerCase() !== wanted) continue;
    combined = combined === undefined ? field[1] : `${combined}, ${field[1]}`;
  }
  return combined;
}

/** Every line of a field on its own, for the fields that must not be joined (`Set-Cookie`). */
export function fieldValues(fields: Fields, name: string): string[] {
  const wanted = name.toLowerCase();
  return fields.filter(([candidate]) => candidate.toLowerCase() === wanted).map(([, value]) => value);
}

/** The members of a comma list (RFC 9110, section 5.6.1), lower-case, empty ones left out. For token lists only. */
export function fieldTokens(fields: Fields, name: string): string[] {
  return fieldValues(fields, name)
    .flatMap((value) => value.split(','))
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
}
