/**
 * The screen on a terminal: keys in, frames out, a session behind it. What decides is in `controller.ts`, what is shown in
 * `view.ts` and `transcript.ts`; this file carries between them.
 *
 * The first frame is drawn before the configuration is read, and keys are taken from then on; what is sent waits for the
 * session. No timer runs while nothing does. The terminal is given back on every way out: quitting, signals, the end of the
 * terminal, a defect.
 */
import { writeSync } from 'node:fs';

import type { AgentEvent } from '@sx/agent';
import type { MediaPart, UserMessage, UserPart } from '@sx/llm';
import {
  type Capabilities, createScreen, createTheme, groundOf, imageLine, imageSequence, type InputEvent, openTerminal,
  RESTORE_TERMINAL,
} from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { errorReport } from '../../report-error.ts';
import { createApprovals } from './approvals.ts';
import { completeCommand } from './commands.ts';
import {
  COMMANDS_WHILE_RUNNING, createScreenState, type Prompt, type ScreenEffect, type ScreenInput, type ScreenState, updateScreen,
} from './controller.ts';
import type { CustomCommand } from './custom-commands.ts';
import { createDesk, type Desk } from './desk.ts';
import type { Choice, Dialog } from './dialog.ts';
import { createList, createLine } from './dialog.ts';
import type { FileMentions } from './file-mentions.ts';
import { mediaChip } from './media-chip.ts';
import { addToPromptHistory, readPromptHistory } from './prompt-history.ts';
import type { ScreenContext } from './run-command.ts';
import { createScreenOutput } from './screen-output.ts';
import { EMPTY_STATUS, type Status, withLimits, withUsage } from './status-line.ts';
import { createTranscript } from './transcript.ts';
import { textColumns, viewScreen } from './view.ts';

const TICK_MS = 1_000;
/** Printed lines after which the source waits for the terminal. */
const LINES_AHEAD_MAX = 400;

