/**
 * A person's sitting with the program, whatever shows it: the session, what is said and done in it, commands, questions, the way
 * out. The screen and the line mode are two fronts of it; each hands over what was typed and shows what there is.
 *
 * The front stands before the configuration is read; what is sent waits for the session.
 */
import type { MediaPart } from '@sx/llm';
import type { Size, Theme } from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { errorReport } from '../../report-error.ts';
import { createApprovals } from './approvals.ts';
import { createCompletions } from './completions.ts';
import { createScreenState, type ScreenInput, type ScreenState, updateScreen } from './controller.ts';
import { createDesk, type Desk } from './desk.ts';
import { createLine, createList } from './dialog.ts';
import { createDialogs } from './dialogs.ts';
import { createEffects } from './effects.ts';
import { readPromptHistory } from './prompt-history.ts';
import type { FrontWords, ScreenContext } from './run-command.ts';
import { EMPTY_STATUS, type Status, withEvent, withSession } from './status-line.ts';
import { createTranscript, type Transcript, type TranscriptOptions } from './transcript.ts';
import { createTurns } from './turns.ts';
import { createWork } from './work.ts';

const NO_SESSION = 'no session is open: /new begins one, /resume chooses one, /login another provider';
const BAD_CONFIGURATION = 'the configuration is at fault, as said above: mend it, then /new';
const NO_PROVIDER = 'no model answers yet: /login chooses a provider, /demo shows a recorded session';

export interface Front {
  readonly print: TranscriptOptions['print'];
  /** Undefined while the terminal keeps up. */
  readonly keepUp: () => Promise<void> | undefined;
  readonly size: () => Size;
  readonly theme: () => Theme;
  readonly hyperlinks: boolean;
  /** Whether a call is said when it starts. */
  readonly announces: () => boolean;
  readonly words: FrontWords;
  /** @param named - Where it cannot be shown, it is named. */
  readonly showImage: (image: MediaPart, named: boolean) => Promise<void>;
  readonly bell: () => void;
  readonly setTitle: (title: string) => void;
  /** State, status or what is under way changed. */
  readonly changed: () => void;
  /** Another program has the terminal until `run` is done. */
  readonly lend: <Value>(run: () => Promise<Value>) => Promise<Value>;
  readonly suspend: () => void;
}

export interface Sitting {
  readonly state: ScreenState;
  readonly status: Status;
  readonly transcript: Transcript;
  /** Since the work under way began; 0 where nothing goes on. */
  readonly seconds: number;
  /** That of the session, once there is one. */
  readonly workingDirectory: string;
  dispatch(input: ScreenInput): void;
  /** Opens the session and sends what the command line says. Resolves when the session is open, or could not be opened. */
  begin(): Promise<void>;
  leave(exitCode: ExitCode): void;
  /** Waits for `leave`, stops what goes on, gives the terminal back, waits until all is on file. */
  ended(release: () => void): Promise<ExitCode>;
}

export interface SittingOptions {
  /** Plays the recorded session, at a pace of 1 or none, and opens none. */
  readonly demo?: boolean;
  readonly pace?: number;
}

