/**
 * Regular expressions of JSON Schema (`pattern`), matched in time linear in the text.
 *
 * The schema is the user's, the text is the model's, and a backtracking engine may take years over the two. So the pattern
 * becomes an automaton whose states are all followed at once: at most text length × pattern length steps. In: ECMAScript
 * syntax (with the `u` flag): characters, classes, escapes, groups, alternatives, quantifiers, `^ $ \b \B`. Out: does it match
 * anywhere in the text. One character is tested by the platform's own engine, so that `\p{…}` and classes mean what they
 * mean there. Left out, because no automaton can: back references and look-around.
 */
export interface LinearPattern {
  /** Undefined: the text is too long to be looked at (`stepsMax`). */
  test(text: string, stepsMax: number): boolean | undefined;
}

/** Why a pattern is not taken. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

type Assertion = '^' | '$' | '\\b' | '\\B';
type Node =
  | { readonly kind: 'character'; readonly test: (character: string) => boolean }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number };

type State =
  | { readonly kind: 'character'; readonly test: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'fork'; readonly next: readonly number[] }
  | { readonly kind: 'match' };

const GROUP_DEPTH_MAX = 32;

/** @throws {PatternError} */
export function compilePattern(source: string, statesMax: number): LinearPattern {
  try {
    // What is wrong as a whole, the platform says better than a small parser.
    new RegExp(source, 'u');
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error));
  }
  const states = toStates(parsePattern(source), statesMax);
  return { test: (text, stepsMax) => search(states, text, stepsMax) };
}

function parsePattern(source: string): Node {
  let at = 0;
  const peek = (text: string): boolean => source.startsWith(text, at);
  const take = (text: string): boolean => {
    if (!peek(text)) return false;
    at += text.length;
    return true;
  };

  const choice = (depth: number): Node => {
    if (depth > GROUP_DEPTH_MAX) throw new PatternError(`groups are nested deeper than ${GROUP_DEPTH_MAX}`);
    const items = [sequence(depth)];
    while (take('|')) items.push(sequence(depth));
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'choice', items };
  };
  const sequence = (depth: number): Node => {
    const items: Node[] = [];
    while (at < source.length && !peek('|') && !peek(')')) items.push(quantified(term(depth)));
    return { kind: 'sequence', items };
  };
  const term = (depth: number): Node => {
    for (const assertion of ['^', '$', '\\b', '\\B'] as const) if (take(assertion)) return { kind: 'assertion', assertion };
    if (take('(')) return group(depth);
    return character();
  };
  const group = (depth: number): Node => {
    for (const mark of ['?=', '?!', '?<=', '?<!']) if (peek(mark)) throw new PatternError(`look-around (${mark}…) cannot be matched in linear time`);
    if (peek('?') && !take('?:')) {
      if (!peek('?<')) throw new PatternError('only plain, named and (?:…) groups are known');
      at = source.indexOf('>', at) + 1;
    }
    const inner = choice(depth + 1);
    take(')');
    return inner;
  };
  const character = (): Node => {
    const start = at;
    if (take('\\')) takeEscape();
    else if (take('[')) takeClass();
    else at += String.fromCodePoint(source.codePointAt(at) ?? 0).length;
    const single = new RegExp(`^(?:${source.slice(start, at)})$`, 'u');
    return { kind: 'character', test: (text) => single.test(text) };
  };
  const takeEscape = (): void => {
    const letter = source[at] ?? '';
    if (/[1-9k]/.test(letter)) throw new PatternError('back references cannot be matched in linear time');
    at += 1;
    if (letter === 'x') at += 2;
    else if (letter === 'c') at += 1;
    else if ('uPp'.includes(letter) && peek('{')) at = source.indexOf('}', at) + 1;
    else if (letter === 'u') at += /^[dD][89abAB]..\\u[dD][c-fC-F]../.test(source.slice(at)) ? 10 : 4;
  };
  const takeClass = (): void => {
    for (let escaped = false; at < source.length; at += 1) {
      if (!escaped && peek(']')) break;
      escaped = !escaped && peek('\\');
    }
    at += 1;
  };
  const quantified = (item: Node): Node => {
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(source.slice(at, at + 40));
    let bounds: readonly [min: number, max: number] | undefined;
    if (take('*')) bounds = [0, Infinity];
    else if (take('+')) bounds = [1, Infinity];
    else if (take('?')) bounds = [0, 1];
    else if (counted !== null) {
      at += counted[0].length;
      const min = Number(counted[1]);
      bounds = [min, counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3])];
    }
    if (bounds === undefined) return item;
    // Greedy or lazy: whether it matches is the same.
    take('?');
    return { kind: 'repeat', item, min: bounds[0], max: bounds[1] };
  };

  return choice(0);
}

/** Built from the end: each piece is given the state that comes after it, and gives the state it starts with. State 0 is the match. */
function toStates(root: Node, statesMax: number): { readonly states: readonly State[]; readonly start: number } {
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length >= statesMax) throw new PatternError(`it needs more than ${statesMax} states; use smaller repetitions`);
    return states.push(state) - 1;
  };
  const build = (node: Node, next: number): number => {
    switch (node.kind) {
      case 'character':
        return add({ kind: 'character', test: node.test, next });
      case 'assertion':
        return add({ kind: 'assertion', assertion: node.assertion, next });
      case 'sequence':
        return node.items.reduceRight((after, item) => build(item, after), next);
      case 'choice':
        return add({ kind: 'fork', next: node.items.map((item) => build(item, next)) });
      case 'repeat':
        return repeat(node, next);
      default:
        return node satisfies never;
    }
  };
  const repeat = ({ item, min, max }: Extract<Node, { kind: 'repeat' }>, next: number): number => {
    let start = next;
    if (max === Infinity) {
      const loop: number[] = [next];
      start = add({ kind: 'fork', next: loop });
      loop.push(build(item, start));
    } else {
      for (let optional = min; optional < max; optional++) start = add({ kind: 'fork', next: [next, build(item, start)] });
    }
    for (let required = 0; required < min; required++) start = build(item, start);
    return start;
  };
  return { start: build(root, 0), states };
}

function search({ states, start }: ReturnType<typeof toStates>, text: string, stepsMax: number): boolean | undefined {
  let steps = 0;
  let current = new Set<number>();
  let before = '';
  for (let at = 0; ; ) {
    const character = at < text.length ? String.fromCodePoint(text.codePointAt(at) ?? 0) : '';
    const reached = follow(states, [...current, start], before, character);
    if (reached.has(0)) return true;
    steps += reached.size;
    if (steps > stepsMax) return undefined;
    if (character === '') return false;
    current = new Set();
    for (const index of reached) {
      const state = states[index];
      if (state?.kind === 'character' && state.test(character)) current.add(state.next);
    }
    before = character;
    at += character.length;
  }
}

/** All states that can be reached between two characters without reading one. */
function follow(states: readonly State[], from: readonly number[], before: string, after: string): Set<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const state = states[index];
    if (state?.kind === 'fork') open.push(...state.next);
    if (state?.kind === 'assertion' && holds(state.assertion, before, after)) open.push(state.next);
  }
  return reached;
}

function holds(assertion: Assertion, before: string, after: string): boolean {
  switch (assertion) {
    case '^':
      return before === '';
    case '$':
      return after === '';
    case '\\b':
      return isWord(before) !== isWord(after);
    case '\\B':
      return isWord(before) === isWord(after);
    default:
      return assertion satisfies never;
  }
}

function isWord(character: string): boolean {
  return /^\w$/.test(character);
}