/** @param options.demo - Plays the recorded session, at a pace of 1 or none, and opens none. */
export async function runScreen(
  invocation: Invocation,
  args: Arguments,
  capabilities: Capabilities,
  options: { readonly demo?: boolean; readonly pace?: number } = {},
): Promise<ExitCode> {
  const { stdin, stdout, interrupts } = invocation;
  let theme = createTheme('dark');
  let state: ScreenState = createScreenState();
  let status: Status = EMPTY_STATUS;
  let running: { readonly abort: AbortController; readonly startedAtMs: number } | undefined;
  let chosen: ((value: string | undefined) => void) | undefined;
  let custom: readonly CustomCommand[] = [];
  let mentions: FileMentions | undefined;
  /** What the model is told with the next prompt: a shell line's output, files that were given back. */
  let notes: string[] = [];
  let promptParts: typeof import('./prompt-parts.ts').promptParts | undefined;
  let printed = 0;
  let tick: NodeJS.Timeout | undefined;
  /** What goes on now; leaving waits for its end, so that all of it is on file. */
  let active: Promise<void> = Promise.resolve();
  let isLeaving = false;
  let leave: (exitCode: ExitCode) => void = () => undefined;
  const left = new Promise<ExitCode>((resolve) => void (leave = resolve));

  const output = createScreenOutput(stdout);
  const size = (): { columns: number; rows: number } => stdout.size() ?? { columns: 80, rows: 24 };
  const screen = createScreen({ output, ...size(), capabilities, onGone: () => leave(1) });
  const transcript = createTranscript({
    print(lines, options) {
      printed += lines.length;
      screen.print(lines, options);
    },
    size: () => screen.size,
    theme: () => theme,
    hyperlinks: capabilities.hyperlinks,
  });
  const report = (error: unknown): void =>
    transcript.notice(
      errorReport(
        error,
        { debug: args.on('debug'), redact: desk.session?.redact ?? ((text) => text) },
      ).replace(/^sx: /, '').trimEnd(),
      'danger',
    );

  const dispatch = (input: ScreenInput): void => {
    const { state: next, effects } = updateScreen(state, input);
    state = next;
    for (const effect of effects) act(effect);
    screen.invalidate();
  };

  const takeSteering = (): readonly UserMessage[] => {
    const waiting = state.steering;
    if (waiting.length === 0) return [];
    dispatch({ type: 'steered' });
    return waiting.map((prompt) => ({ role: 'user', content: partsOf(prompt) }));
  };

  // What the configuration and the session have to say goes into the transcript.
  const said: Invocation = {
    ...invocation,
    stderr: {
      ...invocation.stderr,
      isTerminal: false,
      write: (text) => Promise.resolve(transcript.notice(text.replace(/^sx: /, '').trimEnd(), 'warning')),
    },
  };
  const desk: Desk = createDesk(said, args, { ask: (question, options) => approvals.ask(question, options), takeSteering });
  const approvals = createApprovals({ desk, transcript, dispatch, bell: () => screen.bell(), report, mayBypass: bypasses(args) });

  const follow = (): void => {
    const { session } = desk;
    if (session === undefined) return;
    const { model, effort, capabilities: facts } = session.model;
    status = {
      ...status,
      provider: session.providerId,
      model,
      effort,
      mode: session.permissions.mode,
      contextWindowTokens: facts.contextWindowTokens,
    };
    screen.setTitle(`sx · ${desk.settings?.workingDirectory.split('/').at(-1) ?? ''}`);
    screen.invalidate();
  };

  const open = async (changes?: Parameters<typeof desk.open>[0]): Promise<boolean> => {
    try {
      ({ promptParts } = await import('./prompt-parts.ts'));
      const session = await desk.open(changes);
      const { settings } = desk;
      if (settings !== undefined) {
        const { createFileMentions } = await import('./file-mentions.ts');
        mentions = createFileMentions(settings.workingDirectory, (path) => desk.session?.permissions.mayRead(path) ?? false);
        const { readCustomCommands } = await import('./custom-commands.ts');
        const read = readCustomCommands(settings);
        custom = read.commands;
        for (const notice of read.notices) transcript.notice(notice);
      }
      status = { ...EMPTY_STATUS, limits: status.limits };
      follow();
      if (session.agent.messages.length > 0) transcript.history(session.agent.messages);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  };

  /** Everything that may take a while and can be stopped: one thing at a time. */
  const busy = (work: (signal: AbortSignal) => Promise<'done' | 'stopped'>): Promise<void> => {
    active = occupied(work);
    return active;
  };

  const occupied = async (work: (signal: AbortSignal) => Promise<'done' | 'stopped'>): Promise<void> => {
    const abort = new AbortController();
    running = { abort, startedAtMs: Date.now() };
    tick = setInterval(screen.invalidate, TICK_MS);
    dispatch({ type: 'run-start' });
    let outcome: 'done' | 'stopped' = 'stopped';
    try {
      outcome = await work(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) transcript.notice('stopped', 'warning');
      else report(error);
    } finally {
      clearInterval(tick);
      running = undefined;
      dispatch({ type: 'run-end', stopped: outcome === 'stopped' });
    }
  };

  const watch = async (events: AsyncIterable<AgentEvent>): Promise<'done' | 'stopped'> => {
    let outcome: 'done' | 'stopped' = 'done';
    for await (const event of events) {
      transcript.event(event);
      if (event.type === 'model' && event.event.type === 'rate-limits') status = withLimits(status, event.event.limits);
      if (event.type === 'turn-end') {
        const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = event.usage;
        status = withUsage(status, event.usage, event.usage.costUsd ?? desk.session?.model.choice.costUsd?.(event.usage));
        if (event.usage.inputTokens !== undefined) status = {
          ...status,
          contextTokens: inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens,
        };
      }
      if (event.type === 'compaction') status = {
        ...withUsage(status, event.usage, event.usage.costUsd ?? desk.session?.model.choice.costUsd?.(event.usage)),
        contextTokens: undefined,
      };
      if (event.type === 'run-end') {
        if (event.result.outcome === 'error') report(event.result.error);
        if (event.result.outcome !== 'success') outcome = 'stopped';
      }
      screen.invalidate();
      if (printed < LINES_AHEAD_MAX) continue;
      printed = 0;
      await screen.ready();
    }
    return outcome;
  };

  const partsOf = (prompt: Prompt): UserPart[] => {
    const parts = promptParts?.(
      prompt,
      notes,
      desk.settings?.workingDirectory ?? '/',
      (text) => transcript.notice(text, 'warning'),
    ) ?? [];
    notes = [];
    return parts;
  };

  /** By the terminal's own protocol where it has one, else by name and size. */
  const showImage = ({ data, mediaType, filename }: MediaPart): void => {
    const image = { bytes: Buffer.from(data, 'base64'), mediaType, name: filename ?? mediaType };
    const sequence = imageSequence(image, capabilities.images, screen.size.columns);
    if (sequence === undefined) screen.print([imageLine(image, theme.muted)]);
    else screen.printSequence(sequence);
  };

  const send = (prompt: Prompt): Promise<void> => {
    const { settings } = desk;
    if (settings !== undefined) addToPromptHistory(settings, prompt.text, desk.session?.redact ?? ((text) => text));
    return busy(async (signal) => {
      await opened;
      const session = desk.session;
      if (session === undefined) {
        dispatch({ type: 'editor-text', text: prompt.text });
        transcript.notice('no model answers yet: /login chooses a provider, /demo shows a recorded session', 'warning');
        return 'stopped';
      }
      const parts = partsOf(prompt);
      transcript.prompt([{ type: 'text', text: prompt.text }]);
      for (const part of parts) if (part.type === 'media') showImage(part);
      return watch(session.run(parts, signal));
    });
  };

  const shell = (command: string): Promise<void> =>
    busy(async (signal) => {
      await opened;
      if (desk.session === undefined) return 'stopped';
      for await (const event of desk.session.agent.callTool('shell', { command }, { signal })) {
        transcript.event(event);
        if (event.type === 'tool-denied') transcript.notice(event.reason, 'danger');
        if (event.type === 'tool-end') notes.push(
          `The user ran this shell line:\n$ ${command}\n${event.output.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')}`,
        );
        screen.invalidate();
      }
      return 'done';
    });

  const choose = (dialog: Dialog): Promise<string | undefined> =>
    new Promise((resolve) => {
      chosen?.(undefined);
      chosen = resolve;
      dispatch({ type: 'dialog', dialog });
    });

  const playDemo = async (): Promise<void> => {
    const { playDemo: events } = await import('../../demo/play.ts');
    await busy((signal) => watch(events(signal, options.pace)));
  };

  const context: ScreenContext = {
    invocation: said,
    desk,
    transcript,
    custom: () => custom,
    status: () => status,
    choose: (title: string, choices: readonly Choice[], current?: string) => choose(createList(title, choices, current)),
    enter: (title, options) => choose(createLine(title, options)),
    open,
    playDemo,
    follow,
    busy,
    watch,
    send: (text) => send({ text, attachments: [] }),
    note: (text) => void notes.push(text),
    giveBack: (text) => dispatch({ type: 'editor-text', text }),
    quit: () => leave(0),
    report,
  };

  const command = async (name: string, argument: string, text: string): Promise<void> => {
    try {
      if (!COMMANDS_WHILE_RUNNING.has(name)) await opened;
      await (await import('./run-command.ts')).runCommand(name, argument, text, context);
    } catch (error) {
      report(error);
    }
    dispatch({ type: 'next' });
  };

  const openEditor = async (text: string): Promise<void> => {
    const { settings } = desk;
    if (settings === undefined) return;
    const { editText } = await import('./edit-text.ts');
    terminal.suspend();
    screen.suspend();
    try {
      dispatch({ type: 'editor-text', text: await editText(invocation, settings, text) });
    } catch (error) {
      report(error);
    } finally {
      terminal.resume();
      screen.resume();
    }
  };

  /** To the shell, as Ctrl-Z does it; `fg` brings us back. */
  const suspend = (): void => {
    if (process.platform === 'win32') return;
    terminal.suspend();
    screen.suspend();
    // Returns once we were continued, or at once where there is no shell to come back from.
    process.kill(process.pid, 'SIGTSTP');
    terminal.resume();
    screen.resume();
    screen.resize(size());
  };

  const act = (effect: ScreenEffect): void => {
    if (isLeaving) return;
    switch (effect.type) {
      case 'send':
        return void send(effect.prompt);
      case 'command':
        return void command(effect.name, effect.argument, effect.text);
      case 'shell':
        return void shell(effect.command);
      case 'stop':
        return running?.abort.abort();
      case 'answer':
        return void approvals.answer(effect.answer);
      case 'cycle-mode':
        approvals.cycleMode();
        return follow();
      case 'chosen': {
        const resolve = chosen;
        chosen = undefined;
        return resolve?.(effect.value);
      }
      case 'complete': {
        const { request } = effect;
        if (request.trigger === '/') return dispatch(
          { type: 'completions', request, items: completeCommand(request.query, custom) },
        );
        return void mentions?.complete(request.query).then(
          (items) => dispatch({ type: 'completions', request, items }),
          () => undefined,
        );
      }
      case 'open-editor':
        return void openEditor(effect.text);
      case 'unfold':
        if (!transcript.unfold()) transcript.notice('nothing is folded');
        return;
      case 'suspend':
        return suspend();
      case 'notice':
        return transcript.notice(effect.text, 'warning');
      case 'quit':
        running?.abort.abort();
        return leave(0);
      default:
        return effect satisfies never;
    }
  };

  const onEvent = (event: InputEvent): void => {
    if (event.type === 'reply') {
      if (event.to === 'background') theme = createTheme(groundOf(event.rgb));
      return screen.invalidate();
    }
    const chip = event.type === 'paste' && state.dialog === undefined && state.approval === undefined
      ? mediaChip(event.text, desk.settings?.workingDirectory ?? invocation.workingDirectory)
      : undefined;
    if (chip !== undefined) return dispatch({ type: 'attach', chip });
    dispatch({ type: 'event', event, columns: textColumns(screen.size, theme) });
  };

  screen.show((now) => viewScreen({
    state, status, theme,
    live: transcript.live(now.columns),
    seconds: running === undefined ? 0 : Math.floor((Date.now() - running.startedAtMs) / 1_000),
    placeholder: 'ask, or type / for commands, @ for files, ! for a shell line',
  }, now));
  const terminal = openTerminal(
    { input: stdin(), output, onEvent, onEnd: () => leave(interrupts.received === 'SIGTERM' ? 143 : 0) },
  );
  interrupts.onLeave(() => {
    screen.close();
    terminal.close();
    try {
      // Once more, past the queue of the stream: whatever it still holds may never be written.
      writeSync(1, RESTORE_TERMINAL);
    } catch {
      // The terminal is gone.
    }
  });
  stdout.onResize(() => screen.resize(size()));
  stdout.onClosed(() => leave(1));
  stdin().once('error', () => leave(1));
  interrupts.signal.addEventListener('abort', () => leave(interrupts.received === 'SIGTERM' ? 143 : 130), { once: true });
  terminal.ask();
  screen.flush();

  const opened: Promise<unknown> = (async () => {
    try {
      if (options.demo === true) return await playDemo();
      const settings = await desk.configure();
      const history = readPromptHistory(settings);
      const fresh = createScreenState(history).editor;
      state = { ...state, editor: { ...state.editor, history: fresh.history, historyAt: fresh.historyAt } };
      const { needsFirstRun, firstRun } = await import('./first-run.ts');
      if (needsFirstRun(settings)) await firstRun(context);
      else await open();
    } catch (error) {
      report(error);
    }
  })();
  const [prompt] = args.positionals;
  if (prompt !== undefined && prompt.trim() !== '') void opened.then(
    () => send(
      {
        text: prompt,
        attachments: args.values('image').map((path) => ({ kind: 'attachment', label: `[${path}]`, value: path })),
      },
    ),
  );

  const exitCode = await left;
  isLeaving = true;
  running?.abort.abort();
  screen.close();
  terminal.close();
  interrupts.onLeave(() => undefined);
  await active;
  const { session } = desk;
  const kept = session !== undefined && session.agent.messages.length > 0 && desk.settings?.home.stateDirectory !== undefined && !args.on('ephemeral');
  if (kept) await stdout.write(`sx -r ${session.id.slice(0, 8)} goes on with this session\n`);
  await desk.close();
  return exitCode;
}

function bypasses(args: Arguments): boolean {
  return args.on('dangerously-skip-permissions') || args.value('permission-mode') === 'bypass';
}