export function createSitting(invocation: Invocation, args: Arguments, front: Front, options: SittingOptions = {}): Sitting {
  let state = createScreenState();
  let status: Status = EMPTY_STATUS;
  let isLeaving = false;
  let withoutSession = NO_PROVIDER;
  let leave: (exitCode: ExitCode) => void = () => undefined;
  const left = new Promise<ExitCode>((resolve) => void (leave = resolve));
  let opened: Promise<void> = Promise.resolve();

  const { print, size, theme, hyperlinks, announces, words } = front;
  const transcript = createTranscript({ print, size, theme, hyperlinks, announces, unfoldBy: words.unfoldBy });
  const report = (error: unknown): void => {
    const text = errorReport(error, { debug: args.on('debug'), redact: desk.session?.redact ?? ((secret) => secret) });
    transcript.notice(text.replace(/^sx: /, '').trimEnd(), 'danger');
  };

  const dispatch = (input: ScreenInput): void => {
    const { state: next, effects } = updateScreen(state, input);
    state = next;
    if (!isLeaving) for (const effect of effects) act(effect);
    front.changed();
  };

  const work = createWork({ dispatch, tick: front.changed, stopped: () => transcript.notice('stopped', 'warning'), report });
  const completions = createCompletions();
  const turns = createTurns({
    desk: () => desk,
    transcript,
    work,
    dispatch,
    // Leaving waits for what runs, which must not wait for an answer that nobody gives any more.
    opened: () => Promise.race([opened, left]),
    withoutSession: () => withoutSession,
    steering: () => state.steering,
    showImage: front.showImage,
    onEvent(event) {
      status = withEvent(status, event, (usage) => usage.costUsd ?? desk.session?.model.choice.costUsd?.(usage));
      front.changed();
    },
    report,
    keepUp: front.keepUp,
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
  const approvals = createApprovals({ desk, transcript, dispatch, bell: front.bell, report, mayBypass: bypasses(args) });

  const follow = (): void => {
    if (desk.session === undefined) return;
    status = withSession(status, desk.session);
    front.setTitle(`sx · ${desk.settings?.workingDirectory.split('/').at(-1) ?? ''}`);
    front.changed();
  };

  const open: ScreenContext['open'] = async (changes, { isShown = false, beforePrompt } = {}) => {
    try {
      const session = await desk.open(changes, beforePrompt);
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
    giveBack: (text) => dispatch({ type: 'give-back', prompt: { text, attachments: [] } }),
    quit: () => leave(0),
    setMode(mode) {
      approvals.setMode(mode);
      follow();
    },
    modes: approvals.modes,
    words,
    report,
  };
  const act = createEffects({ context, turns, work, approvals, dialogs, completions, front, dispatch, opened: () => opened });

  const openSession = async (): Promise<void> => {
    try {
      if (options.demo === true) return await playDemo();
      // What was typed by now is shown before the rest is loaded, here and below.
      await new Promise(setImmediate);
      withoutSession = BAD_CONFIGURATION;
      const settings = await desk.configure();
      withoutSession = NO_PROVIDER;
      const { history } = createScreenState(readPromptHistory(settings)).editor;
      const { editor } = state;
      // Behind them stands what was sent by now.
      const whole = { history: [...history, ...editor.history], historyAt: history.length + editor.historyAt };
      state = { ...state, editor: { ...editor, ...whole } };
      await new Promise(setImmediate);
      const { needsFirstRun, firstRun } = await import('./first-run.ts');
      if (needsFirstRun(settings)) return await firstRun(context);
      withoutSession = NO_SESSION;
      await open();
    } catch (error) {
      report(error);
    }
  };

  return {
    get state() {
      return state;
    },
    get status() {
      return status;
    },
    transcript,
    get seconds() {
      return work.seconds;
    },
    get workingDirectory() {
      return desk.settings?.workingDirectory ?? invocation.workingDirectory;
    },
    dispatch,
    begin() {
      opened = openSession();
      const [prompt] = args.positionals;
      if (prompt !== undefined && prompt.trim() !== '') {
        const images = args.values('image');
        const attachments = images.map((path) => ({ kind: 'attachment' as const, label: `[${path}]`, value: path }));
        void opened.then(() => dispatch({ type: 'prompt', prompt: { text: prompt, attachments } }));
      }
      return opened;
    },
    leave: (exitCode) => leave(exitCode),
    async ended(release) {
      const exitCode = await left;
      isLeaving = true;
      work.stop();
      release();
      await work.ended;
      const { session } = desk;
      const isKept = desk.settings?.home.stateDirectory !== undefined && !args.on('ephemeral');
      if (isKept && session !== undefined && session.agent.messages.length > 0) {
        await invocation.stdout.write(`sx -r ${session.id.slice(0, 8)} goes on with this session\n`);
      }
      await desk.close();
      return exitCode;
    },
  };
}

function bypasses(args: Arguments): boolean {
  return args.on('dangerously-skip-permissions') || args.value('permission-mode') === 'bypass';
}
