/**
 * The session behind the screen: opened once the screen stands, replaced by `/resume`, `/fork` and `/new`, with another model in
 * mid-session. Knows flags and settings, and no keys.
 */
import type { UserMessage } from '@sx/llm';

import { changedArguments } from '../../cli/changed-arguments.ts';
import type { OptionName } from '../../cli/options.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Person, Session } from '../../compose/compose.ts';
import type { Invocation } from '../../invocation.ts';
import type { Settings } from '../../settings.ts';

export type Changes = Partial<Record<OptionName, string | undefined>>;

export interface Desk {
  readonly args: Arguments;
  /** Undefined until the configuration was read. */
  readonly settings: Settings | undefined;
  readonly session: Session | undefined;
  /**
   * Reads the configuration and opens the session that the flags name. A copy goes on with the files that can be taken back.
   *
   * @param beforePrompt - Of a session that is copied: where the copy ends, as `SessionPlan` has it.
   * @throws what `loadSettings` and `compose` throw; the
   * session before is closed then.
   */
  open(changes?: Changes, beforePrompt?: number): Promise<Session>;
  /** Another model, effort, provider or trace for the session that is open. */
  use(changes: Changes): Promise<void>;
  /** Reads the configuration only. */
  configure(): Promise<Settings>;
  close(): Promise<void>;
}

/** Flags that chose the conversation of the call; the next one is chosen anew. */
const CONVERSATION: Changes = { continue: undefined, resume: undefined, 'fork-session': undefined, 'session-id': undefined };

export function createDesk(
  invocation: Invocation,
  given: Arguments,
  person: { readonly ask: Person['ask']; readonly takeSteering: () => readonly UserMessage[] },
): Desk {
  let args = given;
  let settings: Settings | undefined;
  let session: Session | undefined;
  // Behind the first frame: the tables of the configuration take longer to load than the screen.
  const load = async (wanted: Arguments): Promise<Settings> => (await import('../../settings.ts')).loadSettings(invocation, wanted);
  const close = async (): Promise<void> => {
    const open = session;
    session = undefined;
    await open?.close();
  };
  return {
    get args() {
      return args;
    },
    get settings() {
      return settings;
    },
    get session() {
      return session;
    },
    async configure() {
      settings ??= await load(args);
      return settings;
    },
    async open(changes, beforePrompt) {
      const next = changes === undefined ? args : changedArguments(args, { ...CONVERSATION, ...changes });
      const loaded = changes === undefined && settings !== undefined ? settings : await load(next);
      settings = loaded;
      const { compose } = await import('../../compose/compose.ts');
      const fileChanges = next.on('fork-session') ? session?.fileChanges : undefined;
      // Two sessions may not hold one file, so the old one is left first.
      await close();
      session = await compose(invocation, next, loaded, person, { beforePrompt, fileChanges });
      args = changedArguments(next, CONVERSATION);
      return session;
    },
    async use(changes) {
      const next = changedArguments(args, changes);
      const loaded = await load(next);
      await session?.use(next, loaded);
      args = next;
      settings = loaded;
    },
    close,
  };
}
