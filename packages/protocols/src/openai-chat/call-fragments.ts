/**
 * Puts calls together from their fragments, and finds out which fragment belongs to which call, although servers number,
 * name and repeat them in every possible way.
 *
 * In: the members of `tool_calls` as they come. Out: calls, in the order in which they began. A fragment belongs
 * - by `index`, unless it brings another id and a name while the call at that index is complete: servers that number every
 *   call 0 begin a new one that way;
 * - without index, by `id`; a new id with a name begins a call;
 * - without both, to the last call, unless it brings a name and that call is complete, or stands beside others in one list.
 *
 * Names are set, not appended, where they repeat; ids are made up where there is none, or one that is taken, from the
 * response's id, so that they differ from those of other responses and are the same however the bytes were cut.
 */
import { isObject, type JsonObject, type JsonValue, numberOr, parseJson, stringOr } from '@sx/llm/provider-kit';

export interface CallFragments {
  /** @returns the call and the new piece of its arguments. */
  add(fragment: JsonObject, position: number): { readonly call: PendingCall; readonly piece: string };
  readonly calls: readonly PendingCall[];
}

export interface PendingCall {
  readonly index: number | undefined;
  /** As the server gave it, empty where it gave none. */
  wireId: string;
  name: string;
  readonly pieces: string[];
  /** Members that nobody knows: signatures of models behind a router. */
  extra: Record<string, JsonValue>;
  /** Its block was begun, under this id; from then on name and id stand. */
  blockId: string | undefined;
}

export function createCallFragments(): CallFragments {
  const calls: PendingCall[] = [];
  const begin = (index: number | undefined): PendingCall => {
    const call: PendingCall = { index, wireId: '', name: '', pieces: [], extra: {}, blockId: undefined };
    calls.push(call);
    return call;
  };
  const find = (index: number | undefined, id: string, name: string, position: number): PendingCall | undefined => {
    if (index !== undefined) {
      const call = calls.findLast((candidate) => candidate.index === index);
      if (call === undefined || id === '' || call.wireId === '' || id === call.wireId) return call;
      return name !== '' && isComplete(call) ? undefined : call;
    }
    const last = calls.at(-1);
    if (id !== '') {
      const named = calls.find((call) => call.wireId === id);
      return named ?? (name === '' || (last?.wireId === '' && last.name === '') ? last : undefined);
    }
    if (last === undefined || name === '') return last;
    if (position > 0) return undefined;
    const same = last.name === name || last.name === '';
    return same && (last.pieces.length === 0 || !isComplete(last)) ? last : undefined;
  };
  return {
    calls,
    add(fragment, position) {
      const told = isObject(fragment['function']) ? fragment['function'] : fragment;
      const index = numberOr(fragment['index'], undefined);
      const id = stringOr(fragment['id'], '');
      const name = stringOr(told['name'], '');
      const call = find(index, id, name, position) ?? begin(index);
      if (call.blockId === undefined) {
        if (call.wireId === '') call.wireId = id;
        // In pieces, repeated, or growing: all three have been seen.
        if (name.startsWith(call.name)) call.name = name === '' ? call.name : name;
        else if (name !== '' && !call.name.endsWith(name)) call.name += name;
      }
      for (const [member, value] of Object.entries(fragment)) {
        if (!KNOWN.has(member) && value !== null && value !== undefined) call.extra[member] = value;
      }
      const piece = toText(told['arguments']);
      if (piece !== '') call.pieces.push(piece);
      return { call, piece };
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'name', 'arguments']);

/** Some servers send the arguments as an object. */
function toText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return isObject(value) ? JSON.stringify(value) : '';
}

/** Arguments that are whole; none at all are, too. */
export function isComplete({ pieces }: PendingCall): boolean {
  return pieces.length === 0 || isObject(parseJson(pieces.join('')));
}

/** @param taken - Ids of the other calls of the response. */
export function callIdOf(call: PendingCall, responseId: string, taken: ReadonlySet<string>): string {
  if (call.wireId !== '' && !taken.has(call.wireId)) return call.wireId;
  const tail = responseId.replace(/[^A-Za-z0-9]/g, '').slice(-24);
  for (let number = taken.size; ; number++) {
    const id = `call_${tail === '' ? '' : `${tail}_`}${number}`;
    if (!taken.has(id)) return id;
  }
}
