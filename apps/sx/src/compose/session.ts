/**
 * Which conversation a run belongs to, by its flags, and where it is kept.
 *
 * A run is kept unless `--ephemeral` says otherwise or there is no place for it; what cannot be kept costs one notice, never
 * the run. What is to be continued must be there, whole, and in nobody else's hands: that is an error before anything is sent.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import {
  type AgentEvent,
  AgentError,
  createSessionStore,
  isAgentError,
  isSessionId,
  type NewSession,
  type OpenSession,
  recordRun,
  type SecretMask,
  type SessionPlace,
  type SessionStore,
  type StoredSession,
} from '@sx/agent';
import type { Message, Origin, UserPart } from '@sx/llm';
import type { Redactor } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';

export interface SessionPlan {
  readonly from: 'new' | 'latest' | { readonly id: string };
  readonly fork: boolean;
  /** The copy ends before this one of the session's prompts, from 0. */
  readonly beforePrompt?: number | undefined;
  readonly newId: string | undefined;
  readonly ephemeral: boolean;
}

export interface Conversation {
  readonly id: string;
  readonly messages: readonly Message[];
  /** Instructions of the conversation so far, and the directory they name. */
  readonly frozen: { readonly system: string; readonly workingDirectory: string } | undefined;
  record(
    events: AsyncIterable<AgentEvent>,
    prompt: readonly UserPart[],
    run: { readonly origin: Origin; readonly system: string },
  ): AsyncIterable<AgentEvent>;
  close(): Promise<void>;
}

export interface ConversationParts {
  readonly settings: Settings;
  readonly redactor: Redactor;
  readonly notice: (text: string) => Promise<void>;
}

/** @throws {CliError} `CLI_BAD_VALUE` where the flags contradict each other. */
export function sessionPlan(args: Arguments): SessionPlan {
  const resume = args.value('resume');
  const id = args.value('session-id')?.toLowerCase();
  const continues = args.on('continue') || resume !== undefined;
  const fork = args.on('fork-session');
  if (args.on('continue') && resume !== undefined) {
    throw new CliError('CLI_BAD_VALUE', '--continue and --resume contradict each other');
  }
  if (fork && !continues) {
    throw new CliError(
      'CLI_BAD_VALUE',
      '--fork-session needs a session to copy',
      { hint: 'give --continue or --resume ID as well' },
    );
  }
  if (id !== undefined && !isSessionId(id)) {
    throw new CliError('CLI_BAD_VALUE', '--session-id: expected a UUID', { hint: `for example ${randomUUID()}` });
  }
  if (id !== undefined && continues && !fork) {
    throw new CliError('CLI_BAD_VALUE', '--session-id names a new session', { hint: 'with --fork-session it names the copy' });
  }
  return {
    from: resume !== undefined ? { id: resume } : args.on('continue') ? 'latest' : 'new',
    fork,
    newId: id,
    ephemeral: args.on('ephemeral'),
  };
}

/** Undefined where there is no place for sessions. */
export function sessionStore(settings: Settings, redactor?: Redactor): SessionStore | undefined {
  const { home, projectRoot } = settings;
  if (home.stateDirectory === undefined) return undefined;
  const secrets = redactor === undefined ? undefined : secretMask(redactor);
  return createSessionStore({ directory: join(home.stateDirectory, 'sessions'), projectRoot, program: `sx/${VERSION}`, secrets });
}

function secretMask(redactor: Redactor): SecretMask {
  return {
    get secretCount() {
      return redactor.secretCount;
    },
    finds: redactor.holdsSecret,
    mask: redactor.redactText,
  };
}

