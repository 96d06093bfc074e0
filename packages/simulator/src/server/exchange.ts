/** One request and the means to answer it, as the provider folders see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JournalEntry } from './journal.ts';
import { parseJson, type Json } from './json.ts';
import type { ChosenScenario } from './scenario.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is; anything else as JSON. */
  readonly body: Json;
}

/** Thrown by a rule: the request is refused with this answer. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly answer: HttpAnswer;
  constructor(answer: HttpAnswer, reason?: string) {
    super(reason ?? (typeof answer.body === 'string' ? answer.body.slice(0, 200) : JSON.stringify(answer.body)));
    this.answer = answer;
  }
}

export interface Exchange {
  readonly method: string;
  /** Without scenario prefix and query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
  /** Undefined where the body is no JSON. */
  readonly body: Json | undefined;
  /** The scenario of the URL, if it names one. */
  readonly scenario: ChosenScenario | undefined;
  readonly baseUrl: string;
  readonly journal: JournalEntry;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  answer(answer: HttpAnswer): void;
}

export interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string | RegExp;
  run(exchange: Exchange): Promise<void> | void;
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer, journal: JournalEntry): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html; charset=UTF-8' : 'application/json';
  journal.status = status;
  response.writeHead(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(text)), ...headers });
  response.end(text);
}

/** Form fields or JSON members, whichever the content type says: OAuth endpoints take both. */
export function readFields(exchange: Exchange): Readonly<Record<string, string>> {
  const type = exchange.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(exchange.bodyText));
  const body = parseJson(exchange.bodyText);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {};
  return Object.fromEntries(Object.entries(body).filter((member): member is [string, string] => typeof member[1] === 'string'));
}
