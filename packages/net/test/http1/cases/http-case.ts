/**
 * One case of the response decoder: octets of a connection, and what has to come out of them.
 *
 * Notation of `bytes`: `⏎` is CRLF, `␊` a lone LF, `␍` a lone CR, `ʀ` is `HTTP/1.1 200 OK⏎`; every other character is one
 * octet (latin1). `rule` is the name of a rule in docs/supported-http.md; a test keeps the two in step.
 */
import type { Fields, Limits, NetErrorCode } from '@sx/net';

export interface HttpExpectation {
  /** Status of the final response; undefined where none may come out. */
  readonly status?: number;
  readonly reason?: string;
  readonly version?: '1.0' | '1.1';
  readonly fields?: Fields;
  /** Default: empty. */
  readonly body?: string;
  /** `complete` by default where there is no fault. */
  readonly end?: 'complete' | 'closed' | 'tunnel';
  /** Default: true where the end is `complete`. */
  readonly reusable?: boolean;
  readonly trailers?: Fields;
  /** Status codes of interim responses. */
  readonly interim?: readonly number[];
  readonly leftover?: string;
  readonly fault?: NetErrorCode;
  /** Position of the octet at fault. */
  readonly at?: number;
}

export interface HttpCase {
  readonly rule: string;
  readonly name: string;
  readonly bytes: string;
  readonly expected: HttpExpectation;
  /** Default GET. */
  readonly method?: string;
  readonly limits?: Partial<Limits>;
}

export function octetsOf(notation: string): string {
  return notation.replaceAll('ʀ', 'HTTP/1.1 200 OK⏎').replaceAll('⏎', '\r\n').replaceAll('␊', '\n').replaceAll('␍', '\r');
}

/** A 200 with this body, complete and reusable unless said otherwise. */
export function ok(body = '', more: HttpExpectation = {}): HttpExpectation {
  return { status: 200, body, ...more };
}

/** A body that only the connection ended. */
export function closed(body = '', more: HttpExpectation = {}): HttpExpectation {
  return { status: 200, body, end: 'closed', ...more };
}

/** Nothing comes out but the fault. */
export function fault(code: NetErrorCode, at?: number): HttpExpectation {
  return at === undefined ? { fault: code } : { fault: code, at };
}

/** The head and a part of the body come out before the fault. */
export function bodyFault(code: NetErrorCode, body = '', at?: number): HttpExpectation {
  return { status: 200, body, ...fault(code, at) };
}

/** A table of one rule after another: `[name, bytes, expected, method or limits]`. */
export type Row = readonly [name: string, bytes: string, expected: HttpExpectation, more?: string | Partial<Limits>];

export function table(rows: Readonly<Record<string, readonly Row[]>>): HttpCase[] {
  return Object.entries(rows).flatMap(([rule, ofRule]) =>
    ofRule.map(([name, bytes, expected, more]) => ({
      rule,
      name,
      bytes,
      expected,
      ...(typeof more === 'string' ? { method: more } : more === undefined ? {} : { limits: more }),
    })),
  );
}
