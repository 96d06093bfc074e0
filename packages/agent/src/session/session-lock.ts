/**
 * One process at a time on a session. Refuses at once instead of waiting: two programs that answer in turns make no conversation.
 *
 * Each holder has a file of its own name, `<id>.<uuid>.lock`, with its process identity in it, written whole and then renamed
 * into place. Whoever wants the session writes its own and looks at the others: a dead holder's is removed (its name is never
 * used again, so nobody can remove a fresh one by mistake), a living one's refuses. Two that come at the same moment see each
 * other; both step back and try again after a random moment. No heartbeat: an idle session needs no timer. A holder on another
 * machine or in another container cannot be seen and counts as alive. Calls are synchronous: each is shorter than a trip to a thread.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { livenessOf, ownIdentity, parseIdentity, type ProcessIdentity } from '@sx/net/process-identity';

import { AgentError } from '../agent-error.ts';
import { agentLimits } from '../limits.ts';

export interface SessionLock {
  /** Never throws. */
  release(): void;
}

const RETRY_DELAY_MS = 40;

/**
 * @param directory - Of the locks; made where it is missing.
 * @throws {AgentError} `AGENT_SESSION_BUSY`; what the file system throws.
 */
export async function acquireSessionLock(directory: string, id: string): Promise<SessionLock> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const own = ownIdentity();
  for (let attempt = 1; ; attempt += 1) {
    const name = `${id}.${randomUUID()}.lock`;
    writeFileSync(join(directory, `${name}.tmp`), JSON.stringify(own), { mode: 0o600, flag: 'wx' });
    renameSync(join(directory, `${name}.tmp`), join(directory, name));
    const release = (): void => remove(join(directory, name));
    const holder = findHolder(directory, id, name, own);
    if (holder === undefined) return { release };
    release();
    if (attempt === agentLimits.sessionLockAttemptsMax) throw busy(id, holder);
    await delay(RETRY_DELAY_MS * attempt * (0.5 + Math.random()));
  }
}

interface Holder {
  readonly file: string;
  readonly identity: ProcessIdentity | undefined;
}

function findHolder(directory: string, id: string, ownName: string, own: ProcessIdentity): Holder | undefined {
  for (const name of readdirSync(directory)) {
    if (name === ownName || !name.startsWith(`${id}.`) || !name.endsWith('.lock')) continue;
    const file = join(directory, name);
    const text = read(file);
    if (text === undefined) continue;
    const identity = parse(text);
    // An empty one was renamed before its content reached the disk of a machine that then lost power.
    if (identity !== undefined && livenessOf(identity, own) !== 'dead') return { file, identity };
    remove(file);
  }
  return undefined;
}

/** Undefined: it is gone already. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Somebody else has removed it.
  }
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function busy(id: string, { file, identity }: Holder): AgentError {
  const who = identity === undefined
    ? 'another process'
    : `process ${identity.pid}${identity.host === ownIdentity().host ? '' : ` on ${identity.host}`}`;
  return new AgentError('AGENT_SESSION_BUSY', `the session ${id} is in use by ${who}`, {
    hint: `--fork-session goes on in a copy; if no such process runs, remove ${file}`,
  });
}
