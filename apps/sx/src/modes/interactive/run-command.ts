/** Carries out the commands of the editor. Loaded with the first of them. */
import { writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import type { AgentEvent, PermissionMode } from '@sx/agent';
import { unifiedDiff } from '@sx/tools';

import { offeredEfforts } from '../../compose/effort.ts';
import { sessionStore } from '../../compose/session.ts';
import type { Invocation } from '../../invocation.ts';
import { isProviderId, PROVIDERS } from '../../providers.ts';
import { messageOf } from '../../report-error.ts';
import { terminalLine } from '../../terminal-text.ts';
import { isScreenCommand, SCREEN_COMMANDS } from './commands.ts';
import { type CustomCommand, expandCustomCommand } from './custom-commands.ts';
import type { Changes, Desk } from './desk.ts';
import type { Choice } from './dialog.ts';
import { FRONT_HELP } from './front-help.ts';
import { currentBytes } from './prompt-parts.ts';
import { rewind } from './rewind.ts';
import { limitText, type Status, tokenText } from './status-line.ts';
import type { Transcript } from './transcript.ts';

/** What differs where somebody reads how to go on. */
export interface FrontWords {
  readonly front: keyof typeof FRONT_HELP;
  /** What shows in full what was folded. */
  readonly unfoldBy: string;
  /** What leaves a step of the first run: Markdown. */
  readonly skipBy: string;
}

/** What commands see of the screen. */
export interface ScreenContext {
  readonly invocation: Invocation;
  readonly desk: Desk;
  readonly transcript: Transcript;
  custom(): readonly CustomCommand[];
  status(): Status;
  choose(title: string, choices: readonly Choice[], current?: string): Promise<string | undefined>;
  enter(title: string, options?: { readonly secret?: boolean }): Promise<string | undefined>;
  /**
   * Opens the session that the flags name. What went wrong was said; false then.
   * @param options.isShown - Its conversation stands on the screen already.
   * @param options.beforePrompt - Of a copy: where it ends.
   */
  open(changes?: Changes, options?: { readonly isShown?: boolean; readonly beforePrompt?: number }): Promise<boolean>;
  /** Shows the recorded session. */
  playDemo(): Promise<void>;
  /** The status line follows the session. */
  follow(): void;
  busy(work: (signal: AbortSignal) => Promise<'done' | 'stopped'>): Promise<void>;
  watch(events: AsyncIterable<AgentEvent>): Promise<'done' | 'stopped'>;
  send(text: string): Promise<void>;
  /** For the model, with the next prompt. */
  note(text: string): void;
  giveBack(text: string): void;
  /** The permission modes that can be reached. */
  readonly modes: readonly PermissionMode[];
  setMode(mode: PermissionMode): void;
  readonly words: FrontWords;
  quit(): void;
  report(error: unknown): void;
}

export async function runCommand(name: string, argument: string, text: string, context: ScreenContext): Promise<void> {
  if (isScreenCommand(name)) return COMMANDS[name](context, argument);
  const own = context.custom().find((command) => command.name === name);
  if (own !== undefined) return context.send(expandCustomCommand(own, argument));
  context.giveBack(text);
  context.transcript.notice(`there is no command /${name}; with a space before it, it is sent as it is`, 'warning');
}

type Run = (context: ScreenContext, argument: string) => Promise<void> | void;

const COMMANDS: Readonly<Record<(typeof SCREEN_COMMANDS)[number]['name'], Run>> = {
  help({ transcript, custom, words }) {
    const commands = [...SCREEN_COMMANDS, ...custom().map(({ name, description }) => ({ name, help: description }))];
    const rows = commands.map((row) => `- \`/${row.name}${'argument' in row ? ` ${row.argument}` : ''}\` – ${row.help}`);
    transcript.markdown(`${FRONT_HELP[words.front]}\n\n**Commands**\n\n${rows.join('\n')}`);
  },
  model: chooseModel,
  effort: chooseEffort,
  async compact({ desk, transcript, busy, watch }, focus) {
    const { session } = desk;
    if (session === undefined || session.agent.messages.length === 0) return transcript.notice('there is nothing to condense yet');
    await busy(async (signal) => {
      try {
        return await watch(session.compact(focus === '' ? undefined : focus, signal));
      } catch (error) {
        transcript.notice('not condensed: the conversation stays as it is', 'warning');
        throw error;
      }
    });
  },
  resume: resumeSession,
  async fork({ desk, open, transcript }) {
    const { session } = desk;
    if (session === undefined || session.agent.messages.length === 0) return transcript.notice('there is nothing to copy yet');
    const before = session.id;
    if (await open({ resume: before, 'fork-session': '' }, { isShown: true })) transcript.notice(
      `a copy goes on; sx -r ${before.slice(0, 8)} is the session that was copied`,
      'success',
    );
  },
  rewind,
  async new({ open, transcript }) {
    if (await open({})) transcript.notice('a new session', 'success');
  },
  diff({ desk, transcript }) {
    const { session, settings } = desk;
    let shown = 0;
    for (const [path, original] of session?.agent.changedFiles() ?? []) {
      const name = relative(settings?.workingDirectory ?? '/', path);
      const now = currentBytes(path);
      if (original === 'too-large') transcript.notice(`${name} was changed; it was too large to be remembered`);
      else if (textOf(original) !== textOf(now)) transcript.diff(unifiedDiff(name, textOf(original), textOf(now)));
      else continue;
      shown += 1;
    }
    if (shown === 0) transcript.notice('no file was changed by edits of this session (what shell lines change is not seen)');
  },
  undo({ desk, transcript, note }) {
    const report = desk.session?.agent.undo();
    if (report === undefined) return transcript.notice('no turn of this session changed a file by an edit');
    const name = (path: string): string => relative(desk.settings?.workingDirectory ?? '/', path);
    if (report.restored.length > 0) {
      const list = report.restored.map(name).join(', ');
      transcript.notice(`given back: ${list}`, 'success');
      note(`The user took back the last changes to these files, which are as they were before: ${list}`);
    }
    for (const { path, reason } of report.skipped) transcript.notice(`${name(path)} stays as it is: ${reason}`, 'warning');
  },
  usage: showUsage,
  permissions: choosePermissions,
  more({ transcript }) {
    if (!transcript.unfold()) transcript.notice('nothing is folded');
  },
  queue: ({ transcript }) => transcript.notice('/queue PROMPT sends it after the turn', 'warning'),
  async export({ desk, transcript }, argument) {
    const { session, settings } = desk;
    if (session === undefined || settings === undefined || session.agent.messages.length === 0) {
      return transcript.notice('there is nothing to write yet');
    }
    const { conversationMarkdown } = await import('../../sessions/session-markdown.ts');
    const file = resolve(settings.workingDirectory, argument === '' ? `sx-${session.id.slice(0, 8)}.md` : argument);
    const text = session.redact(conversationMarkdown(`# Session ${session.id}`, session.agent.messages, { whole: true }));
    try {
      // Nothing that is there is replaced.
      writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      return transcript.notice(
        isThere ? `${file} is there already; /export FILE takes another name` : `${file} cannot be written: ${messageOf(error)}`,
        'warning',
      );
    }
    transcript.notice(`written to ${file}`, 'success');
  },
  async trace({ desk, transcript }, argument) {
    const open = desk.args.value('trace');
    if (argument === '') return transcript.notice(
      open === undefined
        ? 'nothing is traced; /trace FILE begins'
        : `every byte goes to ${open}, secrets masked; sx trace to-har turns it into an HTTP archive`,
    );
    await desk.use({ trace: argument });
    transcript.notice(`from now on every byte goes to ${argument}, secrets masked`, 'success');
  },
  async config({ desk, transcript }) {
    const settings = desk.settings;
    if (settings === undefined) return;
    const { KEY_NAMES, shownValue, whereOf, keyRow } = await import('@sx/config');
    const rows = KEY_NAMES.flatMap((name) => {
      const setting = settings.config.setting(name);
      return setting === undefined || setting.tier === 'built-in'
        ? []
        : [`- \`${name}=${terminalLine(shownValue(keyRow(name), setting.value), 80)}\` ${whereOf(setting)}`];
    });
    transcript.markdown(
      `${rows.length === 0 ? 'Nothing is set.' : rows.join('\n')}\n\n\`sx config\` edits it, \`sx config list\` shows all keys.`,
    );
  },
  async login(context, provider) {
    const { walk } = await import('./first-run.ts');
    await walk(context, provider);
  },
  demo: ({ playDemo }) => playDemo(),
  quit: ({ quit }) => quit(),
};

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}

