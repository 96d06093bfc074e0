/** `sx sessions`: what was kept, newest first; one of them as text, Markdown or JSON; and gone. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { SessionStore, SessionSummary, StoredSession } from '@sx/agent';
import { nearest } from '@sx/config/nearest-key';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { findSession, sessionStore } from '../compose/session.ts';
import type { Invocation } from '../invocation.ts';
import { sessionMarkdown } from '../sessions/session-markdown.ts';
import { loadSettings } from '../settings.ts';
import { terminalLine, terminalText } from '../terminal-text.ts';

const ACTIONS = ['list', 'show', 'export', 'delete'] as const;
const SCHEMA_VERSION = 1;

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const { stdout, stderr } = invocation;
  const settings = await loadSettings(invocation, args);
  const store = sessionStore(settings);
  const [word = 'list', ...ids] = args.positionals;
  const action = ACTIONS.find((name) => name === word);
  switch (action) {
    case 'list':
      await stdout.write(list(store, args));
      return 0;
    case 'show':
    case 'export': {
      const [id, excess] = ids;
      if (excess !== undefined) throw new CliError('CLI_TOO_MANY_ARGUMENTS', `sx sessions ${action} takes one session`);
      const place = findSession(store, id);
      const session = store?.read(place);
      if (session === undefined) throw new TypeError('a session was found in no store');
      if (session.faultCount > 0) {
        await stderr.write(`sx: ${session.faultCount} damaged lines of the session could not be read\n`);
      }
      const text = args.on('json') ? json(session) : sessionMarkdown(session, { whole: action === 'export' });
      const file = action === 'export' ? args.value('output') : undefined;
      if (file !== undefined) write(file, text, settings.workingDirectory);
      else await stdout.write(action === 'export' ? text : terminalText(text));
      return 0;
    }
    case 'delete':
      if (store === undefined || ids.length === 0) {
        throw new CliError(
          'CLI_MISSING_ARGUMENT',
          'sx sessions delete needs the id of a session',
          { hint: 'sx sessions list shows them' },
        );
      }
      // All are looked up before the first is gone.
      for (const place of ids.map((id) => findSession(store, id))) {
        await store.remove(place);
        await stdout.write(`deleted ${place.id}\n`);
      }
      return 0;
    default: {
      action satisfies undefined;
      const near = nearest(word, ACTIONS);
      throw new CliError(
        'CLI_UNKNOWN_COMMAND',
        `sx sessions does not know ${JSON.stringify(word.slice(0, 80))}`,
        { hint: near === undefined ? `it knows ${ACTIONS.join(', ')}` : `did you mean ${near}?` },
      );
    }
  }
}

function list(store: SessionStore | undefined, args: Arguments): string {
  const sessions = store?.list({ everyProject: args.on('all') }) ?? [];
  if (args.on('json')) return `${JSON.stringify({ schema_version: SCHEMA_VERSION, sessions: sessions.map(summaryJson) })}\n`;
  return sessions.map((session) => line(session, args.on('all'))).join('');
}

/** The id whole, so that it can be copied into a script. */
function line({ id, updatedAtMs, model, title, projectRoot }: SessionSummary, withProject: boolean): string {
  const when = new Date(updatedAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return `${[
    id,
    when,
    terminalLine(model ?? '-', 24),
    ...(withProject ? [terminalLine(projectRoot, 60)] : []),
    terminalLine(title, 80),
  ].join('  ')}\n`;
}

function summaryJson(
  { id, path, bytes, updatedAtMs, createdAtMs, title, model, provider, workingDirectory, projectRoot }: SessionSummary,
): object {
  return {
    session_id: id,
    title,
    model: model ?? null,
    provider: provider ?? null,
    cwd: workingDirectory,
    project: projectRoot,
    created_at: isoTime(createdAtMs),
    updated_at: isoTime(updatedAtMs),
    bytes,
    path,
  };
}

function json(session: StoredSession): string {
  const {
    header,
    transcript,
    system,
    origin,
    turns,
    inputTokens,
    outputTokens,
    costUsd,
    updatedAtMs,
    workingDirectory,
  } = session;
  return `${JSON.stringify({
    schema_version: SCHEMA_VERSION,
    session_id: header.id,
    fork_of: header.forkOf ?? null,
    cwd: workingDirectory,
    project: header.projectRoot,
    created_at: isoTime(header.createdAtMs),
    updated_at: isoTime(updatedAtMs),
    origin: origin ?? null,
    turns,
    usage: { input_tokens: inputTokens, output_tokens: outputTokens },
    total_cost_usd: costUsd ?? null,
    system: system ?? null,
    messages: transcript,
  })}\n`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function write(path: string, text: string, workingDirectory: string): void {
  try {
    // What was said is nobody else's business.
    writeFileSync(resolve(workingDirectory, path), text, { mode: 0o600 });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError('CLI_OUTPUT_FILE', `${path} cannot be written (${code})`, { cause });
  }
}
