/**
 * The sessions of a user: `<directory>/<project>/<id>.jsonl`, a directory for each project, named by a hash of its path.
 *
 * Ids are UUIDs; the beginning of one names it as well, first among the project's sessions, then among all. The latest of a
 * project is the one that was written to last. There is no index file that could disagree: a listing reads the beginning of
 * each file.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { Message } from '@sx/llm';

import { AgentError } from '../agent-error.ts';
import { agentLimits } from '../limits.ts';
import {
  continueSessionFile,
  createSessionFile,
  errorCodeOf,
  readSessionFile,
  type SecretMask,
  type SessionFile,
} from './session-file.ts';
import { acquireSessionLock } from './session-lock.ts';
import { SESSION_FORMAT_VERSION, type SessionHeader } from './session-record.ts';
import { type StoredSession, toRecords } from './stored-session.ts';

export interface SessionStoreOptions {
  /** `SX_HOME/sessions`. Made when first needed. */
  readonly directory: string;
  readonly projectRoot: string;
  /** `sx/0.1.0` */
  readonly program: string;
  /** Secrets that must not be in a file. Default: none are known. */
  readonly secrets?: SecretMask | undefined;
}

export interface SessionPlace {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was last written to. */
  readonly updatedAtMs: number;
}

export interface SessionSummary extends SessionPlace {
  /** First words of the first prompt. */
  readonly title: string;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly workingDirectory: string;
  readonly projectRoot: string;
  readonly createdAtMs: number;
}

/** A session that this process holds. */
export interface OpenSession {
  readonly id: string;
  readonly path: string;
  readonly log: SessionFile;
  /** Closes the file, lets others in. Never throws. */
  close(): Promise<void>;
}

export interface NewSession {
  /** Default: a new UUID. */
  readonly id?: string | undefined;
  readonly workingDirectory: string;
  /** Continue this one, without changing it. */
  readonly forkOf?: { readonly id: string; readonly messages: readonly Message[] } | undefined;
}

export interface ReopenedSession {
  readonly stored: StoredSession;
  readonly session: OpenSession | undefined;
  readonly fault?: unknown;
}

