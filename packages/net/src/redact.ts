/**
 * The one redactor: whatever is written for people or files passes it.
 *
 * In: text and the secrets that were loaded. Out: the text with `[redacted]` in place of secrets, found by value (as is,
 * percent-encoded, JSON-escaped, in base64 at any alignment, so inside of Basic credentials too), by the name of their
 * field, and by shape. The streaming form gives the same result for text that comes in pieces, cut anywhere: it holds back
 * what the next piece could make a secret, at most 64 Ki characters, then masks until the construct ends.
 *
 * Left out: secrets that the peer's own format takes apart, such as a key spread over the deltas of several events.
 */
import type { Decoder } from './decoder.ts';
import { type OpenEnd, openEnd, secretSpans } from './redact-patterns.ts';

export const MASK = '[redacted]';

export interface Redactor {
  /** Masks `value` from now on, wherever it stands. Values under four characters are masked by field name only. */
  addSecret(value: string): void;
  redactText(text: string): string;
  /** As `redactText`, for text in pieces. Byte streams pass as latin1, one character a byte. */
  stream(): Decoder<string, string>;
}

const SECRET_CHARS_MIN = 4;

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
    redactText: (text) => masked(text, 0, text.length, loaded),
    stream: () => createRedactingDecoder(loaded),
  };
}

/** Shared with the streams that are open, so that a secret that is loaded late is masked there too. */
interface Loaded {
  forms: readonly string[];
  pattern: RegExp | undefined;
}

/** `text` from one offset to another, masked, with what stands around it as context. */
function masked(text: string, from: number, to: number, loaded: Loaded): string {
  const content = withoutChunkLines(text);
  let result = '';
  let at = from;
  for (const span of secretSpans(content.text, loaded.pattern)) {
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
function openContentEnd(text: string, forms: readonly string[]): OpenEnd {
  const complete = text.slice(0, OPEN_CHUNK_LINE.exec(text)?.index ?? text.length);
  const content = withoutChunkLines(complete);
  const open = openEnd(content.text, forms);
  return open.at === content.text.length ? { at: complete.length, until: open.until } : { at: content.offsetOf(open.at), until: open.until };
}

function formsOf(value: string): string[] {
  const octets = new TextEncoder().encode(value);
  const quoted = JSON.stringify(value).slice(1, -1);
  const percent = [...octets].map((octet) => (UNRESERVED.test(String.fromCharCode(octet)) ? String.fromCharCode(octet) : `%${hex(octet)}`)).join('');
  const encoded = safely(() => encodeURIComponent(value));
  const forms = [
    value,
    // How a stream of bytes shows it.
    String.fromCharCode(...octets),
    quoted,
    quoted.replaceAll('/', '\\/'),
    JSON.stringify(quoted).slice(1, -1),
    percent,
    percent.replace(/%../g, (triplet) => triplet.toLowerCase()),
    encoded ?? value,
    (encoded ?? value).replaceAll('%20', '+'),
  ];
  for (const offset of [0, 1, 2]) {
    const base64 = base64At(octets, offset);
    // Shorter ones would hide text that has nothing to do with the secret.
    if (base64.length >= SECRET_CHARS_MIN) forms.push(base64, base64.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;
const hex = (octet: number): string => octet.toString(16).toUpperCase().padStart(2, '0');

/** The characters of base64 that depend on `octets` alone when `offset` other bytes stand before. */
function base64At(octets: Uint8Array, offset: number): string {
  const shifted = new Uint8Array(offset + octets.length);
  shifted.set(octets, offset);
  const whole = btoa(String.fromCharCode(...shifted)).replaceAll('=', '');
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((shifted.length * 8) / 6);
  return whole.slice(first, last);
}

function safely<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    // A lone surrogate has no percent-encoding.
    return undefined;
  }
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

  const show = (end: number, emit: (text: string) => void): void => {
    const text = context + held;
    const shown = masked(text, context.length, context.length + end, loaded);
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
      const open = openContentEnd(context + held, loaded.forms);
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
