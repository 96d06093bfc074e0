/**
 * The screen on a terminal: keys in, frames out, a session behind it. This file puts the parts together and carries between
 * them; what decides is in `controller.ts`, what is shown in `view.ts` and `transcript.ts`, what runs in `turns.ts` and
 * `run-command.ts`, and the terminal is held by `held-terminal.ts`.
 *
 * The first frame is drawn before the configuration is read, and keys are taken from then on; what is sent waits for the
 * session. No timer runs while nothing does.
 */
import { type Capabilities, createTheme, groundOf, guessGraphics, imageLine, imageSequence, type InputEvent, learnGraphics } from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { errorReport } from '../../report-error.ts';
import { createApprovals } from './approvals.ts';
import { createCompletions } from './completions.ts';
import { createScreenState, type ScreenInput, updateScreen } from './controller.ts';
import { createDesk, type Desk } from './desk.ts';
import { createLine, createList } from './dialog.ts';
import { createDialogs } from './dialogs.ts';
import { createEffects } from './effects.ts';
import { createHeldTerminal } from './held-terminal.ts';
import { mediaChip } from './media-chip.ts';
import { readPromptHistory } from './prompt-history.ts';
import type { ScreenContext } from './run-command.ts';
import { createPacedPrinting } from './screen-output.ts';
import { EMPTY_STATUS, type Status, withEvent, withSession } from './status-line.ts';
import { createTranscript } from './transcript.ts';
import { createTurns } from './turns.ts';
import { textColumns, viewScreen } from './view.ts';
import { createWork } from './work.ts';

const NO_SESSION = 'no session is open: /new begins one, /resume chooses one, /login another provider';
const NO_PROVIDER = 'no model answers yet: /login chooses a provider, /demo shows a recorded session';
const PLACEHOLDER = 'ask, or type / for commands, @ for files, ! for a shell line';