/** `model`, or `provider/model` where the first word is one of our providers. */
async function chooseModel({ desk, transcript, choose, follow, invocation }: ScreenContext, argument: string): Promise<void> {
  const { session } = desk;
  if (session === undefined) return transcript.notice('no provider yet: /login chooses one', 'warning');
  let wanted = argument === '' ? undefined : argument;
  if (wanted === undefined) {
    const models = await session.connection.provider.models({ signal: invocation.interrupts.signal });
    const others = Object.keys(PROVIDERS).filter((id) => id !== session.providerId);
    wanted = await choose('model', [
      ...models.map(({ id, displayName, capabilities: { contextWindowTokens } }) => {
        const context = contextWindowTokens === undefined ? undefined : `${tokenText(contextWindowTokens)} context`;
        const detail = [displayName, context].filter((part) => part !== undefined && part !== id).join(', ');
        return { value: id, label: id, detail };
      }),
      ...others.map((id) => ({ value: `${id}/`, label: `${id}/`, detail: 'another provider, its default model' })),
    ], session.model.model);
  }
  if (wanted === undefined) return;
  const slash = wanted.indexOf('/');
  const provider = slash > 0 && isProviderId(wanted.slice(0, slash)) ? wanted.slice(0, slash) : undefined;
  const model = provider === undefined ? wanted : wanted.slice(slash + 1) || undefined;
  await desk.use({ ...(provider === undefined ? {} : { provider }), ...(model === undefined ? {} : { model }) });
  follow();
  transcript.notice(`${desk.session?.providerId} ${desk.session?.model.model} answers from now on`, 'success');
  const { settings } = desk;
  if (argument !== '' && model !== undefined && desk.session !== undefined) {
    const { modelDoubt } = await import('./model-doubt.ts');
    const doubt = await modelDoubt(desk.session.connection.provider, model, invocation.interrupts.signal);
    if (doubt !== undefined) transcript.notice(doubt, 'warning');
  }
  if (provider === undefined || settings === undefined) return;
  const { foundCredentials } = await import('../../compose/select-provider.ts');
  if (foundCredentials(settings).some(({ id }) => id === provider)) return;
  transcript.notice(`no login or key was found for ${provider}: /login ${provider} stores one`, 'warning');
}

