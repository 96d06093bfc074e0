/**
 * The one redactor: whatever is written for people or files passes it.
 *
 * In: text and the secrets that were loaded. Out: the text with `[redacted]` in place of secrets, found by value (as is,
 * percent-encoded, JSON-escaped, in base64 at any alignment, so inside of Basic credentials too), by the name of their
 * field, and by shape. The streaming form gives the same result for text that comes in pieces, cut anywhere: it holds back
 * what the next piece could make a secret, at most 64 Ki characters, then masks until the construct ends.
 *
 * A secret that the peer's own format takes apart, over the deltas of several events, is found by value too (`redact-deltas.ts`).
 */
import type { Decoder } from './decoder.ts';
import { type DeltaEnds, deltaSpans, notInsideDelta } from './redact-deltas.ts';
import { formsOf, SECRET_CHARS_MIN } from './redact-forms.ts';
import { mergedSpans, type OpenEnd, openEnd, secretSpans, type Span } from './redact-patterns.ts';

export const MASK = '[redacted]';

/** Masks secrets in text; `createRedactor` makes it. */
export interface Redactor {
  /** Masks `value` from now on, wherever it stands. Values under four characters are masked by field name only. */
  addSecret(value: string): void;
  /** The text with `[redacted]` for every secret in it. Never throws. */
  redactText(text: string): string;
  /** Whether a value that was added stands in the text, in any of its forms. Shapes and field names do not count. */
  holdsSecret(text: string): boolean;
  /** Grows when a value is added: what was judged before may hold it. */
  readonly secretCount: number;
  /** As `redactText`, for text in pieces. Byte streams pass as latin1, one character a byte. */
  stream(): Decoder<string, string>;
}

/** @param secrets - Values that are known already. */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const forms = new Set<string>();
  const loaded: Loaded = { forms: [], pattern: undefined };

  const addSecret = (value: string): void => {
    if (value.length < SECRET_CHARS_MIN) return;
    const before = forms.size;
    for (const form of formsOf(value)) forms.add(form);
    if (forms.size === before) return;
    // The longest first: a secret that contains another one is masked whole.
    loaded.forms = [...forms].sort((a, b) => b.length - a.length);
    loaded.pattern = new RegExp(loaded.forms.map(escapeRegExp).join('|'), 'g');
  };
  for (const secret of secrets) addSecret(secret);

  return {
    addSecret,
    redactText: (text) => masked(text, 0, text.length, loaded, new Map()),
    get secretCount() {
      return forms.size;
    },
    // Not by the pattern: compiling that takes milliseconds, and most runs never need it.
    holdsSecret: (text) => loaded.forms.some((form) => text.includes(form)),
    stream: () => createRedactingDecoder(loaded),
  };
}

/** Shared with the streams that are open, so that a secret that is loaded late is masked there too. */
interface Loaded {
  forms: readonly string[];
  pattern: RegExp | undefined;
}

/** `text` from one offset to another, masked, with what stands around it as context. */
function masked(text: string, from: number, to: number, { forms, pattern }: Loaded, ends: DeltaEnds): string {
  const content = withoutChunkLines(text);
  const isNew = (member: Span): boolean => content.offsetOf(member.start) >= from && content.offsetOf(member.end - 1) < to;
  const spread = pattern === undefined ? [] : deltaSpans(content.text, isNew, forms, pattern, ends);
  let result = '';
  let at = from;
  for (const span of mergedSpans([...secretSpans(content.text, pattern), ...spread])) {
    const start = content.offsetOf(span.start);
    const end = content.offsetOf(span.end - 1) + 1;
    if (end <= at) continue;
    if (start >= to) break;
    // Where it began before `from`, its beginning was masked already.
    if (start >= from) result += text.slice(at, start) + MASK;
    at = end;
  }
  return at < to ? result + text.slice(at, to) : result;
}

/** A server may cut a secret in two chunks: then the size line of the second stands in its middle (RFC 9112, section 7.1). */
const CHUNK_LINE = /\r\n[0-9a-f]{1,8}(?:[ \t]*;[^\r\n]{0,256})?\r\n/gi;
const OPEN_CHUNK_LINE = /\r(?:\n(?:[0-9a-f]{1,8}(?:[ \t]*(?:;[^\r\n]{0,256})?)?\r?)?)?$/i;

interface Content {
  readonly text: string;
  /** Offset in the original text. */
  offsetOf(offset: number): number;
}

function withoutChunkLines(text: string): Content {
  const gaps: { readonly at: number; readonly length: number }[] = [];
  const shorter = text.replace(CHUNK_LINE, (line, at: number) => {
    gaps.push({ at, length: line.length });
    return '';
  });
  return {
    text: shorter,
    offsetOf(offset) {
      let original = offset;
      for (const gap of gaps) {
        if (gap.at > original) break;
        original += gap.length;
      }
      return original;
    },
  };
}

/** As `openEnd`, in offsets of the original text, a size line that is not complete included. */
function openContentEnd(text: string, { forms, pattern }: Loaded): OpenEnd {
  const content = withoutChunkLines(text);
  const complete = content.text.slice(0, OPEN_CHUNK_LINE.exec(content.text)?.index);
  const open = openEnd(complete, forms);
  const at = pattern === undefined ? open.at : notInsideDelta(complete, open.at);
  return { at: content.offsetOf(at), until: open.until };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const CARRY_CHARS_MAX = 64 * 1024;
/** Enough of what was shown already for look-behinds: a line start, a word boundary, `scheme://`. */
const CONTEXT_CHARS = 32;

function createRedactingDecoder(loaded: Loaded): Decoder<string, string> {
  let context = '';
  let held = '';
  /** Set while the rest of a construct is swallowed that outgrew what may be held. */
  let until: RegExp | undefined;
  const ends: DeltaEnds = new Map();

  const show = (end: number, emit: (text: string) => void): void => {
    const text = context + held;
    const shown = masked(text, context.length, context.length + end, loaded, ends);
    context = text.slice(0, context.length + end).slice(-CONTEXT_CHARS);
    held = held.slice(end);
    if (shown !== '') emit(shown);
  };

  return {
    push(input, emit) {
      let rest = input;
      if (until !== undefined) {
        const end = rest.search(until);
        if (end === -1) return;
        rest = rest.slice(end);
        until = undefined;
        context = '';
      }
      held += rest;
      const open = openContentEnd(context + held, loaded);
      show(Math.max(0, open.at - context.length), emit);
      if (held.length <= CARRY_CHARS_MAX) return;
      const content = withoutChunkLines(held).text;
      if (secretSpans(content, loaded.pattern).at(-1)?.end === content.length) {
        until = open.until;
        show(held.length, emit);
      } else {
        show(held.length - (loaded.forms[0]?.length ?? 0), emit);
      }
    },
    end(emit) {
      if (until === undefined) show(held.length, emit);
    },
  };
}
