/**
 * What must hold between the requests of one session: the turn state goes back unchanged within its turn and no further; history
 * only grows; tools and instructions stay. The real server does not refuse breaches of these: they cost cache hits and
 * stickiness. So they are remarks, and refusals with `strict`.
 */
import { randomBytes } from 'node:crypto';
import { essence } from '../responses/issued-items.ts';
import { arrayOf, canonicalJson, isObject, objectOf, type JsonObject } from '../server/json.ts';

const SESSIONS_MAX = 10_000;

interface Session {
  turn: number;
  /** The first value that was issued in the turn. */
  turnState: string | undefined;
  input: readonly string[];
  output: readonly string[];
  frozen: string;
}

export interface SessionCheck {
  readonly remarks: readonly string[];
  /** A value for the head of this response. The first one that is issued in a turn is the one that must come back. */
  issueTurnState(): string;
  onComplete(items: readonly JsonObject[]): void;
}

export interface Sessions {
  check(headers: Readonly<Record<string, string>>, body: JsonObject): SessionCheck;
}

export function createSessions(): Sessions {
  const sessions = new Map<string, Session>();
  return {
    check(headers, body) {
      const key = headers['session-id'] ?? headers['session_id'] ?? '';
      const items = arrayOf(body['input']).filter(isObject);
      const turn = items.filter((item) => item['role'] === 'user').length;
      const before = sessions.get(key);
      const remarks = [...headRemarks(headers, body), ...(before === undefined ? [] : historyRemarks(before, items, body))];
      const sent = headers['x-codex-turn-state'];
      const expected = before !== undefined && before.turn === turn ? before.turnState : undefined;
      if (sent !== expected) {
        remarks.push(
          expected === undefined ? 'x-codex-turn-state was carried into a turn that did not issue it' : sent === undefined ? 'x-codex-turn-state was not sent back' : 'x-codex-turn-state differs from the first value of the turn',
        );
      }
      const turnState = `ts_${randomBytes(12).toString('base64url')}`;
      const session: Session = {
        turn,
        turnState: expected,
        input: items.map(essence),
        output: [],
        frozen: frozenPart(body),
      };
      if (key !== '') {
        sessions.set(key, session);
        const [oldest] = sessions.keys();
        if (sessions.size > SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
      }
      return {
        remarks,
        // A request that is refused before it gets a head of its own has issued none.
        issueTurnState() {
          session.turnState ??= turnState;
          return turnState;
        },
        onComplete(output) {
          session.output = output.map(essence);
        },
      };
    },
  };
}

function headRemarks(headers: Readonly<Record<string, string>>, body: JsonObject): string[] {
  const remarks: string[] = [];
  if (headers['session-id'] === undefined) remarks.push('no session-id: requests of a session may miss the cache');
  if (body['prompt_cache_key'] === undefined) remarks.push('no prompt_cache_key');
  if (!arrayOf(body['include']).includes('reasoning.encrypted_content')) {
    remarks.push('reasoning.encrypted_content is not included: reasoning cannot be replayed');
  }
  const agent = headers['user-agent'] ?? '';
  const originator = headers['originator'] ?? '';
  if (!agent.startsWith(originator)) remarks.push(`the user agent ${agent} does not begin with the originator ${originator}`);
  return remarks;
}

function historyRemarks(before: Session, items: readonly JsonObject[], body: JsonObject): string[] {
  const remarks: string[] = [];
  const now = items.map(essence);
  const expected = [...before.input, ...before.output];
  const firstChange = before.input.findIndex((item, at) => item !== now[at]);
  if (firstChange >= 0) remarks.push(`input[${firstChange}] is not what it was in the request before: history must only grow`);
  // A retry sends the same input again; anything longer goes on from the output.
  else if (now.length > before.input.length) {
    const firstLost = expected.findIndex((item, at) => item !== now[at]);
    if (firstLost >= 0) remarks.push(`input[${firstLost}] is not the output of the response before`);
  }
  if (before.frozen !== frozenPart(body)) remarks.push('tools, instructions, effort or cache key changed within the session');
  return remarks;
}

const frozenPart = (body: JsonObject): string => canonicalJson({
  tools: body['tools'],
  instructions: body['instructions'],
  key: body['prompt_cache_key'],
  effort: objectOf(body['reasoning'])['effort'],
});