async function chooseEffort({ desk, transcript, choose, follow }: ScreenContext, argument: string): Promise<void> {
  const { session } = desk;
  if (session === undefined) return transcript.notice('no provider yet: /login chooses one', 'warning');
  const { model, effort, capabilities } = session.model;
  const offered = offeredEfforts(capabilities.efforts ?? ['low', 'medium', 'high']);
  if (offered.length === 0) return transcript.notice(`${model} takes no effort`);
  const wanted = argument === ''
    ? await choose(`effort of ${model}`, offered.map((word) => ({ value: word, label: word })), effort)
    : argument;
  if (wanted === undefined) return;
  await desk.use({ effort: wanted });
  follow();
  transcript.notice(`effort ${desk.session?.model.effort ?? 'as the model likes'} from now on`, 'success');
}

const MODE_DETAILS: Readonly<Record<PermissionMode, string>> = {
  default: 'edits and commands are asked for',
  'accept-edits': 'edits of the working directory are not asked for',
  plan: 'the model reads and plans, and changes nothing',
  bypass: 'nothing is asked for',
};

async function choosePermissions({ desk, transcript, choose, modes, setMode }: ScreenContext, argument: string): Promise<void> {
  const { session } = desk;
  if (session === undefined) return transcript.notice('no provider yet: /login chooses one', 'warning');
  const { mode } = session.permissions;
  const wanted = argument === ''
    ? await choose(
      `permission mode (now ${mode}; sx config rules lists the rules)`,
      modes.map((value) => ({ value, label: value, detail: MODE_DETAILS[value] })),
      mode,
    )
    : argument;
  if (wanted === undefined) return;
  const found = modes.find((one) => one === wanted);
  if (found === undefined) return transcript.notice(`the permission modes are ${modes.join(', ')}`, 'warning');
  setMode(found);
  transcript.notice(`permission mode ${found}: ${MODE_DETAILS[found]}`, 'success');
}

async function resumeSession({ desk, transcript, choose, open }: ScreenContext, argument: string): Promise<void> {
  const { settings, session } = desk;
  if (settings === undefined) return;
  let id = argument === '' ? undefined : argument;
  if (id === undefined) {
    const others = sessionStore(settings)?.list().filter((one) => one.id !== session?.id && one.title !== '') ?? [];
    if (others.length === 0) return transcript.notice('this project has no other session');
    id = await choose(
      'session',
      others.map(({ id: value, title, updatedAtMs, model = '' }) => {
        const at = new Date(updatedAtMs).toISOString().slice(0, 16).replace('T', ' ');
        return { value, label: terminalLine(title, 40), detail: `${at} ${model}` };
      }),
    );
  }
  if (id === undefined) return;
  const before = session?.id;
  if ((await open({ resume: id })) || before === undefined) return;
  // The old one was closed before the other could not be opened.
  await open({ resume: before }, { isShown: true });
}

async function showUsage({ desk, transcript, status, invocation }: ScreenContext): Promise<void> {
  const { spent, costUsd, contextTokens, contextWindowTokens, limits } = status();
  const { session } = desk;
  const context = contextTokens === undefined
    ? 'nothing yet'
    : `${tokenText(contextTokens)}${contextWindowTokens === undefined ? '' : ` of ${tokenText(contextWindowTokens)}`}`;
  transcript.markdown([
    `- tokens: ${spent.inputTokens} in (${spent.cacheReadTokens} from cache), ${spent.outputTokens} out`,
    `- cost: ${costUsd === undefined ? 'not told' : `$${costUsd.toFixed(4)}`}`,
    `- context: ${context}`,
    ...limits.map((limit) => `- ${limitText(limit)} used`),
  ].join('\n'));
  const account = await session?.connection.provider.account?.({ signal: invocation.interrupts.signal });
  if (account === undefined || session === undefined) return;
  const { usageText } = await import('../../commands/usage.ts');
  transcript.notice(usageText(session.providerId, account, Date.now()).trimEnd());
}
