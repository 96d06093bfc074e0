/**
 * Without a provider: a short walk (provider, key or login, model), each step skippable, ending in a working prompt. `/login`
 * walks it again.
 *
 * What it writes: `PROVIDER` (and the URL of a router or a compatible server, and `MODEL`) into the user's configuration, a key
 * into `SX_HOME/credentials`. A provider whose credential was found is offered first, and needs nothing more.
 */
import { type KeyName, LOGIN_KEYS, storedKeyFile, storedKeyText } from '@sx/config';

import { foundCredentials } from '../../compose/select-provider.ts';
import { changeKeys } from '../../config-files/change-file.ts';
import { levelFile, stateDirectoryOf } from '../../config-files/level.ts';
import { keyFault } from '../../login/key-shape.ts';
import type { Settings } from '../../settings.ts';
import type { Choice } from './dialog.ts';
import type { ScreenContext } from './run-command.ts';

const PROVIDER_CHOICES: readonly Choice[] = [
  { value: 'codex', label: 'ChatGPT (codex)', detail: 'with the login of your plan' },
  { value: 'anthropic', label: 'Anthropic', detail: 'with an API key' },
  { value: 'openai', label: 'OpenAI or compatible', detail: 'with an API key, or a server of your own: Ollama, vLLM, …' },
  { value: 'gemini', label: 'Gemini', detail: 'with an API key' },
  { value: 'router', label: 'Router', detail: 'LiteLLM, OpenRouter, …: its URL' },
];

/** As `selectProvider` sees it: nothing was chosen. */
export function needsFirstRun({ config }: Settings): boolean {
  return config.setting('PROVIDER')?.tier === 'built-in' && config.text('ROUTER_URL') === undefined;
}

export async function firstRun(context: ScreenContext): Promise<void> {
  context.transcript.markdown(
    `# Welcome to sx\n\nNo provider is chosen yet. Three short steps choose one; ${context.words.skipBy} skips any of them.`,
  );
  await walk(context);
}

/**
 * @param named - A provider, where the first step is done already.
 * @returns once a session is open, or the walk was left; then the prompt says what is missing when it is used.
 */
export async function walk(context: ScreenContext, named = ''): Promise<void> {
  const { desk, transcript, choose } = context;
  if (named !== '' && !PROVIDER_CHOICES.some(({ value }) => value === named)) {
    return transcript.notice(`/login knows ${PROVIDER_CHOICES.map(({ value }) => value).join(', ')}`, 'warning');
  }
  const settings = await desk.configure();
  const found = foundCredentials(settings);
  const provider = named === '' ? await choose('1/3 provider', providerChoices(found)) : named;
  if (provider === undefined) return skipped(context);
  if (provider === 'demo') {
    await context.playDemo();
    return skipped(context);
  }
  const changes = new Map<KeyName, string | undefined>([['PROVIDER', provider]]);
  const isFound = named === '' && found.some(({ id }) => id === provider);
  if (!(await credential(context, settings, provider, changes, isFound))) return skipped(context);
  const store = (keys: ReadonlyMap<KeyName, string | undefined>): void => {
    try {
      for (const note of changeKeys(levelFile('user', context.invocation, settings), keys, settings)) transcript.notice(note);
    } catch (error) {
      context.report(error);
      // Without a place to write to, the choice holds for this time.
    }
  };
  const isOwnServer = provider === 'router' || changes.has('OPENAI_BASE_URL');
  if (!isOwnServer) {
    const name = await namedModel(context, ALIAS_CHOICES);
    if (name !== undefined && name !== settings.config.text('MODEL')) changes.set('MODEL', name);
  }
  store(changes);
  if (!(await context.open({ provider, model: changes.get('MODEL') }))) return;
  if (isOwnServer) {
    // An alias of ours means nothing there: its own list is asked for.
    const models = await desk.session?.connection.provider.models({ signal: context.invocation.interrupts.signal }).catch(() => []);
    const name = await namedModel(context, (models ?? []).map(({ id }) => ({ value: id, label: id })));
    if (name !== undefined) {
      store(new Map([['MODEL', name]]));
      await desk.use({ model: name });
      context.follow();
    }
  }
  transcript.notice(`${provider} answers; ask away`, 'success');
}

const ALIAS_CHOICES: readonly Choice[] = [
  { value: 'sonnet', label: 'the usual one', detail: 'the alias sonnet' },
  { value: 'opus', label: 'the strongest', detail: 'the alias opus' },
  { value: 'haiku', label: 'the fastest', detail: 'the alias haiku' },
];

