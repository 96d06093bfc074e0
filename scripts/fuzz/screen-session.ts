/**
 * One seeded session at the whole interactive screen: its controller, transcript, questions, lists and status on a virtual
 * terminal, with random keys, and with events of an agent in which every string is hostile: text, thoughts, titles, arguments,
 * output, diffs, commands, rules, names of models and limits.
 *
 * What must hold: as in `terminal-session.ts`; no key types a control character into the editor; what is printed is in the
 * transcript once, in order; and after Ctrl-C there is a prompt to type on.
 */
import assert from 'node:assert/strict';

import type { AgentEvent } from '@sx/agent';
import { type AssistantMessage, ProviderError, type ToolCallPart, type Usage } from '@sx/llm';
import { createVirtualTerminal, manualClock, type SeededRandom } from '@sx/testkit';
import { createKeyDecoder, createScreen, createTheme, detectCapabilities, type InputEvent } from '@sx/tui';

import { createApproval } from '../../apps/sx/src/modes/interactive/approval.ts';
import {
  createScreenState, type ScreenEffect, type ScreenInput, updateScreen,
} from '../../apps/sx/src/modes/interactive/controller.ts';
import { createLine, createList } from '../../apps/sx/src/modes/interactive/dialog.ts';
import { EMPTY_STATUS, withEvent } from '../../apps/sx/src/modes/interactive/status-line.ts';
import { createTranscript } from '../../apps/sx/src/modes/interactive/transcript.ts';
import { textColumns, viewScreen } from '../../apps/sx/src/modes/interactive/view.ts';
import { assertHarmless, hostileText, KEYS, TEXTS } from './hostile-terminal.ts';

const STEPS_MAX = 80;
const SCREEN_KEYS = [...KEYS, '1', '2', '3', '4', '\u001b[Z', '\u000f', '\u001b[27u', '\u0003x', '/help\r', '!ls\r', 'prompt\r', 'prompt\t', '\u001b\r', '\u001b\u001b[A'];

