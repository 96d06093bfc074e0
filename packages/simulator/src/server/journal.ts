/** What the simulator was asked, in order, for tests that look at requests. Tokens in it are the simulator's own. */
import type { Json } from './json.ts';

export interface JournalEntry {
  readonly index: number;
  /** Milliseconds since the simulator started. */
  readonly atMs: number;
  readonly method: string;
  /** As received, with the scenario prefix. */
  readonly url: string;
  /** Without the scenario prefix and the query. */
  readonly path: string;
  /** `codex.responses`, `oauth.token`, …; empty where nothing matched. */
  readonly route: string;
  readonly scenario: string;
  /** Names in lower case; a repeated one is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names as they came, for those who care about order and case. */
  readonly rawHeaders: readonly string[];
  /** Parsed where it is JSON, else text. */
  body: Json;
  /** 0 until answered, and for answers that are no HTTP. */
  status: number;
  /** Why it was refused: the rule's text. */
  refusal: string;
  /** Breaches of rules that the real server does not enforce; with `strict` they are refusals. */
  readonly remarks: string[];
  events: number;
  /** True when the client went away before the answer was whole. */
  closedEarly: boolean;
  done: boolean;
}

export interface Counters {
  tokenRefreshes: number;
  tokenRefreshesRefused: number;
  codeExchanges: number;
  revocations: number;
  remoteTokenFetches: number;
  connections: number;
}

export interface Journal {
  readonly entries: JournalEntry[];
  readonly counters: Counters;
  clear(): void;
}

/** Old entries are dropped beyond this many, so that a benchmark can run for hours. */
const ENTRIES_MAX = 10_000;

export function createJournal(): Journal & { add(entry: Omit<JournalEntry, 'index' | 'atMs'>): JournalEntry } {
  const startedMs = performance.now();
  const entries: JournalEntry[] = [];
  let next = 0;
  const zero = (): Counters => ({
    tokenRefreshes: 0,
    tokenRefreshesRefused: 0,
    codeExchanges: 0,
    revocations: 0,
    remoteTokenFetches: 0,
    connections: 0,
  });
  const counters = zero();
  return {
    entries,
    counters,
    add(fields) {
      const entry: JournalEntry = { index: next, atMs: Math.round(performance.now() - startedMs), ...fields };
      next += 1;
      entries.push(entry);
      if (entries.length > ENTRIES_MAX) entries.shift();
      return entry;
    },
    clear() {
      entries.length = 0;
      next = 0;
      Object.assign(counters, zero());
    },
  };
}
