/**
 * Secrets that a server spreads over the deltas of several events: `{"delta":"my-sec"}`, later `{"delta":"ret"}`.
 *
 * In: text in order, and the secrets that were loaded. Out: spans. The string members in which vendors stream text are followed
 * by name: what one ends with may be the beginning of a secret that the next one goes on with. Such an end is masked from the
 * fourth character on, whether it becomes a secret or not: waiting would hold the text back for as long as the model takes. So
 * three characters may be shown of a secret, and a few of a text that only begins like one are not.
 *
 * By value only: a name or a shape says nothing about half of a secret.
 */
import { SECRET_CHARS_MIN } from './redact-forms.ts';
import { openForm, type Span } from './redact-patterns.ts';

/** By name of a member: what it ended with, where that may be the beginning of a secret. One a stream, kept by `deltaSpans`. */
export type DeltaEnds = Map<string, string>;

const NAMES = 'delta|text|content|thinking|reasoning|reasoning_content|arguments|partial_json|refusal|output';
const DELTA = new RegExp(`"(${NAMES})"\\s*:\\s*"((?:[^"\\\\]|\\\\[\\s\\S])*)"`, 'g');
const OPEN_DELTA = new RegExp(`"(?:${NAMES})"\\s*:\\s*"(?:[^"\\\\]|\\\\[\\s\\S])*\\\\?$`);

/** @param isNew - Whether the member, up to the end of its value, is shown now: each is looked at once. */
export function deltaSpans(
  text: string,
  isNew: (span: Span) => boolean,
  forms: readonly string[],
  pattern: RegExp,
  ends: DeltaEnds,
): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(DELTA)) {
    const [whole, name = '', value = ''] = match;
    const end = match.index + whole.length - 1;
    if (!isNew({ start: match.index, end })) continue;
    const before = ends.get(name) ?? '';
    const joined = before + value;
    const at = end - value.length;
    const mask = (from: number, to: number): void => {
      const start = Math.max(from - before.length, 0);
      if (to - before.length > start) spans.push({ start: at + start, end: at + to - before.length });
    };
    for (const found of joined.matchAll(pattern)) mask(found.index, found.index + found[0].length);
    const open = openForm(joined, forms);
    ends.set(name, open === undefined ? '' : joined.slice(open));
    if (open !== undefined && joined.length - open >= SECRET_CHARS_MIN) mask(open, joined.length);
  }
  return spans;
}

/** `at`, or the beginning of the member that a cut there would part from its end. */
export function notInsideDelta(text: string, at: number): number {
  const open = OPEN_DELTA.exec(text)?.index ?? at;
  if (open < at) return open;
  for (const match of text.matchAll(DELTA)) {
    if (match.index >= at) break;
    if (at < match.index + match[0].length - 1) return match.index;
  }
  return at;
}