export interface SessionStore {
  /** @throws {AgentError} `AGENT_SESSION_EXISTS`; what the file system throws. */
  create(session: NewSession): Promise<OpenSession>;
  /**
   * Reads a session under its lock, to continue it. Where its file cannot be written, `fault` says why, and nothing is held.
   *
   * @throws {AgentError} `AGENT_SESSION_BUSY`, `AGENT_SESSION_UNREADABLE`.
   */
  open(place: SessionPlace): Promise<ReopenedSession>;
  /**
   * @param beforePrompt - The conversation as it was before this one of its `prompts`, from 0. Default: all of it.
   * @throws {AgentError} `AGENT_SESSION_UNREADABLE`
   */
  read(place: SessionPlace, beforePrompt?: number): StoredSession;
  /** Newest first. Undefined where the project has none. */
  latest(): SessionPlace | undefined;
  /** @throws {AgentError} `AGENT_SESSION_NOT_FOUND`, `AGENT_SESSION_AMBIGUOUS` */
  find(idOrPrefix: string): SessionPlace;
  /** Newest first, at most `sessionsListedMax`. Files that are no sessions are left out. */
  list(options?: { readonly everyProject?: boolean }): readonly SessionSummary[];
  /** @throws {AgentError} `AGENT_SESSION_BUSY`, `AGENT_SESSION_NOT_WRITABLE` */
  remove(place: SessionPlace): Promise<void>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SUFFIX = '.jsonl';

export function isSessionId(text: string): boolean {
  return UUID.test(text);
}

export function createSessionStore({ directory, projectRoot, program, secrets }: SessionStoreOptions): SessionStore {
  const own = join(directory, projectHash(projectRoot));
  const hold = async (path: string, id: string, openFile: () => Promise<SessionFile>): Promise<OpenSession> => {
    const lock = await acquireSessionLock(locksOf(path), id);
    try {
      const log = await openFile();
      return { id, path, log, close: async () => { await log.close(); lock.release(); } };
    } catch (error) {
      lock.release();
      throw error;
    }
  };

  const store: SessionStore = {
    create({ id = randomUUID(), workingDirectory, forkOf }) {
      const path = join(own, `${id}${SUFFIX}`);
      const header: SessionHeader = {
        type: 'session', version: SESSION_FORMAT_VERSION, id, createdAtMs: Date.now(), workingDirectory, projectRoot, program,
        ...(forkOf === undefined ? {} : { forkOf: forkOf.id }),
      };
      return hold(path, id, () => createSessionFile(path, header, toRecords(forkOf?.messages ?? []), secrets));
    },
    async open(place) {
      let stored: StoredSession | undefined;
      try {
        const session = await hold(place.path, place.id, () => {
          stored = readSessionFile(place.path, place.id);
          return continueSessionFile(place.path, stored, secrets);
        });
        return { stored: stored ?? readSessionFile(place.path, place.id), session };
      } catch (fault) {
        if (fault instanceof AgentError) throw fault;
        return { stored: stored ?? readSessionFile(place.path, place.id), session: undefined, fault };
      }
    },
    read: (place, beforePrompt) => readSessionFile(place.path, place.id, Infinity, beforePrompt),
    latest: () => places(own)[0],
    find(idOrPrefix) {
      const wanted = idOrPrefix.toLowerCase();
      const matching = (place: SessionPlace): boolean => place.id.startsWith(wanted);
      const here = wanted.length < agentLimits.sessionPrefixCharsMin ? [] : places(own).filter(matching);
      const found = here.length > 0 || wanted.length < agentLimits.sessionPrefixCharsMin
        ? here
        : everyDirectory(directory).flatMap(places).filter(matching);
      const [first, second] = found;
      if (first === undefined) {
        throw new AgentError('AGENT_SESSION_NOT_FOUND', `there is no session ${JSON.stringify(idOrPrefix.slice(0, 80))}`, {
          hint: `sx sessions list shows them; the first ${agentLimits.sessionPrefixCharsMin} characters of an id suffice`,
        });
      }
      if (second === undefined) return first;
      throw new AgentError('AGENT_SESSION_AMBIGUOUS', `${found.length} sessions begin with ${JSON.stringify(wanted)}`, {
        hint: found.slice(0, 8).map(({ id }) => id).join('\n'),
      });
    },
    list({ everyProject = false } = {}) {
      const found = (everyProject ? everyDirectory(directory) : [own]).flatMap(places).sort(newestFirst);
      return found.slice(0, agentLimits.sessionsListedMax).flatMap(summaryOf);
    },
    async remove(place) {
      const lock = await acquireSessionLock(locksOf(place.path), place.id).catch((error: unknown) => {
        throw error instanceof AgentError ? error : notRemovable(place, error);
      });
      try {
        await unlink(place.path);
      } catch (error) {
        throw notRemovable(place, error);
      } finally {
        lock.release();
      }
    },
  };
  return store;
}

/** 80 bits: enough that two projects of one user never meet. */
function projectHash(projectRoot: string): string {
  return createHash('sha256').update(projectRoot).digest('hex').slice(0, 20);
}

function locksOf(path: string): string {
  return join(path, '..', 'locks');
}

function places(directory: string): SessionPlace[] {
  const found = entriesOf(directory).flatMap((name): SessionPlace[] => {
    const id = name.slice(0, -SUFFIX.length);
    if (!name.endsWith(SUFFIX) || !isSessionId(id)) return [];
    const path = join(directory, name);
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() === true ? [{ id, path, bytes: status.size, updatedAtMs: status.mtimeMs }] : [];
  });
  return found.sort(newestFirst);
}

function newestFirst(a: SessionPlace, b: SessionPlace): number {
  return b.updatedAtMs - a.updatedAtMs || (a.id < b.id ? -1 : 1);
}

function everyDirectory(directory: string): string[] {
  return entriesOf(directory).filter((name) => /^[0-9a-f]{20}$/.test(name)).map((name) => join(directory, name));
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function summaryOf(place: SessionPlace): SessionSummary[] {
  try {
    const { header, transcript, origin, workingDirectory } = readSessionFile(
      place.path,
      place.id,
      agentLimits.sessionSummaryBytesMax,
    );
    const first = transcript.find((message) => message.role === 'user');
    const text = first?.content.map((part) => (part.type === 'text' ? part.text : '')).join(' ') ?? '';
    const title = text.replace(/\s+/g, ' ').trim().slice(0, agentLimits.sessionTitleCharsMax);
    return [
      {
        ...place,
        title,
        model: origin?.model,
        provider: origin?.provider,
        workingDirectory,
        projectRoot: header.projectRoot,
        createdAtMs: header.createdAtMs,
      },
    ];
  } catch {
    return [];
  }
}

function notRemovable(place: SessionPlace, cause: unknown): AgentError {
  return new AgentError('AGENT_SESSION_NOT_WRITABLE', `${place.path} cannot be removed (${errorCodeOf(cause)})`, { cause });
}