/** Undefined: the step was skipped. */
async function namedModel({ choose, enter }: ScreenContext, choices: readonly Choice[]): Promise<string | undefined> {
  const model = choices.length === 0
    ? ''
    : await choose('3/3 model', [...choices, { value: '', label: 'another one', detail: 'by its name' }]);
  return model === '' ? enter('3/3 name of the model') : model;
}

function providerChoices(found: ReturnType<typeof foundCredentials>): readonly Choice[] {
  const labelOf = (id: string): string => PROVIDER_CHOICES.find(({ value }) => value === id)?.label ?? id;
  return [
    ...found.map(({ id, where }) => ({ value: id, label: labelOf(id), detail: `${where} was found` })),
    ...PROVIDER_CHOICES.filter(({ value }) => !found.some(({ id }) => id === value)),
    { value: 'demo', label: 'Look around first', detail: 'a recorded session, offline' },
  ];
}

function skipped({ transcript }: ScreenContext): void {
  transcript.notice(
    'skipped: /login comes back to this, /demo shows a recorded session, sx doctor looks at the way to each provider',
  );
}

/** @returns false where the user left it. */
async function credential(
  context: ScreenContext,
  settings: Settings,
  provider: string,
  changes: Map<KeyName, string | undefined>,
  isFound: boolean,
): Promise<boolean> {
  const { transcript, enter, choose } = context;
  if (isFound) return true;
  if (provider === 'router') {
    const url = await enter('2/3 URL of the router');
    if (url === undefined) return false;
    changes.set('ROUTER_URL', url);
    return true;
  }
  if (provider === 'codex') {
    const way = await choose('2/3 login', [
      { value: 'device', label: 'with a code', detail: 'to enter in a browser on any machine' },
      { value: 'later', label: 'later', detail: 'sx login codex, with a browser' },
    ]);
    return way === 'device' ? deviceLogin(context, settings) : way !== undefined;
  }
  if (provider === 'openai') {
    const server = await choose('2/3 server', [
      { value: 'key', label: 'OpenAI', detail: 'an API key' },
      { value: 'http://127.0.0.1:11434/v1', label: 'Ollama on this machine' },
      { value: 'url', label: 'another server', detail: 'its URL; a key only if it wants one' },
    ]);
    if (server === undefined) return false;
    const url = server === 'url' ? await enter('2/3 URL of the server') : server;
    if (url === undefined) return false;
    if (url !== 'key') {
      changes.set('OPENAI_BASE_URL', url);
      return true;
    }
    if (settings.config.setting('OPENAI_BASE_URL')?.tier !== 'built-in') changes.set('OPENAI_BASE_URL', undefined);
  }
  const row = LOGIN_KEYS.get(provider);
  if (row === undefined) return true;
  for (;;) {
    const key = await enter(`2/3 API key for ${provider} (not shown)`, { secret: true });
    if (key === undefined) return false;
    const fault = keyFault(provider, key);
    if (fault === undefined) {
      const { writeCredentialFile } = await import('@sx/net');
      const file = storedKeyFile(stateDirectoryOf(settings), provider);
      await writeCredentialFile(file, () => storedKeyText(key));
      transcript.notice(`stored in ${file}`, 'success');
      return true;
    }
    transcript.notice(`that is no API key for ${provider}: ${fault}`, 'warning');
  }
}

/** @returns whether somebody is signed in now; why not was said. */
async function deviceLogin(context: ScreenContext, settings: Settings): Promise<boolean> {
  let isSignedIn = false;
  const { codexLoginFile, composeCodexLogin, storeCodexLogin } = await import('../../login/codex-login.ts');
  const { loginWithDevice } = await import('../../login/codex-device.ts');
  await context.busy(async (signal) => {
    const file = codexLoginFile(settings);
    // Esc ends the wait, and what is said goes into the transcript, in paragraphs as wide as that.
    const { invocation } = context;
    const write = (text: string): Promise<void> => {
      context.transcript.notice(text.replace(/(\S)\n(?=\S)/g, '$1 ').replace(/\n$/, ''), 'warning');
      return Promise.resolve();
    };
    const said = { ...invocation, stdout: { ...invocation.stderr, write }, interrupts: { ...invocation.interrupts, signal } };
    const login = composeCodexLogin(said, context.desk.args, settings, {});
    try {
      await storeCodexLogin(file, await loginWithDevice(said, login));
      context.transcript.notice(`signed in; stored in ${file}`, 'success');
      isSignedIn = true;
      return 'done';
    } finally {
      await login.network.close();
    }
  });
  return isSignedIn;
}