/** The session that a command names; the project's latest, where it names none. @throws {AgentError} `AGENT_SESSION_…` */
export function findSession(store: SessionStore | undefined, id: string | undefined): SessionPlace {
  if (store === undefined) {
    throw new AgentError(
      'AGENT_SESSION_NOT_FOUND',
      'there is no home directory, so no session was kept',
      { hint: 'SX_HOME names another place' },
    );
  }
  const found = id === undefined ? store.latest() : store.find(id);
  if (found !== undefined) return found;
  throw new AgentError(
    'AGENT_SESSION_NOT_FOUND',
    'this project has no session yet',
    { hint: 'sx sessions list --all shows those of other projects' },
  );
}

/** @throws {AgentError} `AGENT_SESSION_…`: what is to be continued is not there, damaged, or open elsewhere. */
export async function openConversation(plan: SessionPlan, parts: ConversationParts): Promise<Conversation> {
  const store = sessionStore(parts.settings, parts.redactor);
  const { workingDirectory } = parts.settings;
  const create = (id: string | undefined, forkOf?: NewSession['forkOf']): Promise<OpenSession | undefined> =>
    plan.ephemeral || store === undefined
      ? Promise.resolve(undefined)
      : store.create({ id, workingDirectory, forkOf }).catch((error: unknown) => notKept(error, parts));
  if (plan.from === 'new') return conversationOf(plan.newId ?? randomUUID(), undefined, (id) => create(id), parts);

  const place = findSession(store, plan.from === 'latest' ? undefined : plan.from.id);
  if (store === undefined) throw new TypeError('a session was found in no store');
  if (plan.fork || plan.ephemeral) {
    const stored = store.read(place, plan.beforePrompt);
    await reportDamage(stored, parts);
    const id = plan.fork ? (plan.newId ?? randomUUID()) : place.id;
    return conversationOf(id, stored, () => create(id, { id: place.id, messages: stored.messages }), parts);
  }
  const { stored, session, fault } = await store.open(place);
  await reportDamage(stored, parts);
  return conversationOf(place.id, stored, async () => session ?? (await notKept(fault, parts)), parts);
}

async function conversationOf(
  id: string,
  stored: StoredSession | undefined,
  open: (id: string) => Promise<OpenSession | undefined>,
  { settings, notice }: ConversationParts,
): Promise<Conversation> {
  const session = await open(id);
  let system = stored?.system;
  return {
    id,
    messages: stored?.messages ?? [],
    frozen: stored?.system === undefined ? undefined : { system: stored.system, workingDirectory: stored.workingDirectory },
    record(events, prompt, run) {
      if (session === undefined) return events;
      const fresh = run.system === system ? undefined : run.system;
      system = run.system;
      return recordRun(events, {
        prompt,
        log: session.log,
        protocol: run.origin.protocol,
        baseUrl: run.origin.baseUrl,
        workingDirectory: settings.workingDirectory,
        system: fresh,
        onLost: (error) => void notice(`the session is not kept any further: ${reasonOf(error)}`),
      });
    },
    close: async () => session?.close(),
  };
}

/** A full or read-only disk, no right to write: the run is worth more than its record. */
async function notKept(error: unknown, { notice }: ConversationParts): Promise<undefined> {
  if (isAgentError(error) && error.code !== 'AGENT_SESSION_NOT_WRITABLE') throw error;
  await notice(`this session is not kept: ${reasonOf(error)}`);
  return undefined;
}

async function reportDamage(
  { faults, faultCount, interruptedCalls }: StoredSession,
  { notice }: ConversationParts,
): Promise<void> {
  const [first] = faults;
  if (first !== undefined) {
    const lines = `${faultCount} damaged ${faultCount === 1 ? 'line' : 'lines'} of the session could not be read and were left out`;
    await notice(`${lines}, the first is line ${first.line}: ${first.reason}`);
  }
  if (interruptedCalls > 0) {
    await notice(
      `the session was interrupted: ${interruptedCalls} ${interruptedCalls === 1 ? 'call has' : 'calls have'} no result`,
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  ENOTDIR: 'something that is no directory is in the way',
};

function reasonOf(error: unknown): string {
  if (isAgentError(error)) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return `${REASONS[code] ?? 'its file cannot be written'} (${code})`;
}