export function runScreenSession(random: SeededRandom): void {
  const size = (): [number, number] => (random.below(6) === 0 ? [1 + random.below(4), 1 + random.below(3)] : [20 + random.below(100), 3 + random.below(40)]);
  let [columns, rows] = size();
  const terminal = createVirtualTerminal({ columns, rows, clusters: random.below(2) === 0 });
  const clock = manualClock();
  const environment = { TERM: 'xterm-256color', NO_COLOR: random.pick(['', '1']), KITTY_WINDOW_ID: random.pick(['', '1']) };
  const capabilities = detectCapabilities(environment);
  const theme = createTheme(random.pick(['dark', 'light']));
  const output = { write: (text: string): boolean => (terminal.write(text), true), once: (): unknown => undefined };
  const screen = createScreen({ output, columns, rows, capabilities, clock });
  const transcript = createTranscript({
    print: (lines, options) => screen.print(lines, options),
    size: () => screen.size,
    theme: () => theme,
    hyperlinks: capabilities.hyperlinks,
    announces: () => random.below(2) === 0,
    unfoldBy: 'ctrl+o',
  });
  const decoder = createKeyDecoder();
  let state = createScreenState(['old', 'older\nlines']);
  let status = EMPTY_STATUS;
  let printed = 0;
  let isCountable = columns >= 20;
  const text = (most = 8): string => hostileText(random, TEXTS, most).replaceAll('#', '');

  const call = (): ToolCallPart => ({ type: 'tool-call', id: random.pick(['one', 'two']), name: random.pick(['shell', 'edit', text(3)]), input: {}, inputText: text() });
  const question = () => ({
    call: call(),
    title: text(),
    reason: text(),
    accesses: random.below(2) === 0 ? [] : [{ action: 'shell' as const, command: text(), cwd: '/' }],
    ...(random.below(2) === 0 ? {} : { suggestedRule: text() }),
    ...(random.below(2) === 0 ? {} : { preview: diff() }),
  });
  const diff = (): string => `--- a/${text(2)}\n+++ b/${text(2)}\n@@ -1 +1 @@\n-${text()}\n+${text()}`;
  const error = (): ProviderError => new ProviderError('PROVIDER_OVERLOADED', text());
  const tokens = (): number | undefined => (random.below(4) === 0 ? undefined : random.below(100_000));
  const usage = (): Usage =>
    ({ inputTokens: tokens(), cacheReadTokens: tokens(), cacheWriteTokens: tokens(), outputTokens: tokens(), reasoningTokens: tokens() });
  const answer = (): AssistantMessage => ({
    role: 'assistant',
    content: [{ type: 'text', text: text() }, call()],
    origin: { provider: 'p', protocol: 'p', model: text(2) },
    finishReason: 'end',
  });

  const dispatch = (input: ScreenInput): void => {
    const step = updateScreen(state, input);
    state = step.state;
    for (const effect of step.effects) carryOut(effect);
    screen.invalidate();
    assert.ok(state.editor.cursor >= 0 && state.editor.cursor <= state.editor.text.length);
  };
  const carryOut = (effect: ScreenEffect): void => {
    switch (effect.type) {
      case 'send':
        transcript.prompt([{ type: 'text', text: effect.prompt.text.replaceAll('#', '') }]);
        return dispatch({ type: 'run-start', steers: true });
      case 'command':
        return dispatch({ type: 'next', command: effect.name });
      case 'complete':
        return dispatch({ type: 'completions', request: effect.request, items: [{ value: `@${text(3)}`, label: text(), detail: text() }] });
      case 'open-editor':
        return dispatch({ type: 'editor-text', text: text() });
      case 'unfold':
        return void transcript.unfold();
      case 'suspend':
        screen.suspend();
        terminal.write('shell\r\n');
        return screen.resume();
      case 'notice':
        return transcript.notice(effect.text);
      default:
        return;
    }
  };
  const onEvent = (event: InputEvent): void => dispatch({ type: 'event', event, columns: textColumns(screen.size, theme) });
  const happen = (event: AgentEvent): void => {
    transcript.event(event);
    status = withEvent(status, event, () => undefined);
    screen.invalidate();
  };
  const model = (event: Extract<AgentEvent, { type: 'model' }>['event']): void => happen({ type: 'model', event });

  screen.show((now) => viewScreen({ state, status, theme, live: transcript.live(now.columns), seconds: 3, placeholder: '<empty>' }, now));

  const steps: readonly (() => void)[] = [
    () => decoder.push(Buffer.from(hostileText(random, SCREEN_KEYS, 12)), onEvent),
    () => decoder.push(Buffer.from(hostileText(random, SCREEN_KEYS, 12)), onEvent),
    () => decoder.push(Uint8Array.from({ length: random.below(20) }, () => random.below(256)), onEvent),
    () => decoder.expire(onEvent),
    () => dispatch({ type: 'run-start', steers: random.below(2) === 0 }),
    () => dispatch({ type: 'run-end', stopped: random.below(2) === 0 }),
    () => dispatch({ type: 'ask', approval: createApproval(question()) }),
    () => dispatch({ type: 'asked' }),
    () => dispatch({ type: 'dialog', dialog: createList(text(), Array.from({ length: random.below(30) }, () => ({ value: text(), label: text(), detail: text() }))) }),
    () => dispatch({ type: 'dialog', dialog: createLine(text(), { secret: random.below(2) === 0 }) }),
    () => model({ type: 'text-start', id: 't' }),
    () => model({ type: 'text-delta', id: 't', text: text(12) }),
    () => model({ type: 'text-delta', id: 't', text: text(12) }),
    () => model({ type: 'text-end', id: 't' }),
    () => model({ type: 'reasoning-delta', id: 'r', text: text(12) }),
    () => model({ type: 'reasoning-end', id: 'r' }),
    () => model({ type: 'tool-input-start', id: 'one', name: text(3) }),
    () => model({ type: 'tool-input-delta', id: 'one', text: text() }),
    () => model({ type: 'warning', message: text() }),
    () => model({ type: 'retry', attempt: 2, attemptsMax: 4, delayMs: 100, error: error() }),
    () => model({ type: 'rate-limits', limits: [{ limitId: text(2), limitName: text(), window: text(2), usedPercent: random.below(100) }] }),
    () => happen({ type: 'tool-start', call: call(), title: text() }),
    () => happen({ type: 'tool-progress', callId: random.pick(['one', 'two']), text: text() }),
    () => happen({ type: 'tool-denied', call: call(), reason: text() }),
    () => happen({
      type: 'tool-end',
      call: call(),
      durationMs: random.below(5_000),
      output: {
        isError: random.below(3) === 0,
        summary: text(),
        content: [{ type: 'text', text: random.below(2) === 0 ? diff() : text(40) }],
        ...(random.below(2) === 0 ? {} : { changedFiles: [{ path: `/${text(2)}`, kind: 'update' as const }] }),
      },
    }),
    () => happen({ type: 'user-message', message: { role: 'user', content: [{ type: 'text', text: text() }] } }),
    () => happen({ type: 'turn-end', turn: 1, usage: usage() }),
    () => happen({ type: 'turn-restart', attempt: 2, delayMs: 100, error: error() }),
    () => transcript.command(text()),
    () => transcript.diff(diff()),
    () => transcript.markdown(text(20)),
    () => transcript.history([{ role: 'user', content: [{ type: 'text', text: text() }] }, answer()]),
    () => {
      status = { ...status, provider: text(2), model: text(3), effort: text(2) };
      screen.setTitle(text());
    },
    () => {
      printed += 1;
      transcript.notice(`#${printed};`);
    },
    () => {
      [columns, rows] = size();
      isCountable &&= columns >= 20 && rows >= 20 && terminal.rows >= 20;
      terminal.resize(columns, rows);
      screen.resize({ columns, rows });
    },
  ];
  const count = 10 + random.below(STEPS_MAX);
  for (let step = 0; step < count; step += 1) {
    random.pick(steps)();
    if (random.below(2) === 0) clock.advance(random.below(80));
    assertHarmless(terminal, { title: true });
  }
  dispatch({ type: 'run-end', stopped: true });
  dispatch({ type: 'asked' });
  decoder.end(onEvent);
  terminal.resize(100, 40);
  screen.resize({ columns: 100, rows: 40 });
  // Whatever was open: Esc and Ctrl-C lead back to an empty editor.
  for (const key of ['\u001b[27u', '\u001b[27u', '\u0003', 'x']) decoder.push(Buffer.from(key), onEvent);
  assert.equal(state.phase, 'idle');
  assert.equal(state.editor.text, 'x');
  screen.flush();
  clock.advance(1_000);
  assert.equal(clock.timers, 0, 'a timer is left');
  assert.match(terminal.screen(), /^› x$/m);
  screen.close();
  assertHarmless(terminal, { title: true });
  assert.equal(terminal.cursor.visible, true);
  if (!isCountable) return;
  const tags = [...terminal.text().matchAll(/#(\d+);/g)].map(([, digits]) => Number(digits));
  assert.deepEqual(tags, Array.from({ length: printed }, (_, index) => index + 1), 'printed lines');
}
