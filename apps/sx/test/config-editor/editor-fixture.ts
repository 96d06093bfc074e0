/** An editor state from a few settings, and keys by name. */
import type { KeyName } from '@sx/config';

import type { Key, NamedKey } from '../../src/config-editor/keys.ts';
import { createEditor, type EditorData, type EditorState, type Step, update, type Value } from '../../src/config-editor/model.ts';

export function editor(values: Partial<Record<KeyName, string>> = {}, more: Partial<EditorData> = {}): EditorState {
  const own = Object.keys(values) as KeyName[];
  const known: [KeyName, Value][] = own.map((name) => [name, { value: values[name] ?? '', source: '/home/me/.scorpiox/scorpiox-env.txt:1' }]);
  const base: [KeyName, Value][] = [['PROVIDER', { value: 'scorpiox', source: 'default' }], ['CODEX_TOKEN_SOURCE', { value: 'local', source: 'default' }], ['MODEL', { value: 'sonnet', source: 'default' }], ['TOOLS', { value: '1', source: 'default' }]];
  return createEditor({ file: '/home/me/.scorpiox/scorpiox-env.txt', values: new Map([...base, ...known]), own: new Set(own), hiddenBy: new Map(), ...more });
}

const NAMED = /^<([a-z-]+)>$/;

/** `press(state, 'j', '<enter>', 'abc')`: letters one by one, keys by name. */
export function press(state: EditorState, ...words: readonly string[]): Step {
  let step: Step = { state, effect: 'none' };
  for (const word of words) {
    const name = NAMED.exec(word)?.[1];
    const keys: Key[] = name === undefined ? [...word].map((text) => ({ kind: 'text', text })) : [{ kind: name as NamedKey }];
    for (const key of keys) step = update(step.state, key);
  }
  return step;
}