/** @param options.demo - Plays the recorded session, at a pace of 1 or none, and opens none. */
export async function runScreen(
  invocation: Invocation,
  args: Arguments,
  capabilities: Capabilities,
  options: { readonly demo?: boolean; readonly pace?: number } = {},
): Promise<ExitCode> {
  let theme = createTheme(capabilities.ground);
  let graphics = guessGraphics(capabilities);
  let state = createScreenState();
  let status: Status = EMPTY_STATUS;
  let isLeaving = false;
  let hasProvider = false;
  let leave: (exitCode: ExitCode) => void = () => undefined;
  const left = new Promise<ExitCode>((resolve) => void (leave = resolve));

  const held = createHeldTerminal(invocation, capabilities, leave);
  const { screen } = held;
  const { print, keepUp } = createPacedPrinting(screen);
  const transcript = createTranscript({ print, size: () => screen.size, theme: () => theme, hyperlinks: capabilities.hyperlinks });
  const report = (error: unknown): void => {
    const text = errorReport(error, { debug: args.on('debug'), redact: desk.session?.redact ?? ((secret) => secret) });
    transcript.notice(text.replace(/^sx: /, '').trimEnd(), 'danger');
  };

  const dispatch = (input: ScreenInput): void => {
    const { state: next, effects } = updateScreen(state, input);
    state = next;
    if (!isLeaving) for (const effect of effects) act(effect);
    screen.invalidate();
  };

  const work = createWork({ dispatch, tick: screen.invalidate, stopped: () => transcript.notice('stopped', 'warning'), report });
  const completions = createCompletions();
  const turns = createTurns({
    desk: () => desk,
    transcript,
    work,
    dispatch,
    opened: () => opened,
    withoutSession: () => (hasProvider ? NO_SESSION : NO_PROVIDER),
    steering: () => state.steering,
    async showImage({ data, mediaType, filename }, named) {
      // By the terminal's own protocol where it has one, else by name and size.
      const image = { bytes: Buffer.from(data, 'base64'), mediaType, name: filename ?? mediaType };
      const sequence = await imageSequence(image, graphics, screen.size);
      if (sequence !== undefined) screen.printSequence(sequence);
      else if (named) screen.print([imageLine(image, theme.muted)]);
    },
    onEvent(event) {
      status = withEvent(status, event, (usage) => usage.costUsd ?? desk.session?.model.choice.costUsd?.(usage));
      screen.invalidate();
    },
    report,
    keepUp,
  });

  // What the configuration and the session have to say goes into the transcript.
  const said: Invocation = {
    ...invocation,
    stderr: {
      ...invocation.stderr,
      isTerminal: false,
      write: (text) => Promise.resolve(transcript.notice(text.replace(/^sx: /, '').trimEnd(), 'warning')),
    },
  };
  const desk: Desk = createDesk(said, args, {
    ask: (question, asking) => approvals.ask(question, asking),
    takeSteering: turns.takeSteering,
  });
  const approvals = createApprovals({ desk, transcript, dispatch, bell: () => screen.bell(), report, mayBypass: bypasses(args) });

  const follow = (): void => {
    if (desk.session === undefined) return;
    status = withSession(status, desk.session);
    screen.setTitle(`sx · ${desk.settings?.workingDirectory.split('/').at(-1) ?? ''}`);
    screen.invalidate();
  };

  const open: ScreenContext['open'] = async (changes, { isShown = false } = {}) => {
    try {
      const session = await desk.open(changes);
      const mayRead = (path: string): boolean => desk.session?.permissions.mayRead(path) ?? false;
      if (desk.settings !== undefined) {
        for (const notice of await completions.load(desk.settings, mayRead)) transcript.notice(notice);
      }
      status = { ...EMPTY_STATUS, limits: status.limits };
      follow();
      if (!isShown && session.agent.messages.length > 0) transcript.history(session.agent.messages);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  };

  const dialogs = createDialogs(dispatch);
  const playDemo = async (): Promise<void> => {
    const { playDemo: events } = await import('../../demo/play.ts');
    await work.busy((signal) => turns.watch(events(signal, options.pace)));
  };

  const context: ScreenContext = {
    invocation: said,
    desk,
    transcript,
    custom: () => completions.custom,
    status: () => status,
    choose: (title, choices, current) => dialogs.ask(createList(title, choices, current)),
    enter: (title, asking) => dialogs.ask(createLine(title, asking)),
    open,
    playDemo,
    follow,
    busy: work.busy,
    watch: turns.watch,
    send: (text) => turns.send({ text, attachments: [] }),
    note: turns.note,
    giveBack: (text) => dispatch({ type: 'editor-text', text }),
    quit: () => leave(0),
    report,
  };
  const act = createEffects({ context, turns, work, approvals, dialogs, completions, held, dispatch, opened: () => opened });

  const onEvent = (event: InputEvent): void => {
    if (event.type === 'reply') {
      if (event.to === 'background') theme = createTheme(groundOf(event.rgb));
      graphics = learnGraphics(graphics, event, screen.size);
      return screen.invalidate();
    }
    const chip = event.type === 'paste' && state.dialog === undefined && state.approval === undefined
      ? mediaChip(event.text, desk.settings?.workingDirectory ?? invocation.workingDirectory)
      : undefined;
    if (chip !== undefined) return dispatch({ type: 'attach', chip });
    dispatch({ type: 'event', event, columns: textColumns(screen.size, theme) });
  };

  screen.show((now) => {
    const live = transcript.live(now.columns, state.approval?.question.call.id);
    return viewScreen({ state, status, theme, live, seconds: work.seconds, placeholder: PLACEHOLDER }, now);
  });
  held.take(onEvent);

  const begin = async (): Promise<void> => {
    try {
      if (options.demo === true) return await playDemo();
      const settings = await desk.configure();
      const { history, historyAt } = createScreenState(readPromptHistory(settings)).editor;
      state = { ...state, editor: { ...state.editor, history, historyAt } };
      const { needsFirstRun, firstRun } = await import('./first-run.ts');
      hasProvider = !needsFirstRun(settings);
      if (hasProvider) await open();
      else await firstRun(context);
    } catch (error) {
      report(error);
    }
  };
  const opened = begin();
  const [prompt] = args.positionals;
  if (prompt !== undefined && prompt.trim() !== '') {
    const attachments = args.values('image').map((path) => ({ kind: 'attachment' as const, label: `[${path}]`, value: path }));
    void opened.then(() => turns.send({ text: prompt, attachments }));
  }

  const exitCode = await left;
  isLeaving = true;
  work.stop();
  held.release();
  await work.ended;
  const { session } = desk;
  const isKept = desk.settings?.home.stateDirectory !== undefined && !args.on('ephemeral');
  if (isKept && session !== undefined && session.agent.messages.length > 0) {
    await invocation.stdout.write(`sx -r ${session.id.slice(0, 8)} goes on with this session\n`);
  }
  await desk.close();
  return exitCode;
}

function bypasses(args: Arguments): boolean {
  return args.on('dangerously-skip-permissions') || args.value('permission-mode') === 'bypass';
}
